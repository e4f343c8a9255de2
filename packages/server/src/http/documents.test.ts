import { mkdtempSync, rmSync } from "node:fs";
import { createServer, get } from "node:http";
import { type AddressInfo, connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as Y from "yjs";
import { attachToServer, type RunningServer, startServer } from "../server.ts";
import { mintToken } from "../token.ts";

const secret = "a secret for these tests only";
const cleanups: (() => Promise<unknown> | void)[] = [];
let server: RunningServer;
let data: string;
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), "croft-http-"));
  cleanups.push(() => rmSync(data, { recursive: true }));
  server = await startServer({ port: 0, secret, data, log: () => undefined });
  cleanups.push(() => server.close());
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function write(path: string, edit: (doc: Y.Doc) => void): Promise<void> {
  const replica = await server.open("acme", { user: "ada" });
  const page = replica.open(path);
  await page.caughtUp();
  edit(page.doc);
  await page.saved("device");
  await replica.dispose();
}

async function ask(
  path: string,
  {
    grants = ["**:write"],
    workspace = "acme",
    token,
    ...init
  }: RequestInit & {
    readonly grants?: readonly string[];
    readonly workspace?: string;
    readonly token?: string;
  } = {},
): Promise<Response> {
  const headers = new Headers(init.headers);
  const shown = token ?? (await mintToken({ secret, workspace: "acme", user: "ben", grants }));
  headers.set("authorization", `Bearer ${shown}`);
  return fetch(`${server.url}/api/${workspace}/documents${path}`, { ...init, headers });
}

describe("a replica beside the server", () => {
  it("reads and edits as anybody, under its name, and sees what others do", async () => {
    const replica = await server.open("acme", { user: "importer", grants: ["notes/**:write"] });
    const page = replica.open("notes/page");
    await page.caughtUp();
    page.doc.getText("body").insert(0, "From Node");
    await page.saved("device");
    const { changes } = await replica.history("notes/page").changes();
    expect(changes).toMatchObject([{ author: { user: "importer" } }]);
    await write("notes/page", (doc) => doc.getText("body").insert(0, "Ada: "));
    await expect.poll(() => page.doc.getText("body").toString()).toBe("Ada: From Node");
    const other = replica.open("tasks/board");
    await expect.poll(() => other.state.access).toBe("none");
    await replica.dispose();
  });

  it("is refused under names that nobody can have, and ends with the server", async () => {
    await expect(server.open("../etc", { user: "ada" })).rejects.toMatchObject({
      code: "input/invalid",
    });
    await expect(server.open("acme", { user: "a/b" })).rejects.toMatchObject({
      code: "input/invalid",
    });
    await expect(server.open("acme", { user: "a", grants: ["x"] })).rejects.toMatchObject({
      code: "input/invalid",
    });
    const replica = await server.open("acme", { user: "ada" });
    const page = replica.open("notes/page");
    await page.caughtUp();
    page.doc.getText("body").insert(0, "typed right before");
    await server.close();
    expect(replica.session.name).toBe("stopped");
    await expect(server.open("acme", { user: "ada" })).rejects.toMatchObject({ code: "disposed" });
    server = await startServer({ port: 0, secret, data, log: () => undefined });
    cleanups.push(() => server.close());
    expect(await (await ask("/notes/page?format=text")).text()).toBe("typed right before");
  });
});

