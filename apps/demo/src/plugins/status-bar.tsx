/** Short texts that plugins show, at the foot of the window. */

import type { ReactNode } from "react";
import { useShell } from "../shell/shell-context.ts";
import { useCommands, useStatusItems } from "./use-host.ts";
import { useRunCommand } from "./use-run-command.ts";

/** The bar; nothing while no plugin shows anything. */
export function StatusBar(): ReactNode {
  const { plugins } = useShell();
  const items = useStatusItems(plugins.host);
  const commands = useCommands(plugins.host);
  const run = useRunCommand();
  if (items.length === 0) return null;
  return (
    <section className="status-bar" aria-label="Status of plugins">
      <ul>
        {items.map(({ name, title, text, tooltip, command }) => {
          const runs = commands.find((each) => each.name === command);
          const shown = (
            <>
              <span className="visually-hidden">{title}: </span>
              {text}
            </>
          );
          return (
            <li key={name}>
              {runs ? (
                <button
                  type="button"
                  title={tooltip ?? runs.title}
                  disabled={!runs.enabled}
                  onClick={() => run(runs.name, runs.title)}
                >
                  {shown}
                </button>
              ) : (
                <span title={tooltip}>{shown}</span>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
