/** The link to the server: how it is, in words, and the switch to work offline. */

import { type ReactNode, useId } from "react";
import { keepOffline } from "../app/offline-choice.ts";
import { linkWords } from "../status/link-words.ts";
import { StatusLine } from "./status-line.tsx";
import { useShell } from "./shell-context.ts";

/** The block at the foot of the sidebar. */
export function Connection(): ReactNode {
  const { workspace, sync } = useShell();
  const words = linkWords(sync);
  const label = useId();
  const paused = sync.name === "paused";
  const toggle = () => {
    keepOffline(sessionStorage, !paused);
    if (paused) workspace.sync.resume();
    else workspace.sync.pause();
  };
  return (
    <section className="connection" aria-label="Connection">
      <StatusLine words={words} label="Connection" />
      {sync.name === "refused" && <p className="connection-reason">{sync.error.message}</p>}
      {words.canRetry && (
        <button
          type="button"
          className="button button-small"
          onClick={() => workspace.sync.retry()}
        >
          Try again now
        </button>
      )}
      {sync.name !== "none" && (
        <div className="switch-row">
          <span id={label}>Work offline</span>
          <button
            type="button"
            role="switch"
            className="switch"
            aria-checked={paused}
            aria-labelledby={label}
            onClick={toggle}
          />
        </div>
      )}
    </section>
  );
}