describe("documents over HTTP", () => {
  it("are listed, those that may be read, page by page", async () => {
    for (const path of ["notes/a", "notes/b", "notes/c", "tasks/a"]) {
      await write(path, (doc) => doc.getText("body").insert(0, path));
    }
    const listed = await (await ask("?prefix=notes/&limit=2")).json();
    expect(listed).toMatchObject({
      documents: [{ path: "notes/a" }, { path: "notes/b" }],
      next: "notes/b",
    });
    const rest = await (await ask("?prefix=notes/&limit=2&after=notes/b")).json();
    expect(rest).toMatchObject({ documents: [{ path: "notes/c" }] });
    expect(rest).not.toHaveProperty("next");
    const some = (await (await ask("", { grants: ["tasks/**:read"] })).json()) as {
      documents: { path: string }[];
    };
    expect(some.documents.map(({ path }) => path)).toEqual(["tasks/a"]);
    for (const query of ["?limit=0", "?limit=x", "?limit=10001"]) {
      const answer = await ask(query);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ error: { code: "input/invalid" } });
    }
  });

  it("are read as a Yjs update, as JSON, and as text", async () => {
    await write("notes/a b", (doc) => {
      doc.getText("body").insert(0, "Hello, wörld");
      doc.getText("body").format(0, 5, { bold: true });
      doc.getMap("meta").set("tags", ["x", 1]);
      doc.getArray("toString").push([true]);
      doc.getArray("list").push([1, { two: 2 }]);
      const paragraph = new Y.XmlElement("p");
      paragraph.insert(0, [new Y.XmlText("in a tree")]);
      doc.getXmlFragment("tree").insert(0, [paragraph]);
      doc.getMap("empty").set("a", 1);
      doc.getMap("empty").delete("a");
    });
    const update = await ask("/notes/a%20b");
    expect(update.headers.get("content-type")).toBe("application/octet-stream");
    const doc = new Y.Doc();
    Y.applyUpdate(doc, new Uint8Array(await update.arrayBuffer()));
    expect(doc.getText("body").toString()).toBe("Hello, wörld");
    const wanted = {
      body: "Hello, wörld",
      list: [1, { two: 2 }],
      meta: { tags: ["x", 1] },
      toString: [true],
      tree: "<p>in a tree</p>",
    };
    expect(await (await ask("/notes/a%20b?format=json")).json()).toEqual(wanted);
    const accept = { headers: { accept: "application/json" } };
    expect(await (await ask("/notes/a%20b", accept)).json()).toEqual(wanted);
    const text = await ask("/notes/a%20b?format=text&root=body");
    expect(text.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(await text.text()).toBe("Hello, wörld");
    expect(await (await ask("/notes/a%20b?format=json&root=list")).json()).toEqual(wanted.list);
    expect((await ask("/notes/a%20b?format=text")).status).toBe(400);
    expect((await ask("/notes/a%20b?format=text&root=nothing")).status).toBe(404);
    expect((await ask("/notes/a%20b?format=xml")).status).toBe(400);
  });

  it("are not sent again while they are the same", async () => {
    await write("notes/a", (doc) => doc.getText("body").insert(0, "one"));
    const first = await ask("/notes/a?format=text");
    const etag = first.headers.get("etag") ?? "";
    const again = await ask("/notes/a?format=text", { headers: { "if-none-match": etag } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    expect((await ask("/notes/a?format=json", { headers: { "if-none-match": etag } })).status).toBe(
      200,
    );
    await write("notes/a", (doc) => doc.getText("body").insert(3, " two"));
    const changed = await ask("/notes/a?format=text", { headers: { "if-none-match": etag } });
    expect([changed.status, await changed.text()]).toEqual([200, "one two"]);
    const head = await ask("/notes/a?format=text", { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([
      200,
      "7",
      "",
    ]);
  });

  it("take what is appended, once it is on disk, again and again from one program", async () => {
    const doc = new Y.Doc();
    const post = async (update: Uint8Array, options: { grants?: readonly string[] } = {}) =>
      ask("/notes/a", { ...options, method: "POST", body: new Uint8Array(update) });
    doc.getText("body").insert(0, "Hello");
    expect((await post(Y.encodeStateAsUpdate(doc))).status).toBe(204);
    const vector = new Uint8Array(await (await ask("/notes/a?format=vector")).arrayBuffer());
    doc.getText("body").insert(5, ", world");
    const more = Y.encodeStateAsUpdate(doc, vector);
    expect((await post(more)).status).toBe(204);
    expect((await post(more)).status).toBe(204);
    const shown = await ask("/notes/a?format=text");
    expect(await shown.text()).toBe("Hello, world");
    const { documents } = (await (await ask("")).json()) as { documents: { version: string }[] };
    expect(shown.headers.get("etag")).toContain(documents[0]?.version);

    const fork = new Y.Doc();
    fork.clientID = doc.clientID;
    fork.getText("body").insert(0, "other");
    const late = new Y.Doc();
    late.getText("body").insert(0, "a");
    const before = Y.encodeStateVector(late);
    late.getText("body").insert(1, "b");
    for (const [update, status, options] of [
      [Y.encodeStateAsUpdate(fork), 409, {}],
      [Y.encodeStateAsUpdate(late, before), 409, {}],
      [new Uint8Array([9, 9, 9]), 422, {}],
      [Y.encodeStateAsUpdate(late), 403, { grants: ["notes/**:read"] }],
      [Y.encodeStateAsUpdate(late), 404, { grants: ["tasks/**:write"] }],
    ] as const) {
      const answer = await post(update, options);
      expect([status, answer.status]).toEqual([status, status]);
      expect(await answer.json()).toMatchObject({
        error: { message: expect.stringMatching(/^\S.+\.$/) },
      });
    }
    expect(await (await ask("/notes/a?format=text")).text()).toBe("Hello, world");
    const huge = await ask("/notes/a", { method: "POST", body: new Uint8Array(17 * 1024 * 1024) });
    expect(huge.status).toBe(413);
  });

  it("are told whatever is in them and however they are asked for", async () => {
    await write("notes/～", (doc) => doc.getMap("map").set("a", 1));
    await write("notes/😀", (doc) => {
      doc.getMap("map").set("big", 2n ** 62n);
      doc.getMap("map").set("bytes", new Uint8Array([1, 2, 3]));
    });
    const pages: string[] = [];
    for (let after = ""; pages.length < 5;) {
      const page = (await (await ask(`?limit=1&after=${encodeURIComponent(after)}`)).json()) as {
        documents: { path: string }[];
        next?: string;
      };
      pages.push(...page.documents.map(({ path }) => path));
      if (page.next === undefined) break;
      after = page.next;
    }
    expect(pages).toEqual(["notes/～", "notes/😀"]);
    const smiling = `/notes/${encodeURIComponent("😀")}?format=json`;
    const first = await ask(smiling);
    expect(await first.json()).toEqual({ map: { big: "4611686018427387904", bytes: "AQID" } });
    const weak = `"other", W/${first.headers.get("etag") ?? ""}`;
    expect((await ask(smiling, { headers: { "if-none-match": weak } })).status).toBe(304);
  });

  it("are not there for requests without form, which harm nobody", async () => {
    const { port } = server;
    for (const line of [
      "GET // HTTP/1.1",
      "GET http://[ HTTP/1.1",
      "GET /api/%/documents HTTP/1.1",
    ]) {
      const answer = await new Promise<string>((resolve, reject) => {
        const socket = connectTcp(port, "127.0.0.1", () =>
          socket.write(`${line}\r\nhost: a\r\nconnection: close\r\n\r\n`),
        );
        let text = "";
        socket.on("data", (data: Buffer) => (text += data.toString()));
        socket.on("close", () => resolve(text));
        socket.on("error", reject);
      });
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    }
    expect((await ask("")).status).toBe(200);
  });

  it("are told to some at once, and others come back", async () => {
    const held = Promise.withResolvers<void>();
    const busy = await startServer({
      port: 0,
      data,
      authenticate: async () => {
        await held.promise;
        return { principal: { user: "ada", grants: [] } };
      },
      log: () => undefined,
    });
    cleanups.push(() => busy.close());
    const statuses: number[] = [];
    const asking = Array.from({ length: 80 }, async () => {
      const answer = await fetch(`${busy.url}/api/acme/documents`);
      await answer.arrayBuffer();
      statuses.push(answer.status);
    });
    // Those over the limit hear of it while the others wait.
    await expect.poll(() => statuses.length).toBe(16);
    expect(new Set(statuses)).toEqual(new Set([503]));
    held.resolve();
    await Promise.all(asking);
    expect(statuses.filter((status) => status === 200)).toHaveLength(64);
    expect((await fetch(`${busy.url}/api/acme/documents`)).status).toBe(200);
  });

  it("are not said to be gone by a server that shuts down", async () => {
    await write("notes/a", (doc) => doc.getText("body").insert(0, "there"));
    const asked = Array.from({ length: 20 }, async () => {
      const answer = await ask("").catch(() => undefined);
      return answer?.status === 200 ? answer.text() : "refused";
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await server.close();
    for (const text of await Promise.all(asked)) expect(text).toMatch(/notes\/a|refused/);
    server = await startServer({ port: 0, secret, data, log: () => undefined });
    cleanups.push(() => server.close());
  });

  it("are told by names of this machine alone where everybody is let in", async () => {
    const open = await startServer({ port: 0, data, anonymousAccess: true, log: () => undefined });
    cleanups.push(() => open.close());
    const statusFor = (host: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const path = "/api/acme/documents";
        get({ port: open.port, host: "127.0.0.1", path, headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        }).on("error", reject);
      });
    expect(await statusFor("evil.example:8787")).toBe(403);
    expect(await statusFor("localhost:8787")).toBe(200);
    expect(await statusFor("127.0.0.1:8787")).toBe(200);
  });

  it("look alike where they may not be read, are not there, or cannot be", async () => {
    await write("tasks/board", (doc) => doc.getText("body").insert(0, "hidden"));
    const bodies = new Set<string>();
    for (const path of ["/tasks/board", "/tasks/none", "/tasks", "/..%2f..%2fetc", "/%ff"]) {
      const answer = await ask(path, { grants: ["notes/**:write"] });
      expect(answer.status).toBe(404);
      bodies.add(await answer.text());
    }
    expect(bodies.size).toBe(1);
  });

  it("are for those who are let in", async () => {
    const missing = await ask("", { token: "garbage" });
    expect(missing.status).toBe(401);
    expect(missing.headers.get("www-authenticate")).toBe("Bearer");
    expect(await missing.json()).toEqual({
      error: { code: "auth/refused", message: "The token is malformed." },
    });
    expect((await ask("", { workspace: "other" })).status).toBe(403);
    expect((await ask("", { workspace: "a%2fb" })).status).toBe(404);
    expect((await ask("", { method: "POST" })).status).toBe(405);
    expect((await ask("/notes/a", { method: "DELETE" })).status).toBe(405);
    expect((await fetch(`${server.url}/api/acme`)).status).toBe(404);
  });

  it("may be asked for by web pages of origins that may connect", async () => {
    const other = createServer();
    const croft = attachToServer(other, {
      secret,
      origins: ["https://app.example.org"],
      log: () => undefined,
    });
    cleanups.push(() => croft.close());
    other.on("request", (request, response) => {
      if (!croft.answer(request, response)) response.end("mine");
    });
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/api/acme/documents`;
    const of = (origin: string, method: string) => fetch(url, { method, headers: { origin } });
    const asked = await of("https://app.example.org", "OPTIONS");
    expect(asked.status).toBe(204);
    expect(asked.headers.get("access-control-allow-origin")).toBe("https://app.example.org");
    expect(asked.headers.get("access-control-allow-headers")).toContain("authorization");
    const refused = await of("https://evil.example.org", "GET");
    expect(refused.status).toBe(403);
    expect(refused.headers.get("access-control-allow-origin")).toBeNull();
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("mine");
  });
});
