/** Says that plugins were left out of this start, which of them failed before and what each did last, and how to go on. */

import { type ReactNode, useCallback, useSyncExternalStore } from "react";
import { hashOfPlugin } from "../app/route.ts";
import { hrefOfSafeMode } from "../app/start-choices.ts";
import { Icon } from "../shell/icons.tsx";
import { useShell } from "../shell/shell-context.ts";
import { inTrouble, troubleInWords } from "./trouble-words.ts";

/** Nothing, unless in safe mode. */
export function SafeBanner(): ReactNode {
  const { plugins } = useShell();
  const { host } = plugins;
  const subscribe = useCallback((listener: () => void) => host.onState(listener), [host]);
  const statuses = useSyncExternalStore(subscribe, () => host.list());
  if (!host.safeMode) return null;
  const failed = inTrouble(statuses);
  return (
    <section className="banner" data-tone="warn" aria-label="Safe mode">
      <Icon name="warning" />
      <div className="banner-text">
        <p>
          <strong>Safe mode: no installed plugin was started.</strong>
        </p>
        {failed.length === 0 && <p>Of those that are here none failed lately.</p>}
        {failed.map(({ id, manifest, trouble }) => (
          <p key={id}>
            <a href={hashOfPlugin(id)}>{manifest.name}</a> {troubleInWords(trouble)}
          </p>
        ))}
        <p>
          On its page you can start a plugin by itself, switch it off, go back to an older version
          or uninstall it. Then start as usual.
        </p>
      </div>
      <div className="banner-actions">
        <a className="button" href={hrefOfSafeMode(false, location)}>
          Start as usual
        </a>
      </div>
    </section>
  );
}
