/** Plugins that do not run though they should, with the reason and another try. */

import type { PluginHost, PluginStatus } from "@croft/host";
import { type ReactNode, useCallback, useSyncExternalStore } from "react";
import { hashOfPlugin } from "../app/route.ts";
import { usePlugins } from "../plugins/use-manager.ts";
import { useShell } from "./shell-context.ts";

/** Nothing, while all is well. */
export function PluginFailures({ host }: { readonly host: PluginHost }): ReactNode {
  const { entries } = usePlugins(useShell().plugins);
  const again = (id: string) => {
    // Why it fails this time is in its state, which is shown here.
    host.activate(id).catch(() => undefined);
  };
  const subscribe = useCallback((listener: () => void) => host.onState(listener), [host]);
  return useSyncExternalStore(subscribe, () => host.list()).map(({ id, manifest, state }) => {
    const why = failureIn(state);
    return why === undefined ? null : (
      <section key={id} className="panel" aria-label={manifest.name}>
        <h2>{manifest.name} does not run</h2>
        <p className="panel-note">{why}</p>
        <div className="panel-actions">
          <button type="button" className="button button-small" onClick={() => again(id)}>
            Try again
          </button>
          {entries.some(({ plugin }) => plugin.id === id) && (
            <a className="button button-small" href={hashOfPlugin(id)}>
              What happened
            </a>
          )}
        </div>
      </section>
    );
  });
}

function failureIn(state: PluginStatus["state"]): string | undefined {
  switch (state.name) {
    case "failed":
    case "suspended":
      return state.error.message;
    case "crashed":
      return `${state.error.message} It is started again soon.`;
    default:
      return undefined;
  }
}
