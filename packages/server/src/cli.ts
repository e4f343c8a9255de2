#!/usr/bin/env node
/** The command `croft-server`: reads its options, runs a server, and ends it on a signal. */

import { CroftError } from "@croft/core";
import { parseServerCommand, SERVER_HELP } from "./server-command.ts";
import { logToStderr } from "./log.ts";
import type { ListenOptions, ServerOptions } from "./options.ts";
import { type RunningServer, startServer } from "./server.ts";
import { subcommands } from "./subcommands.ts";
import { GOOD_SECRET_BYTES } from "./token-keys.ts";
import { findTracer } from "./tracing.ts";
import { version } from "./version.ts";

/** After sessions were sent away a clean shutdown may take this long, in milliseconds; container hosts kill after 10 seconds. */
const SHUTDOWN_TIMEOUT = 9000;

type RunOptions = ServerOptions & ListenOptions & { readonly tracing?: boolean | undefined };

const args = process.argv.slice(2);
const subcommand = subcommands.find(({ name }) => name === args[0]);
if (subcommand) {
  process.exitCode = await subcommand.run(args.slice(1), process.env, {
    print: (line) => process.stdout.write(`${line}\n`),
    complain: (line) => process.stderr.write(`${line}\n`),
  });
} else {
  await serve(parseServerCommand(args, process.env));
}

async function serve(command: ReturnType<typeof parseServerCommand>): Promise<void> {
  switch (command.kind) {
    case "help":
      process.stdout.write(SERVER_HELP);
      break;
    case "version":
      process.stdout.write(`${version}\n`);
      break;
    case "mistake":
      process.stderr.write(`croft-server: ${command.message} See croft-server --help.\n`);
      process.exitCode = 2;
      break;
    case "run":
      await run(command.options);
      break;
  }
}

async function run({ tracing, ...options }: RunOptions): Promise<void> {
  warn(options);
  let server: RunningServer;
  try {
    const tracer = tracing ? await findTracer(version) : undefined;
    server = await startServer({ ...options, ...(tracer && { tracer }) });
  } catch (error) {
    const text = error instanceof CroftError ? [error.message, error.hint] : [String(error)];
    process.stderr.write(`croft-server: ${text.filter(Boolean).join(" ")}\n`);
    process.exitCode = 1;
    return;
  }
  let stopping = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      void stop(server, signal, options.drainTime ?? 0);
    });
  }
  // Who read the log is gone: the server goes on without. Unheard, the error would be logged, which fails again, for ever.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  // A bug that one session runs into ends that session; the others, and what they save, go on.
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      logToStderr("error", "uncaught error, please report it", { error: detail });
    });
  }
  process.stdout.write(`croft-server is listening on ${server.url}\n`);
  if (server.metricsUrl !== undefined)
    process.stdout.write(`figures are at ${server.metricsUrl}\n`);
}

async function stop(server: RunningServer, signal: string, drainTime: number): Promise<void> {
  logToStderr("info", "shutting down", { signal });
  const deadline = setTimeout(() => {
    logToStderr("error", "the shutdown takes too long");
    process.exit(1);
  }, drainTime + SHUTDOWN_TIMEOUT);
  try {
    await server.close();
    process.exitCode = 0;
  } catch (error) {
    logToStderr("error", "the shutdown failed", { error: String(error) });
    process.exitCode = 1;
  }
  clearTimeout(deadline);
  // Nothing is left that keeps the process alive, so it ends here.
}

function warn({ secret, anonymousAccess }: ServerOptions): void {
  if (secret !== undefined && Buffer.byteLength(secret) < GOOD_SECRET_BYTES) {
    logToStderr("warn", `the secret is shorter than ${GOOD_SECRET_BYTES} bytes`, {
      hint: "Make one with `openssl rand -base64 32`.",
    });
  }
  if (anonymousAccess) {
    logToStderr("warn", "anonymous access: everybody who reaches the port may read and write");
  }
}
