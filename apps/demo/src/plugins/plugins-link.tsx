/** The way to the plugins, in the sidebar: how many there are, and whether one of them asks. */

import type { ReactNode } from "react";
import { PLUGINS_HASH } from "../app/route.ts";
import { Icon } from "../shell/icons.tsx";
import { useShell } from "../shell/shell-context.ts";
import { wantsConsent } from "./manager.ts";
import { usePlugins } from "./use-manager.ts";

/** The link. */
export function PluginsLink({ isCurrent }: { readonly isCurrent: boolean }): ReactNode {
  const { plugins } = useShell();
  const { entries } = usePlugins(plugins);
  const asking = entries.filter(({ plugin }) => wantsConsent(plugin)).length;
  return (
    <a
      className="page-link plugins-link"
      href={PLUGINS_HASH}
      {...(isCurrent && { "aria-current": "page" as const })}
    >
      <Icon name="plugin" />
      <span className="page-link-title">Plugins</span>
      {asking > 0 ? (
        <span className="plugins-asking">
          {asking} <span>{asking === 1 ? "asks" : "ask"}</span>
        </span>
      ) : (
        entries.length > 0 && (
          <span className="plugins-count">
            {entries.length}
            <span className="visually-hidden"> installed</span>
          </span>
        )
      )}
    </a>
  );
}
