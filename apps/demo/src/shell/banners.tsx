/** What a person must know about all pages: trouble with this device's store, and refused edits. */

import type { CroftError, QuarantineRecord } from "@croft/core";
import { type ReactNode, useState } from "react";
import { download } from "../app/download.ts";
import { describeRefused } from "../app/refused-edits.ts";
import { Dialog } from "./dialog.tsx";
import { focusMain } from "./focus.ts";
import { Icon } from "./icons.tsx";
import { StoreWayOut } from "./store-way-out.tsx";

/** Trouble with the store, or with what the server thinks of this device. */
export function ProblemBanner(props: {
  readonly problem: CroftError;
  readonly store: string;
}): ReactNode {
  const { problem, store } = props;
  const reload = problem.code === "store/fenced" || problem.code === "store/closed";
  return (
    <div className="banner" data-tone="bad" role="alert">
      <Icon name="warning" />
      <div className="banner-text">
        <p>
          <strong>{problem.message}</strong>
        </p>
        {problem.hint !== undefined && <p>{problem.hint}</p>}
        {reload && <p>What you typed since then is in this window only: export the page first.</p>}
      </div>
      <div className="banner-actions">
        {reload ? (
          <button type="button" className="button" onClick={() => location.reload()}>
            Reload
          </button>
        ) : (
          <StoreWayOut store={store} />
        )}
      </div>
    </div>
  );
}

/** Edits that were refused. */
export function RefusedBanner(props: {
  readonly refused: readonly QuarantineRecord[];
  readonly onDiscard: () => Promise<void>;
}): ReactNode {
  const { refused, onDiscard } = props;
  const [asking, setAsking] = useState(false);
  const [first] = refused;
  if (!first) return null;
  const save = () => download("refused-changes.md", describeRefused(refused), "text/markdown");
  const discard = () => {
    void onDiscard().then(() => {
      setAsking(false);
      focusMain(); // The banner goes, and its button with it.
    });
  };
  return (
    <div className="banner" data-tone="warn" role="alert">
      <Icon name="lock" />
      <div className="banner-text">
        <p>
          <strong>Some of your changes were refused, and are kept on this device.</strong>
        </p>
        <p>The reason: {first.reason}.</p>
      </div>
      <div className="banner-actions">
        <button type="button" className="button" onClick={save}>
          Save them as a file
        </button>
        <button type="button" className="button" onClick={() => setAsking(true)}>
          Discard…
        </button>
      </div>
      {asking && (
        <Dialog title="Discard the refused changes?" onClose={() => setAsking(false)}>
          <p>They are on this device only. Once discarded they cannot be brought back.</p>
          <div className="form-actions">
            <button type="button" className="button" onClick={() => setAsking(false)}>
              Keep them
            </button>
            <button type="button" className="button button-danger" onClick={discard}>
              Discard
            </button>
          </div>
        </Dialog>
      )}
    </div>
  );
}
