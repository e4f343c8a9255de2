/** Errors that say which plugin did what. */

import { CroftError } from "@croft/core";

/** Code of a plugin threw `error`; `where` continues "threw …", as in "in `activate`". */
export function pluginThrew(plugin: string, where: string, error: unknown): CroftError {
  const detail = error instanceof Error ? error.message : String(error);
  return new CroftError("plugin/failed", `${plugin} threw ${where}: ${detail}`, {
    plugin,
    cause: error,
  });
}

/** A plugin took longer than it may; `did` continues "did not …". */
export function pluginLate(plugin: string, did: string, ms: number): CroftError {
  return new CroftError("plugin/failed", `${plugin} did not ${did} within ${ms / 1000} s.`, {
    plugin,
    hint: "What it held was taken back, but its code may still be running.",
  });
}

/** Events for a plugin were dropped, since it took so long to activate. */
export function eventsDropped(plugin: string, count: number): CroftError {
  return new CroftError(
    "plugin/failed",
    `${count} events were dropped while ${plugin} activated.`,
    {
      plugin,
      hint: "Let `activate` return sooner, and begin long work afterwards.",
    },
  );
}
