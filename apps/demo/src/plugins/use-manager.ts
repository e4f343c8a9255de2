/** The plugins, for components. */

import { type CroftError, toCroftError } from "@croft/core";
import { fingerprintOf, isPublisherKey } from "@croft/plugin/package";
import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { useShell } from "../shell/shell-context.ts";
import type { JournalLine } from "./journal.ts";
import type { PluginManager, PluginsNow } from "./manager.ts";

/** What is known of the plugins now. */
export function usePlugins({ subscribe, now }: PluginManager): PluginsNow {
  return useSyncExternalStore(subscribe, now);
}

/** The newest lines of a plugin. */
export function useJournal({ journal }: PluginManager, plugin: string): readonly JournalLine[] {
  return useSyncExternalStore(journal.subscribe, () => journal.lines(plugin));
}

/** Does something with a plugin, and tells a person how it went. */
export function useAttempt(): (action: Promise<void>, done?: string) => void {
  const { notify } = useShell();
  return useCallback(
    (action, done) => {
      action.then(
        () => {
          if (done !== undefined) notify({ text: done });
        },
        (error: unknown) => notify({ text: inWords(problemOf(error)), tone: "bad" }),
      );
    },
    [notify],
  );
}

/** A publisher's key as people read it to each other; `undefined` until it is known, or for nobody's. */
export function useFingerprint(publisher: string | undefined): string | undefined {
  const [found, setFound] = useState<{ readonly of: string; readonly fingerprint: string }>();
  useEffect(() => {
    if (!isPublisherKey(publisher)) return;
    let over = false;
    fingerprintOf(publisher).then(
      (fingerprint) => {
        if (!over) setFound({ of: publisher, fingerprint });
      },
      (error: unknown) => console.warn("A key has no fingerprint.", error),
    );
    return () => {
      over = true;
    };
  }, [publisher]);
  return found !== undefined && found.of === publisher ? found.fingerprint : undefined;
}

/** Whatever was thrown, as an error for people. */
export function problemOf(error: unknown): CroftError {
  return toCroftError(error, "plugin/failed", "That did not work");
}

/** An error, and what to do about it. */
export function inWords({ message, hint }: CroftError): string {
  return hint === undefined ? message : `${message} ${hint}`;
}
