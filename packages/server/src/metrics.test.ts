import { createMemoryStore } from "@croft/core";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type RunningServer, startServer } from "./server.ts";
import { mintToken } from "./token.ts";

const secret = "a secret for these tests only";
let server: RunningServer | undefined;
afterEach(() => server?.close());

async function start(metricsPort?: number): Promise<RunningServer> {
  server = await startServer({
    port: 0,
    secret,
    metricsPort,
    openStore: async () => createMemoryStore(),
    log: () => undefined,
  });
  return server;
}

async function figures({ metricsUrl = "" }: RunningServer): Promise<ReadonlyMap<string, number>> {
  const answer = await fetch(metricsUrl);
  expect(answer.headers.get("content-type")).toContain("text/plain; version=0.0.4");
  const lines = (await answer.text()).split("\n").filter((line) => line && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.replace(/ \S+$/, ""), Number(line.split(" ").at(-1))]));
}

describe("figures", () => {
  it("tell sessions, refusals, requests and commits, and nobody's names", async () => {
    const running = await start(0);
    const replica = await running.open("acme", { user: "ada" });
    const page = replica.open("notes/secret-plans");
    await page.caughtUp();
    page.doc.getText("body").insert(0, "text");
    await page.saved("device");
    await replica.dispose();
    const token = await mintToken({ secret, workspace: "acme", user: "ada" });
    const headers = { authorization: `Bearer ${token}` };
    await fetch(`${running.url}/api/acme/documents/notes/secret-plans?format=text`, { headers });
    const address = running.url.replace("http", "ws");
    const socket = new WebSocket(`${address}/y/acme/notes/secret-plans?token=${token}`);
    await new Promise((resolve) => socket.once("message", resolve));
    const lost = new WebSocket(`${address}/nowhere`);
    await new Promise((resolve) => lost.once("error", resolve));

    const told = await figures(running);
    expect(told.get('croft_sessions{protocol="y-websocket"}')).toBe(1);
    expect(told.get('croft_sessions{protocol="croft"}')).toBe(0);
    expect(told.get('croft_sessions_opened_total{protocol="y-websocket"}')).toBe(1);
    expect(told.get("croft_workspaces")).toBe(1);
    expect(told.get('croft_upgrades_refused_total{status="404"}')).toBe(1);
    expect(told.get("croft_entries_total")).toBe(1);
    expect(told.get("croft_entry_bytes_total")).toBeGreaterThan(4);
    expect(told.get('croft_commit_duration_seconds_count{outcome="stored"}')).toBeGreaterThan(0);
    const requests = 'croft_http_request_duration_seconds_count{method="GET",status="200"}';
    expect(told.get(requests)).toBe(1);
    expect(told.get("process_resident_memory_bytes")).toBeGreaterThan(0);
    expect([...told.keys()].join("\n")).not.toMatch(/ada|acme|secret-plans/);

    socket.close(4999);
    const closed = 'croft_sessions_closed_total{protocol="y-websocket",code="other"}';
    await expect.poll(async () => (await figures(running)).get(closed)).toBe(1);
    await expect
      .poll(async () => (await figures(running)).get('croft_sessions{protocol="y-websocket"}'))
      .toBe(0);
  });

  it("are on a port of their own, and not counted where nobody asks", async () => {
    const running = await start();
    expect(running.metricsUrl).toBeUndefined();
    expect(await running.metrics()).toBe("");
    expect((await fetch(`${running.url}/metrics`)).status).toBe(404);
    await running.close();
    const other = await start(0);
    expect((await fetch((other.metricsUrl ?? "").replace("/metrics", "/"))).status).toBe(404);
    await expect(
      startServer({ port: 0, secret, metricsPort: other.port, log: () => undefined }),
    ).rejects.toMatchObject({ code: "input/invalid" });
  });
});
