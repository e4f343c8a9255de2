/** Has a loader make a plugin of a package, and does not wait for it for ever: all that is installed waits behind it. */

import { type Clock, CroftError } from "@croft/core";
import { unlessAborted } from "../abort.ts";
import type { LoadPlugin } from "./installed-plugins.ts";

/** How long that may take, in milliseconds. */
const PATIENCE = 30_000;

/**
 * Makes of a loader one that rejects when it takes too long, and when the following or the context's own signal is aborted.
 * The loader is told by the signal in its context; what it returns later is dropped.
 */
export function loadInTime(
  load: LoadPlugin,
  clock: Pick<Clock, "delay">,
  following: AbortSignal,
): LoadPlugin {
  return async (found, context) => {
    const { id, version } = found.manifest;
    const late = new AbortController();
    const signal = AbortSignal.any([following, late.signal, context.signal ?? following]);
    signal.throwIfAborted();
    const cancel = clock.delay(PATIENCE, () => late.abort(tooLate(id, version)));
    try {
      return await unlessAborted(load(found, { ...context, signal }), signal);
    } finally {
      cancel();
    }
  };
}

function tooLate(plugin: string, version: string): CroftError {
  return new CroftError(
    "plugin/timeout",
    `${plugin} ${version} was not loaded within ${PATIENCE / 1000} s.`,
    { plugin, hint: "It is tried again when the application starts anew." },
  );
}
