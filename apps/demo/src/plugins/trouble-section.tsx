/** What went wrong with a plugin lately: when, why, and what it had done last. */

import type { Mishap, PluginState, TroubleReport } from "@croft/host";
import type { ReactNode } from "react";
import type { SectionProps } from "./plugin-place.tsx";
import { lastInWords } from "./trouble-words.ts";

/** The section; nothing while all is well. */
export function TroubleSection({ entry: { status } }: SectionProps): ReactNode {
  const report = status?.trouble;
  if (!status || !report || report.mishaps.length === 0) return null;
  const { kind, mishaps } = report;
  return (
    <section className="plugins-section">
      <h2>{kind === "crash" ? "Its crashes" : "Starts that failed"}</h2>
      <p className="soft" role="status">
        {whatNow(status.state, report)}
      </p>
      <ol className="journal" aria-label="What happened" tabIndex={0}>
        {mishaps.toReversed().map((mishap) => (
          <MishapLine key={`${mishap.at} ${mishap.reason}`} mishap={mishap} />
        ))}
      </ol>
    </section>
  );
}

function MishapLine({ mishap: { at, reason, last } }: { readonly mishap: Mishap }): ReactNode {
  const time = new Date(at);
  return (
    <li>
      <time dateTime={time.toISOString()}>{time.toLocaleTimeString()}</time>
      <span>
        {reason}
        <span className="mishap-last soft">{lastInWords(last)}</span>
      </span>
    </li>
  );
}

function whatNow(state: PluginState, { kind, limit }: TroubleReport): string {
  if (state.name === "suspended") {
    return "It is not started by itself any more. Start it when you know why, install another version, or go back to the one before.";
  }
  const often = kind === "crash" ? `${limit} within a short time` : `${limit} in a row`;
  const rest = `After ${often} it is not started by itself any more.`;
  if (state.name !== "crashed") return rest;
  return `It is started again at ${new Date(state.restartAt).toLocaleTimeString()}. ${rest}`;
}
