/** What a plugin that runs elsewhere logs: its end, and its host's. */

import * as z from "zod";
import type { PluginLog } from "../context.ts";
import type { LogLevel } from "./activation.ts";
import type { Calls } from "./calls.ts";
import { failureOf, failureSchema } from "./failure.ts";

const entry = z.strictObject({
  level: z.enum(["debug", "info", "warn", "error"]),
  message: z.string(),
  data: z.unknown(),
});
const thrown = z.strictObject({ where: z.string(), failure: failureSchema });

/** Takes what a plugin at the other end logs, and what it threw where nobody waits. */
export function serveLog(calls: Calls, log: PluginLog): void {
  calls.hear("log/entry", entry, ({ level, message, data }) => log[level](message, data));
  calls.hear("log/threw", thrown, ({ where, failure }) => {
    log.error(`threw ${where}: ${failure.message}`, failure.stack);
  });
}

/** Sends an entry to the host. */
export function sendLog(calls: Calls, level: LogLevel, message: string, data: unknown): void {
  calls.tell("log/entry", { level, message, data: plain(data) });
}

/** Tells the host of what was thrown; `where` continues "threw …". */
export function sendThrown(calls: Calls, error: unknown, where: string): void {
  calls.tell("log/threw", { where, failure: failureOf(error) });
}

/** What can be copied of what was logged. */
function plain(data: unknown): unknown {
  if (data instanceof Error) return failureOf(data);
  try {
    return structuredClone(data);
  } catch {
    return String(data);
  }
}
