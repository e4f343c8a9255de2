/**
 * Realms of their own for plugins in Node: a process each, without files, further processes, workers or addons, with a limit of
 * its memory, and ended when it loops. Node does not take the network away, and lets a process send signals to others
 * of the same user: so this keeps accidents of plugins that you trust from the application, and is no boundary against hostile
 * ones. For those put the whole application where the operating system fences it: another user, a container without a network.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { CroftError } from "@croft/core";
import type { Plugin } from "@croft/plugin";
import type { PluginPackage } from "@croft/plugin/package";
import type { LoaderContext } from "../installed/installed-plugins.ts";
import { createRemotePlugin, type Realm } from "../remote/remote-plugin.ts";

/** Options of {@link createForkedLoader}. */
export interface ForkedOptions {
  /** How much memory a plugin's JavaScript may take, in MiB. Default 128. */
  readonly memory?: number | undefined;
}

// In the process: takes the module, serves it at one end of a channel, and passes on what comes at the other.
const BOOT = `
process.once("message", (code) => {
  const { port1, port2 } = new MessageChannel();
  port1.on("message", (message) => process.send(message));
  process.on("message", (message) => port1.postMessage(message));
  process.on("disconnect", () => process.exit());
  import("data:text/javascript;base64," + code).then(({ default: plugin, servePlugin }) => {
    if (!plugin || !servePlugin) throw new Error("the module serves no plugin: pack it with croft-plugin");
    servePlugin(plugin, port2);
  }).catch((error) => {
    process.send({ code: 1001, reason: String(error?.message ?? error).slice(0, 100) });
  });
});
`;

/**
 * Makes a loader for {@link followInstalled} and {@link followDevelopment} that runs each plugin in a process of its own: without
 * files, further processes, workers or addons, and ended when it loops. That keeps accidents of plugins that you trust from the
 * application, and is no boundary against hostile ones: Node takes neither the network away nor the right to send signals.
 *
 * @throws CroftError `input/invalid` for a limit that is none.
 * @example
 * ```ts
 * const host = createPluginHost({ workspace });
 * const load = createForkedLoader({ memory: 256 });
 * const installed = await followInstalled({ workspace, host, load });
 * ```
 */
export function createForkedLoader({ memory = 128 }: ForkedOptions = {}): (
  found: PluginPackage,
  context: LoaderContext,
) => Promise<Plugin> {
  if (!Number.isInteger(memory) || memory < 16) {
    throw new CroftError("input/invalid", `${memory} is no limit of memory.`, {
      hint: "Write whole MiB, 16 or more.",
    });
  }
  return async ({ manifest, files }, context) => {
    const code = Buffer.from(files.get(manifest.entry) ?? []).toString("base64");
    const openRealm = async (): Promise<Realm> => openProcess(code, memory);
    // Nobody else is at the pipe between the two processes.
    return createRemotePlugin({ manifest, ...context, openRealm, sealed: false, heartbeat: true });
  };
}

function openProcess(code: string, memory: number): Realm {
  const flags = [
    "--permission",
    "--disallow-code-generation-from-strings",
    `--max-old-space-size=${memory}`,
    "--no-warnings",
    "--input-type=module",
  ];
  const child = spawn(process.execPath, [...flags, "--eval", BOOT], {
    // Nothing of the application's surroundings: secrets are in there.
    env: {},
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    serialization: "advanced",
  });
  const { port1, port2 } = new MessageChannel();
  let complaint = "";
  child.stderr?.on(
    "data",
    (chunk: Buffer) => (complaint = (complaint + String(chunk)).slice(-4096)),
  );
  const gone = (reason: string): void => {
    // As if the other side had closed: the plugin is gone.
    port2.postMessage({ code: 1001, reason: reason.slice(0, 100) });
  };
  child.on("message", (message) => port2.postMessage(message));
  child.once("error", (error) => gone(error.message));
  child.once("exit", (status, signal) => gone(describeExit(status, signal, complaint)));
  port2.addEventListener("message", ({ data }: MessageEvent<unknown>) => send(child, data));
  port2.start();
  send(child, code);
  return {
    port: port1,
    close() {
      child.removeAllListeners("exit");
      child.kill("SIGKILL");
      port1.close();
      port2.close();
    },
  };
}

function send(child: ChildProcess, message: unknown): void {
  // What cannot be sent any more is told by the process's end.
  if (child.connected) child.send(message as Parameters<ChildProcess["send"]>[0], () => undefined);
}

function describeExit(status: number | null, signal: string | null, complaint: string): string {
  if (complaint.includes("heap out of memory")) return "its process ran out of memory";
  return signal === null ? `its process ended with ${status}` : `its process ended by ${signal}`;
}
