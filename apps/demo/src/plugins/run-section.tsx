/** Whether a plugin runs: why not, and what a person can do about it. */

import { type ReactNode, useId, useState } from "react";
import { useShell } from "../shell/shell-context.ts";
import { ConsentDialog } from "./consent-dialog.tsx";
import { nameOf, wantsConsent } from "./manager.ts";
import type { SectionProps } from "./plugin-place.tsx";
import { pluginWords } from "./plugin-words.ts";
import { Problem } from "./problem.tsx";
import { useAttempt } from "./use-manager.ts";

/** The section. */
export function RunSection({ entry, installed }: SectionProps): ReactNode {
  const { plugin, status } = entry;
  const { id, record, standing } = plugin;
  const { plugins } = useShell();
  const attempt = useAttempt();
  const [asking, setAsking] = useState(false);
  const label = useId();
  const words = pluginWords(plugin, status?.state);
  const start = words.canStart && (
    <button
      type="button"
      className="button button-small"
      // Why it fails, if it does, is in its state, which is shown here.
      onClick={() => void plugins.host.activate(id).catch(() => undefined)}
    >
      {status?.state.name === "failed" ? "Try again" : "Start it now"}
    </button>
  );
  return (
    <>
      <section className="plugins-section" aria-label="State">
        {words.reason && <Problem error={words.reason}>{start}</Problem>}
        {!words.reason && start && (
          <div className="notice">
            <span>{words.text}.</span>
            {start}
          </div>
        )}
        {standing.name === "waiting" && (
          <p className="notice">
            Its package is on its way from another device, and comes when there is a network.
          </p>
        )}
        {wantsConsent(plugin) && (
          <div className="notice notice-warn">
            <span>
              {standing.name === "unasked"
                ? "It does not run for you until you agree."
                : "Since its update it asks for more than you were asked about."}
            </span>
            <button type="button" className="button button-small" onClick={() => setAsking(true)}>
              See what it asks
            </button>
          </div>
        )}
        <div className="switch-line">
          <span>
            <span id={label}>On</span>
            <span className="soft">
              For everybody in this workspace. Off, it keeps its documents.
            </span>
          </span>
          <button
            type="button"
            role="switch"
            className="switch switch-accent"
            aria-checked={record.enabled}
            aria-labelledby={label}
            onClick={() =>
              attempt(
                installed.setEnabled(id, !record.enabled),
                `${nameOf(plugin)} is ${record.enabled ? "off" : "on"} for everybody.`,
              )
            }
          />
        </div>
      </section>
      {asking && (
        <ConsentDialog installed={installed} plugin={plugin} onClose={() => setAsking(false)} />
      )}
    </>
  );
}
