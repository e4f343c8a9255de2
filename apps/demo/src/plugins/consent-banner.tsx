/** Says that somebody installed something, or that an update asks for more, until a person looked at it. */

import { type ReactNode, useState } from "react";
import type { Place } from "../app/route.ts";
import { nameOfGuest } from "../people/guest.ts";
import { Icon } from "../shell/icons.tsx";
import { useShell } from "../shell/shell-context.ts";
import { ConsentDialog } from "./consent-dialog.tsx";
import { nameOf, wantsConsent } from "./manager.ts";
import { usePlugins } from "./use-manager.ts";

/** Nothing, while nobody asks. One plugin at a time; on its own page a plugin asks there. */
export function ConsentBanner({ place }: { readonly place: Place }): ReactNode {
  const { plugins, workspace } = useShell();
  const { entries, installed } = usePlugins(plugins);
  /** What this person does not want to be asked about again in this window, by package. */
  const [later, setLater] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState<string>();
  const shown = place.name === "plugin" ? place.id : undefined;
  const waiting = entries
    .map(({ plugin }) => plugin)
    .filter((plugin) => wantsConsent(plugin) && plugin.id !== shown)
    .filter((plugin) => !later.has(plugin.package?.hash ?? ""));
  const plugin = waiting.find(({ id }) => id === asking) ?? waiting[0];
  if (!plugin || !installed) return null;
  const name = nameOf(plugin);
  const hash = plugin.package?.hash ?? "";
  const by = nameOfGuest(plugin.record.installedBy, workspace.user);
  return (
    <>
      <section className="banner" data-tone="ask" aria-label="A plugin asks">
        <Icon name="plugin" />
        <div className="banner-text" role="status">
          <p>
            <strong>
              {plugin.standing.name === "unasked"
                ? `${name} was installed by ${by}.`
                : `${name} was updated, and asks for more.`}
            </strong>
          </p>
          <p>
            {plugin.standing.name === "unasked"
              ? "It does not run for you until you agree."
              : "It runs with what you allowed before."}
          </p>
        </div>
        <div className="banner-actions">
          <button
            type="button"
            className="button"
            onClick={() => setLater(new Set([...later, hash]))}
          >
            Not now
          </button>
          <button
            type="button"
            className="button button-primary"
            onClick={() => setAsking(plugin.id)}
          >
            See what it asks
          </button>
        </div>
      </section>
      {asking === plugin.id && (
        <ConsentDialog
          key={hash}
          installed={installed}
          plugin={plugin}
          onClose={() => setAsking(undefined)}
        />
      )}
    </>
  );
}
