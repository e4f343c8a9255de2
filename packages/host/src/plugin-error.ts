/** Errors that say which plugin did what. */

import { CroftError, toCroftError } from "@croft/core";
import type { TroubleReport } from "./trouble-report.ts";

/** What to do when there is no plugin of an id. */
export const UNKNOWN_HINT =
  "Register it first; it may have been unregistered, or its id be another one.";

/** What to do about a plugin that does not do as it should. */
const AUTHORS_HINT = "Update it if there is a newer version, or tell its author of this.";

/** Code of a plugin threw `error`; `where` continues "threw …", as in "in `activate`". */
export function pluginThrew(plugin: string, where: string, error: unknown): CroftError {
  const detail = error instanceof Error ? error.message : String(error);
  return new CroftError("plugin/failed", `${plugin} threw ${where}: ${detail}`, {
    plugin,
    hint: AUTHORS_HINT,
    cause: error,
  });
}

/** What went wrong with a plugin, whoever threw it; `did` continues its id, as in "cannot be loaded". */
export function pluginTrouble(plugin: string, did: string, thrown: unknown): CroftError {
  if (thrown instanceof CroftError && thrown.plugin === plugin) return thrown;
  const { code, message, hint } = toCroftError(thrown, "plugin/failed", `${plugin} ${did}`);
  return new CroftError(code, message, { plugin, hint, cause: thrown });
}

/** A plugin took longer than it may; `did` continues "did not …". */
export function pluginLate(plugin: string, did: string, ms: number): CroftError {
  return new CroftError("plugin/failed", `${plugin} did not ${did} within ${ms / 1000} s.`, {
    plugin,
    hint: "What it held was taken back, but its code may still be running.",
  });
}

/** What a plugin is to find when it is activated was not there in time: it was not even called. */
export function hostLate(plugin: string, ms: number): CroftError {
  const message = `${plugin} was not activated: its settings could not be read within ${ms / 1000} s.`;
  return new CroftError("store/failed", message, {
    plugin,
    hint: "Nothing is wrong with the plugin. Activate it again when this device answers faster.",
  });
}

/** What a plugin is to find when it is activated cannot be had: it was not even called. */
export function pluginUnprepared(plugin: string, thrown: unknown): CroftError {
  const { code, message } = toCroftError(thrown, "store/failed", "Its settings cannot be read");
  return new CroftError(code, `${plugin} was not activated. ${message}`, {
    plugin,
    cause: thrown,
    hint: "Nothing is wrong with the plugin. Activate it again once that is mended.",
  });
}

/** A plugin takes more than it may, and is warned of or slowed down. */
export function overBudget(plugin: string, message: string, slowed: boolean): CroftError {
  const what = slowed ? `${message} It is slowed down.` : message;
  return new CroftError("plugin/budget", what, {
    plugin,
    hint: "`host.monitor.report()` names what it was doing.",
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

/** A plugin died before it was active. */
export function pluginDied(plugin: string, error: unknown): CroftError {
  const detail = error instanceof Error ? error.message : String(error);
  return new CroftError("plugin/failed", `${plugin} died in \`activate\`: ${detail}`, {
    plugin,
    hint: AUTHORS_HINT,
    cause: error,
  });
}

/** A plugin died while it was active. */
export function pluginCrashed(plugin: string, error: unknown): CroftError {
  const detail = error instanceof Error ? error.message : String(error);
  return new CroftError("plugin/crashed", `${plugin} crashed: ${detail}`, {
    plugin,
    hint: "It is started again by itself. If it crashes again and again, update it or tell its author.",
    cause: error,
  });
}

/** A plugin is not started by itself any more. */
export function pluginSuspended(
  plugin: string,
  { kind, mishaps }: TroubleReport,
  cause: CroftError | undefined,
): CroftError {
  if (kind === "budget") {
    const why = mishaps.map(({ reason }) => reason).join(" ");
    return new CroftError("plugin/suspended", `${plugin} takes too much and is suspended: ${why}`, {
      plugin,
      cause,
      hint: "Activate it to try again, or update, switch off or uninstall it.",
    });
  }
  const what = kind === "crash" ? "crashed" : "failed to start";
  const times = mishaps.length === 1 ? "once" : `${mishaps.length} times`;
  const latest = mishaps.at(-1);
  const why = latest ? `: ${latest.reason}` : ".";
  const before = latest?.last ? ` The last thing that it did: it ${latest.last.what}.` : "";
  return new CroftError(
    "plugin/suspended",
    `${plugin} ${what} ${times} and is suspended${why}${before}`,
    { plugin, cause, hint: "Activate it to try again, or update, switch off or uninstall it." },
  );
}
