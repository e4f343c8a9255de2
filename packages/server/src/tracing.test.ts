// Traces, with OpenTelemetry's own SDK.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryStore, openWorkspace } from "@croft/core";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { expect, it, onTestFinished } from "vitest";
import { startServer } from "./server.ts";
import { mintToken } from "./token.ts";

const secret = "a secret for these tests only";

it("sessions, commits and requests are spans; who asks and what is in documents is in none", async () => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const data = mkdtempSync(join(tmpdir(), "croft-tracing-"));
  onTestFinished(() => rmSync(data, { recursive: true }));
  const tracer = provider.getTracer("croft");
  const server = await startServer({ port: 0, secret, data, tracer, log: () => undefined });
  onTestFinished(() => server.close());
  const token = (): Promise<string> => mintToken({ secret, workspace: "acme", user: "ada" });
  const workspace = await openWorkspace({
    ...{ id: "acme", user: "ada" },
    store: async () => createMemoryStore(),
    sync: { url: server.url.replace("http", "ws"), token },
  });
  const page = workspace.open("notes/secret-page");
  page.doc.getText("body").insert(0, "x");
  await page.saved("server");
  await workspace.dispose();
  const headers = { authorization: `Bearer ${await token()}` };
  const address = `${server.url}/api/acme/documents/notes/secret-page?format=text`;
  expect(await (await fetch(address, { headers })).text()).toBe("x");
  await fetch(`${server.url}/api/acme/documents/notes/none`, { headers });

  const named = (name: string): ReadableSpan[] =>
    exporter.getFinishedSpans().filter((span) => span.name === name);
  await expect.poll(() => named("croft.session").length).toBe(1);
  expect(named("croft.session")[0]?.attributes).toMatchObject({
    "croft.workspace": "acme",
    "croft.protocol": "croft",
  });
  expect(named("croft.commit")[0]?.attributes).toMatchObject({ "croft.store": "sqlite" });
  expect(named("croft.commit").some(({ attributes }) => attributes["croft.entries"] === 1)).toBe(
    true,
  );
  const requests = named("GET /api/{workspace}/documents/{path*}");
  expect(requests.map(({ attributes }) => attributes["http.response.status_code"])).toEqual([
    200, 404,
  ]);
  const all = JSON.stringify(exporter.getFinishedSpans().map(({ attributes }) => attributes));
  expect(all).not.toMatch(/secret-page|ada/);
});
