/** What a plugin shows, on its own page; or why that is not to be seen. */

import type { PluginState } from "@croft/host";
import { type ReactNode, useState } from "react";
import { useShell } from "../shell/shell-context.ts";
import type { SectionProps } from "./plugin-place.tsx";
import { PluginView } from "./plugin-view.tsx";
import { nameOf } from "./manager.ts";
import { useViews } from "./use-host.ts";

const DOWN: ReadonlySet<PluginState["name"]> = new Set(["failed", "crashed", "suspended"]);

/** The section. */
export function ViewsSection({ entry: { plugin, status } }: SectionProps): ReactNode {
  const { plugins, dock } = useShell();
  const { host } = plugins;
  const all = useViews(host).filter((view) => view.plugin === plugin.id);
  // Why it does not run stands above already, once.
  const isDown = status !== undefined && DOWN.has(status.state.name);
  const here = isDown ? [] : all;
  // What is shown wakes its plugin, but in safe mode: there a person says so first.
  const [isWanted, setWanted] = useState(!host.safeMode);
  const start = () => {
    // Why it does not start, if it does not, the view's own state says.
    host.activate(plugin.id).catch(() => undefined);
    setWanted(true);
  };
  const views = plugin.manifest?.contributes.views ?? [];
  if (views.length === 0) return null;
  return (
    <section className="plugins-section">
      <h2>What it shows</h2>
      {here.length === 0 && (
        <p className="notice" role="status">
          {views.map(({ title }) => title).join(", ")}:{" "}
          {plugin.standing.name === "unasked"
            ? `to be seen once you let ${nameOf(plugin)} run.`
            : "not to be seen while it does not run."}
        </p>
      )}
      {here.length > 0 && !isWanted && (
        <div className="notice">
          <span>To show it starts the plugin, which safe mode leaves to you.</span>
          <button type="button" className="button button-small" onClick={start}>
            Show it
          </button>
        </div>
      )}
      {isWanted &&
        here.map((view) => (
          <article key={view.name} className="view-card" aria-label={view.title}>
            <header className="view-card-head">
              <h3>{view.title}</h3>
              <button
                type="button"
                className="button button-small"
                aria-pressed={dock.name === view.name}
                onClick={() => dock.show(dock.name === view.name ? "" : view.name)}
              >
                {dock.name === view.name ? "Take from beside the notes" : "Put beside the notes"}
              </button>
            </header>
            <PluginView view={view} />
          </article>
        ))}
    </section>
  );
}
