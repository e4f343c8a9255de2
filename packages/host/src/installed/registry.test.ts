import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fetchPackage } from "./fetch-package.ts";
import { findRelease, parseRegistry, readRegistry } from "./registry.ts";

const BASE = "https://example.com/plugins/registry.json";
const HASH = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; // of "abc"

const release = (version: string, more: object = {}): object => ({
  version,
  url: `stats-${version}.croft`,
  sha256: HASH,
  released: "2026-01-02T03:04:05Z",
  ...more,
});
const registry = (...releases: readonly object[]): string =>
  JSON.stringify({
    format: "croft-registry",
    version: 1,
    plugins: [{ id: "stats", name: "Statistics", releases, stars: 5 }],
  });

describe("parseRegistry", () => {
  it("reads what is offered, the newest first, with whole addresses", () => {
    const text = registry(
      release("1.9.0"),
      release("1.10.0", {
        url: "https://cdn.example.com/a.croft",
        released: "2026-02-01T00:00:00+02:00",
      }),
      release("2.0.0-beta.1"),
    );
    const read = parseRegistry(text, BASE);
    expect(read.plugins).toMatchObject([{ id: "stats", name: "Statistics", description: "" }]);
    expect(read.plugins[0]?.releases).toMatchObject([
      { version: "2.0.0-beta.1" },
      { version: "1.10.0", url: "https://cdn.example.com/a.croft", publisher: "" },
      { version: "1.9.0", url: "https://example.com/plugins/stats-1.9.0.croft" },
    ]);
    expect(findRelease(read, "stats")?.version).toBe("1.10.0");
    expect(findRelease(read, "stats", { before: Date.parse("2026-01-31T12:00Z") })?.version).toBe(
      "1.9.0",
    );
    expect(findRelease(read, "other")).toBeUndefined();
  });

  it.each([
    ["no JSON", "<html>", "no JSON"],
    ["another format", JSON.stringify({ version: 1, plugins: [] }), "format"],
    ["a newer version", registry().replace('"version":1', '"version":2'), "version must be 1"],
    ["a bad version", registry(release("1.0")), "plugins.0.releases.0.version is no version"],
    ["a bad hash", registry(release("1.0.0", { sha256: "abc" })), "sha256"],
    ["a bad key", registry(release("1.0.0", { publisher: "me" })), "publisher"],
    ["a bad date", registry(release("1.0.0", { released: "yesterday" })), "released"],
    ["an address that runs", registry(release("1.0.0", { url: "javascript:alert(1)" })), "address"],
    ["an address of a file", registry(release("1.0.0", { url: "file:///etc/passwd" })), "address"],
  ])("refuses %s", (_what, text, message) => {
    expect(() => parseRegistry(text, BASE)).toThrow(
      expect.objectContaining({
        code: "plugin/registry",
        message: expect.stringContaining(message),
      }),
    );
  });

  it("refuses a plugin that is there twice", () => {
    const plugin = { id: "stats", name: "Statistics", releases: [] };
    const text = JSON.stringify({
      format: "croft-registry",
      version: 1,
      plugins: [plugin, plugin],
    });
    expect(() => parseRegistry(text, BASE)).toThrow("stats is in it twice");
  });
});

describe("downloads", () => {
  let server: Server;
  let base: string;
  let asked = 0;
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked++;
      if (request.url === "/registry.json") response.end(registry(release("1.0.0")));
      else if (request.url === "/moved.json")
        response.writeHead(302, { location: "/sub/registry.json" }).end();
      else if (request.url === "/sub/registry.json") response.end(registry(release("1.0.0")));
      else if (request.url === "/stats-1.0.0.croft") response.end("abc");
      else if (request.url === "/endless") {
        const more = (): void => {
          while (response.write(Buffer.alloc(65_536)));
          response.once("drain", more);
        };
        more();
      } else if (request.url !== "/silent") response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it("bring what a registry names, from where it is in the end", async () => {
    const read = await readRegistry(`${base}/registry.json`);
    const found = findRelease(read, "stats");
    if (!found) throw new Error("not found");
    expect(new TextDecoder().decode(await fetchPackage(found))).toBe("abc");
    expect(new TextDecoder().decode(await fetchPackage(found.url))).toBe("abc");
    const moved = await readRegistry(`${base}/moved.json`);
    expect(findRelease(moved, "stats")?.url).toBe(`${base}/sub/stats-1.0.0.croft`);
    await expect(fetchPackage({ ...found, sha256: HASH.replace("b", "c") })).rejects.toMatchObject({
      code: "plugin/package",
    });
  });

  it("say what is wrong", async () => {
    await expect(readRegistry(`${base}/none`)).rejects.toMatchObject({
      code: "plugin/registry",
      message: expect.stringContaining("404"),
    });
    await expect(fetchPackage("/stats.croft")).rejects.toMatchObject({ code: "input/invalid" });
    await expect(fetchPackage("file:///etc/passwd")).rejects.toMatchObject({
      code: "input/invalid",
    });
    await expect(fetchPackage("http://127.0.0.1:1/")).rejects.toMatchObject({
      code: "link/offline",
    });
  });

  it("end where they are larger than anything can be", async () => {
    await expect(fetchPackage(`${base}/endless`)).rejects.toMatchObject({
      code: "plugin/registry",
      message: expect.stringContaining("larger than"),
    });
  });

  it("end when they are aborted", async () => {
    const before = asked;
    const controller = new AbortController();
    const fetched = fetchPackage(`${base}/silent`, { signal: controller.signal });
    await expect.poll(() => asked).toBe(before + 1);
    controller.abort(new Error("not wanted any more"));
    await expect(fetched).rejects.toThrow("not wanted any more");
  });
});
