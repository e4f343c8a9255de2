/** What a plugin said, and what went wrong with it, since this window was opened. */

import type { ReactNode } from "react";
import { useShell } from "../shell/shell-context.ts";
import type { JournalLine } from "./journal.ts";
import type { SectionProps } from "./plugin-place.tsx";
import { useJournal } from "./use-manager.ts";

/** The section. */
export function JournalSection({ entry }: SectionProps): ReactNode {
  const { plugins } = useShell();
  const lines = useJournal(plugins, entry.plugin.id);
  return (
    <section className="plugins-section">
      <h2>Problems and messages</h2>
      {lines.length === 0 ? (
        <p className="soft">None since this window was opened.</p>
      ) : (
        <ol className="journal" aria-label="Problems and messages" tabIndex={0}>
          {lines.toReversed().map((line) => (
            <Line key={line.id} line={line} />
          ))}
        </ol>
      )}
    </section>
  );
}

function Line({ line: { at, kind, text, hint } }: { readonly line: JournalLine }): ReactNode {
  const time = new Date(at);
  const isBad = kind === "problem" || kind === "error";
  return (
    <li data-tone={isBad ? "bad" : undefined}>
      <time dateTime={time.toISOString()}>{time.toLocaleTimeString()}</time>
      <span>
        {isBad && <span className="visually-hidden">Problem: </span>}
        {text}
        {hint !== undefined && <span className="soft"> {hint}</span>}
      </span>
    </li>
  );
}
