/** Runs the real demo as a child process, as `npm start` does, on free ports and with data of its own. */

import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const HOST = "127.0.0.1";
/** How long the demo may take to start, in milliseconds. */
const START_TIMEOUT = 90_000;

/** A demo that runs. */
export interface RunningDemo {
  readonly url: string;
  /** Ends it if it runs, and removes its data. */
  dispose(): Promise<void>;
}

/** A demo that can be stopped and started again with the same ports and data. */
export interface DemoProcess extends RunningDemo {
  start(): Promise<void>;
  /** Ends the process and waits for it; gives its exit code, `null` when the signal killed it. */
  stop(signal: "SIGTERM" | "SIGINT" | "SIGKILL"): Promise<number | null>;
}

/** Creates a demo; nothing runs before {@link DemoProcess.start}. */
export async function createDemoProcess(): Promise<DemoProcess> {
  const port = await freePorts();
  const data = mkdtempSync(join(tmpdir(), "croft-demo-"));
  let child: ChildProcess | undefined;

  async function stop(signal: NodeJS.Signals): Promise<number | null> {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return 0;
    const exit = once(running, "exit");
    running.kill(signal);
    await exit;
    return running.exitCode;
  }

  return {
    url: `http://${HOST}:${port}/`,
    async start() {
      child = spawn(process.execPath, ["--conditions=source", "scripts/start.mjs"], {
        cwd: ROOT,
        env: { ...process.env, PORT: String(port), CROFT_DATA: data },
        stdio: ["ignore", "pipe", "pipe"],
      });
      await printed(child, `http://${HOST}:${port}/`);
    },
    stop,
    async dispose() {
      await stop("SIGKILL");
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Runs the demo on a port until it exits by itself; for starts that fail. */
export async function runDemoToEnd(
  port: number | string,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(process.execPath, ["--conditions=source", "scripts/start.mjs"], {
    cwd: ROOT,
    env: { ...process.env, PORT: String(port), CROFT_DATA: mkdtempSync(join(tmpdir(), "croft-")) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  await once(child, "exit");
  return { code: child.exitCode, output };
}

/** Resolves when the child printed `text`, rejects with what it printed instead. */
function printed(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = "";
    const fail = (why: string) => reject(new Error(`The demo ${why}:\n${output}`));
    const timer = setTimeout(() => fail("did not start in time"), START_TIMEOUT);
    const onData = (chunk: Buffer) => {
      output += chunk.toString();
      if (!output.includes(text)) return;
      clearTimeout(timer);
      resolve();
    };
    // Kept after that as well: a full pipe would stop the child.
    child.stdout?.on("data", onData);
    child.stderr?.on("data", onData);
    child.once("exit", () => {
      clearTimeout(timer);
      fail("ended");
    });
  });
}

/** A process that runs one demo after the other, for tests that only need each to be fresh: the app is built once. */
export interface DemoHost {
  start(): Promise<RunningDemo>;
  /** Ends the process, and with it all demos. */
  dispose(): Promise<void>;
}

/** Starts a {@link DemoHost}. */
export function createDemoHost(): DemoHost {
  const child = fork("scripts/demos.mjs", { cwd: ROOT, execArgv: ["--conditions=source"] });
  const exited = once(child, "exit");
  const said = z.object({ port: z.number(), error: z.string().optional() });

  /** Sends a message about the demo on a port, and waits for the answer. */
  function ask(port: number, message: object): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: string): void => {
        child.off("message", onMessage);
        child.off("exit", onExit);
        if (error === undefined) resolve();
        else reject(new Error(`The demo on port ${port}: ${error}`));
      };
      const onMessage = (value: unknown): void => {
        const answer = said.parse(value);
        if (answer.port === port) settle(answer.error);
      };
      const onExit = (): void => settle("its process ended");
      child.on("message", onMessage);
      child.on("exit", onExit);
      child.send(message);
    });
  }

  return {
    async start() {
      const port = await freePorts();
      const data = mkdtempSync(join(tmpdir(), "croft-demo-"));
      await ask(port, { start: port, data });
      return {
        url: `http://${HOST}:${port}/`,
        async dispose() {
          await ask(port, { end: port });
          rmSync(data, { recursive: true, force: true });
        },
      };
    },
    async dispose() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** A free port whose next one is free too: the demo takes both. */
async function freePorts(): Promise<number> {
  for (;;) {
    const first = await listen(0);
    const port = first.port + 1;
    if (port > 65_500) {
      await first.close();
      continue;
    }
    try {
      const second = await listen(port);
      await Promise.all([first.close(), second.close()]);
      return first.port;
    } catch {
      await first.close(); // The next one is taken: another pair.
    }
  }
}

async function listen(port: number): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer();
  server.listen(port, HOST);
  await once(server, "listening");
  const address = server.address();
  return {
    port: address !== null && typeof address === "object" ? address.port : port,
    async close() {
      server.close();
      await once(server, "close");
    },
  };
}
