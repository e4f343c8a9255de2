// The commands as real processes.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connectWebSocket, createMemoryStore, openWorkspace, type Workspace } from "@croft/core";
import { afterEach, describe, expect, it } from "vitest";
import { mintToken, verifyToken } from "./token.ts";

const secret = "a secret for these tests only!!!";
const directory = mkdtempSync(join(tmpdir(), "croft-cli-"));
const children: ChildProcess[] = [];
const workspaces: Workspace[] = [];
afterEach(async () => {
  for (const workspace of workspaces.splice(0)) await workspace.dispose();
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves with exit code or signal. */
  readonly ended: Promise<number | string | null>;
  /** Resolves with the listening address. */
  readonly url: Promise<string>;
}

function run(file: "cli" | "token-cli", args: string[], env: Record<string, string> = {}): Run {
  const path = fileURLToPath(new URL(`${file}.ts`, import.meta.url));
  const inherited = Object.entries(process.env).filter(([name]) => !/^(CROFT|NODE)_/.test(name));
  const child = spawn(process.execPath, ["--conditions=source", path, ...args], {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let stdout = "";
  let stderr = "";
  const listening = Promise.withResolvers<string>();
  child.stdout?.on("data", (chunk) => {
    stdout += String(chunk);
    const [url] = /http:\/\/\S+/.exec(stdout) ?? [];
    if (url !== undefined) listening.resolve(url);
  });
  child.stderr?.on("data", (chunk) => {
    stderr += String(chunk);
  });
  const ended = new Promise<number | string | null>((resolve) => {
    child.on("close", (code, signal) => resolve(code ?? signal));
  });
  void ended.then((code) => listening.reject(new Error(`ended with ${code}: ${stderr}`)));
  listening.promise.catch(() => undefined);
  return {
    child,
    ended,
    url: listening.promise,
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
  };
}

const serve = (args: string[] = [], env = { CROFT_SECRET: secret }) =>
  run("cli", ["--port", "0", "--data", join(directory, "data"), ...args], env);

async function open(url: string, user: string, id = "Our Team"): Promise<Workspace> {
  const workspace = await openWorkspace({
    id,
    user,
    store: async () => createMemoryStore(),
    sync: {
      url: url.replace("http", "ws"),
      token: () => mintToken({ secret, workspace: id, user }),
    },
  });
  workspaces.push(workspace);
  return workspace;
}

describe("croft-server", () => {
  it("prints help and its version", async () => {
    const help = run("cli", ["--help"]);
    expect(await help.ended).toBe(0);
    expect(help.stdout).toContain("Usage: croft-server");
    expect(help.stdout).toContain("--anonymous-access");
    const version = run("cli", ["--version"]);
    expect(await version.ended).toBe(0);
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("answers a bad option with one line and exit code 2", async () => {
    const runs = [
      run("cli", ["--port", "many"], { CROFT_SECRET: secret }),
      run("cli", ["--unknown"]),
      run("cli", []),
      run("cli", ["--secret", "short"]),
    ];
    for (const bad of runs) {
      expect(await bad.ended).toBe(2);
      expect(bad.stderr).toMatch(/^croft-server: .+ See croft-server --help\.\n$/);
      expect(bad.stdout).toBe("");
    }
  }, 15_000);

  it("listens, is healthy, and ends cleanly on SIGTERM and SIGINT", async () => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const server = serve();
      const url = await server.url;
      expect(server.stdout).toBe(`croft-server is listening on ${url}\n`);
      expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ status: "ok" });
      const channel = await connectWebSocket(`${url.replace("http", "ws")}/sync/demo`);
      const close = new Promise((resolve) => channel.onClose(resolve));
      server.child.kill(signal);
      expect(await close).toMatchObject({ code: 4500 });
      expect(await server.ended).toBe(0);
      expect(server.stderr).toContain('"shutting down"');
    }
    expect(existsSync(join(directory, "data"))).toBe(true);
  }, 15_000);

  it("goes on without who read its log, and still ends cleanly", async () => {
    const server = serve();
    const url = await server.url;
    server.child.stdout?.destroy();
    server.child.stderr?.destroy();
    const page = (await open(url, "ada")).open("notes/page");
    page.doc.getText("body").insert(0, "nobody reads the log");
    await page.saved("server");
    // Which it says in its log.
    server.child.kill("SIGTERM");
    expect(await server.ended).toBe(0);
  }, 15_000);

  it("keeps what it acknowledged in one file per workspace, through kill -9 and a restart", async () => {
    const first = serve();
    const page = (await open(await first.url, "ada")).open("notes/page");
    page.doc.getText("t").insert(0, "kept");
    await page.saved("server");
    first.child.kill("SIGKILL");
    await first.ended;
    expect(readdirSync(join(directory, "data"))).toContain("ws-=4fur=20=54eam.sqlite");
    const second = serve();
    const cold = (await open(await second.url, "bob")).open("notes/page");
    await expect.poll(() => cold.doc.getText("t").toJSON(), { timeout: 5000 }).toBe("kept");
    second.child.kill("SIGTERM");
    expect(await second.ended).toBe(0);
  }, 15_000);

  it("a damaged workspace is refused and named in the log; another one works", async () => {
    mkdirSync(join(directory, "data"), { recursive: true });
    const damaged = join(directory, "data", "ws-broken.sqlite");
    writeFileSync(damaged, "this is no database, and long enough to be looked at".repeat(100));
    const server = serve();
    const url = await server.url;
    const broken = await open(url, "ada", "broken");
    broken.open("notes/page");
    await expect.poll(() => server.stderr, { timeout: 5000 }).toContain('"store/corrupt"');
    const page = (await open(url, "ada", "sound")).open("notes/page");
    page.doc.getText("t").insert(0, "fine");
    await page.saved("server");
    expect(readdirSync(join(directory, "data"))).toContain("ws-broken.sqlite");
    server.child.kill("SIGTERM");
    expect(await server.ended).toBe(0);
  }, 15_000);

  it("takes its options from the environment", async () => {
    const data = join(directory, "elsewhere");
    const server = run("cli", [], {
      CROFT_PORT: "0",
      CROFT_DATA: data,
      CROFT_ANONYMOUS_ACCESS: "1",
      CROFT_HOST: "127.0.0.1",
    });
    expect(await server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(server.stderr).toContain("anonymous access");
    expect(existsSync(data)).toBe(true);
  });

  it("says in one line that the port is in use", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const address = taken.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const server = serve(["--port", String(port)]);
    expect(await server.ended).toBe(1);
    expect(server.stderr).toMatch(/^croft-server: Port \d+ on 127\.0\.0\.1 is in use\. .+\n$/);
    taken.close();
  });

  it("says in one line that the data directory cannot be used", async () => {
    const server = serve(["--data", "/dev/null/data"]);
    expect(await server.ended).toBe(1);
    expect(server.stderr).toMatch(/^croft-server: Cannot use the data directory .+\n$/);
  });
});

describe("croft-token", () => {
  it("prints a token and nothing else", async () => {
    const args = ["--workspace", "demo", "--user", "ada", "--grant", "notes/**:write"];
    const minted = run("token-cli", [...args, "--expires", "30m"], { CROFT_SECRET: secret });
    expect(await minted.ended).toBe(0);
    expect(minted.stderr).toBe("");
    const [token = "", rest] = minted.stdout.split("\n");
    expect(rest).toBe("");
    expect(await verifyToken({ secret, token, workspace: "demo" })).toMatchObject({
      principal: { user: "ada", grants: [{ pattern: "notes/**", access: "write" }] },
    });
  });

  it("answers a bad option with one line and exit code 2", async () => {
    const bad = run("token-cli", ["--workspace", "demo"]);
    expect(await bad.ended).toBe(2);
    expect(bad.stderr).toBe("croft-token: --secret is needed. See croft-token --help.\n");
    expect(bad.stdout).toBe("");
  });
});
