// Webhooks of a real server, with a real receiver: one that answers, fails, is slow, or is not there.

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type RunningServer, startServer } from "../server.ts";
import type { WebhookOptions } from "./webhook-options.ts";

const SECRET = `whsec_${Buffer.from("a key for these tests alone!").toString("base64")}`;
const bodySchema = z.object({
  type: z.literal("documents.changed"),
  data: z.object({
    workspace: z.string(),
    documents: z.array(z.object({ path: z.string(), event: z.string(), version: z.string() })),
  }),
});

interface Request {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly told: z.output<typeof bodySchema>["data"];
}

let data: string;
let receiver: Server;
let url: string;
let requests: Request[];
let logged: string[];
/** What the receiver answers; 0 for no answer at all. */
let answer: () => number;
let server: RunningServer | undefined;

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), "croft-webhooks-"));
  requests = [];
  logged = [];
  answer = () => 204;
  receiver = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString("utf8");
      const told = bodySchema.parse(JSON.parse(body)).data;
      requests.push({ headers: request.headers, body, told });
      const status = answer();
      if (status > 0) response.writeHead(status).end("thank you");
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook?key=hidden`;
});
afterEach(async () => {
  await server?.close();
  receiver.closeAllConnections();
  receiver.close();
  rmSync(data, { recursive: true });
});

async function start(
  more: Partial<WebhookOptions> = {},
  idleAfter = 60_000,
): Promise<RunningServer> {
  server = await startServer({
    ...{ port: 0, data, anonymousAccess: true, idleAfter },
    webhooks: [{ url, secret: SECRET, collect: 50, ...more }],
    log: (_level, message, fields) => logged.push(`${message} ${JSON.stringify(fields)}`),
  });
  return server;
}

async function write(running: RunningServer, path: string, times = 1): Promise<void> {
  const replica = await running.open("acme", { user: "ada" });
  const page = replica.open(path);
  await page.caughtUp();
  for (let count = 0; count < times; count++) {
    page.doc.getText("body").insert(0, "x");
    await page.saved("device");
  }
  await replica.dispose();
}

const pathsIn = (some: readonly Request[]): string[] =>
  some.flatMap(({ told }) => told.documents.map(({ path }) => path));

describe("a webhook", () => {
  it("is told of a document once for all that was written meanwhile, and the reference library finds it well signed", async () => {
    const running = await start({ collect: 300 });
    await write(running, "notes/a", 20);
    await write(running, "notes/b");
    await expect.poll(() => pathsIn(requests).toSorted()).toEqual(["notes/a", "notes/b"]);
    const [request] = requests;
    if (!request) throw new Error("no request");
    const headers = {
      "webhook-id": String(request.headers["webhook-id"]),
      "webhook-timestamp": String(request.headers["webhook-timestamp"]),
      "webhook-signature": String(request.headers["webhook-signature"]),
    };
    expect(new Webhook(SECRET).verify(request.body, headers)).toMatchObject({
      data: { workspace: "acme" },
    });
    expect(() => new Webhook(SECRET).verify(`${request.body} `, headers)).toThrow("signature");
    await write(running, "notes/a");
    await expect.poll(() => pathsIn(requests).filter((path) => path === "notes/a").length).toBe(2);
    const versions = requests.flatMap(({ told }) => told.documents.map(({ version }) => version));
    expect(new Set(versions).size).toBe(3);
  });

  it("is told what it asked for: paths, deletions, workspaces", async () => {
    const running = await start({ paths: ["notes/**"], events: ["deleted"] });
    await write(running, "notes/a");
    await write(running, "lists/a");
    const replica = await running.open("acme", { user: "ada" });
    await replica.open("notes/a").caughtUp();
    await replica.delete("notes/a");
    await replica.delete("lists/a");
    await replica.dispose();
    await expect
      .poll(() => requests.map(({ told }) => told.documents))
      .toMatchObject([[{ path: "notes/a", event: "deleted" }]]);
  });

  it("that fails or is slow gets the same again, until it takes it", async () => {
    let count = 0;
    answer = () => [500, 0, 302][count++] ?? 204;
    const running = await start({ timeout: 200 });
    await write(running, "notes/a");
    await expect.poll(() => requests.length, { timeout: 15_000 }).toBe(4);
    expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
    expect(new Set(requests.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(logged.filter((line) => line.startsWith("webhook failed")).length).toBe(3);
    expect(logged.join("\n")).not.toContain("hidden");
    // And nothing more comes of it.
    await write(running, "notes/b");
    await expect.poll(() => pathsIn(requests.slice(4))).toEqual(["notes/b"]);
  }, 20_000);

  it("that does not answer counts as dead, which is logged; after a restart it hears of all", async () => {
    answer = () => 503;
    const first = await start({ attempts: 2 });
    await write(first, "notes/a");
    await expect
      .poll(() => logged.some((line) => line.startsWith("webhook is dead")), { timeout: 10_000 })
      .toBe(true);
    await write(first, "notes/b");
    await first.close();
    expect(readdirSync(join(data, "webhooks"))).toEqual(["ws-acme"]);
    requests = [];
    answer = () => 200;
    // Nobody opens the workspace.
    await start({}, 100);
    await expect.poll(() => pathsIn(requests).toSorted()).toEqual(["notes/a", "notes/b"]);
    await expect.poll(() => readdirSync(join(data, "webhooks"))).toEqual([]);
  }, 20_000);

  it("hears nothing of what was before it", async () => {
    const plain = await startServer({ port: 0, data, anonymousAccess: true, log: () => undefined });
    await write(plain, "notes/old");
    await plain.close();
    const running = await start();
    await write(running, "notes/new");
    await expect.poll(() => pathsIn(requests)).toEqual(["notes/new"]);
  });

  it("must be named as it should be", async () => {
    for (const wrong of [{ secret: "short" }, { url: "ftp://a" }, { paths: ["*"] }])
      await expect(start(wrong)).rejects.toMatchObject({ code: "input/invalid" });
  });
});
