/** The bundled server as a process of its own, which can be killed and started again. */

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What tokens are signed with here. */
export const SECRET = "a secret of tests and benchmarks alone";

/** A running server. */
export interface ServerProcess {
  /** `ws://127.0.0.1:<port>` */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** SIGKILL: nothing is flushed or said any more. */
  kill(): Promise<void>;
  /** SIGTERM, and waits for the end. @throws Error when it does not end cleanly. */
  stop(): Promise<void>;
}

const CLI = fileURLToPath(new URL("../../packages/server/src/cli.ts", import.meta.url));

/** Starts the command `croft-server` over the directory `data`, or a database; resolves when it listens. */
export async function startServerProcess(options: {
  readonly data: string;
  readonly postgres?: {
    readonly url: string;
    readonly schema: string;
    /** Of a server that carries hints. */
    readonly redis?: string | undefined;
  };
  /** Default: any free one. */
  readonly port?: number;
  readonly execArgv?: readonly string[];
  /** Takes back from devices what it lost. */
  readonly recover?: boolean;
  /** More of its flags. */
  readonly flags?: readonly string[];
}): Promise<ServerProcess> {
  const { data, port = 0, execArgv = [], recover = false, postgres, flags = [] } = options;
  const args = ["--conditions=source", ...execArgv, CLI, "--port", String(port), "--data", data];
  if (recover) args.push("--recover");
  if (postgres) args.push("--postgres", postgres.url, "--postgres-schema", postgres.schema);
  if (postgres?.redis !== undefined) args.push("--redis", postgres.redis);
  args.push(...flags);
  const child = spawn(process.execPath, args, {
    env: { ...plainEnvironment(), CROFT_SECRET: SECRET },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk) => (errors += String(chunk)));
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.on("close", (code, signal) => resolve(code ?? signal));
  });
  const url = await listening(child, () => errors);
  return {
    url: `ws://127.0.0.1:${url.port}`,
    port: Number(url.port),
    pid: child.pid ?? 0,
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
    async stop() {
      child.kill("SIGTERM");
      const code = await ended;
      if (code !== 0) throw new Error(`The server ended with ${code}: ${errors}`);
    },
  };
}

/** Runs one of the commands beside the server, as `backup`, to its end. */
export async function runServerCommand(
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, ["--conditions=source", CLI, ...args], {
    env: { ...plainEnvironment(), CROFT_SECRET: SECRET },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += String(chunk)));
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, stdout, stderr };
}

/** The environment without what a test runner or a developer has set for Node and croft. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^(CROFT|NODE|VITEST)_/.test(name),
  );
  return Object.fromEntries(entries);
}

function listening(child: ChildProcess, errors: () => string): Promise<URL> {
  return new Promise((resolve, reject) => {
    let output = "";
    child.stdout?.on("data", (chunk) => {
      output += String(chunk);
      const [found] = /http:\/\/\S+/.exec(output) ?? [];
      if (found !== undefined) resolve(new URL(found));
    });
    child.on("close", (code) => reject(new Error(`The server ended with ${code}: ${errors()}`)));
  });
}
