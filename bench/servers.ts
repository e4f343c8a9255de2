/** The servers that are measured, each in a process of its own, and what they cost the processor. */

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { startServerProcess } from "../test/support/server-process.ts";

/** A running server. */
export interface BenchServer {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** A croft server with SQLite on a fresh directory. */
export async function startCroft(): Promise<BenchServer> {
  const data = mkdtempSync(join(realpathSync(tmpdir()), "croft-bench-"));
  const server = await startServerProcess({ data });
  return {
    url: server.url,
    pid: server.pid,
    async stop() {
      await server.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Where servers are that several croft servers share. */
export interface Shared {
  readonly postgres: string;
  /** Carries hints; default: the database. */
  readonly redis?: string | undefined;
}

/** One of `count` croft servers on a fresh schema of a database: the address of the first, then of the second, and so on. */
export async function startCroftOn(
  { postgres, redis }: Shared,
  count: number,
): Promise<BenchServer & { readonly urls: readonly string[] }> {
  const schema = `croft_bench_${process.pid}_${++schemas}`;
  const servers = await Promise.all(
    Array.from({ length: count }, () =>
      startServerProcess({ data: "unused", postgres: { url: postgres, schema, redis } }),
    ),
  );
  const [first] = servers;
  if (!first) throw new Error("one server is needed");
  return {
    url: first.url,
    urls: servers.map(({ url }) => url),
    pid: first.pid,
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
      const database = new pg.Client({ connectionString: postgres });
      await database.connect();
      await database.query(`DROP SCHEMA ${schema} CASCADE`);
      await database.end();
    },
  };
}

let schemas = 0;

/** The bare relay. */
export async function startRelay(): Promise<BenchServer> {
  const file = fileURLToPath(new URL("relay.ts", import.meta.url));
  const child = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (line) => resolve(String(line).trim().replace("http", "ws")));
    void ended.then(() => reject(new Error("The relay ended.")));
  });
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      child.kill();
      await ended;
    },
  };
}

/** Milliseconds that a process has kept processors busy, in steps of 10; NaN where that is not told. */
export function cpuTime(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Behind the name, which may hold anything: state is the first, utime the 12th, stime the 13th.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return Number.NaN;
  }
}
