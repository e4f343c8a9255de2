/** What a person must know about all pages: trouble with this device's store. */

import type { CroftError } from "@croft/core";
import type { ReactNode } from "react";
import { Icon } from "./icons.tsx";
import { StoreWayOut } from "./store-way-out.tsx";

/** Neither keeping a copy nor starting over would help. */
const MENDS_ITSELF: ReadonlySet<string> = new Set(["store/closed", "store/lost"]);

/** Trouble with the store, or with what the server thinks of this device. */
export function ProblemBanner(props: {
  readonly problem: CroftError;
  readonly store: string;
  /** The person has read what was lost. */
  readonly onDismiss: () => void;
}): ReactNode {
  const { problem, store, onDismiss } = props;
  const reload = problem.code === "store/fenced";
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
        {reload && (
          <button type="button" className="button" onClick={() => location.reload()}>
            Reload
          </button>
        )}
        {problem.code === "store/lost" && (
          <button type="button" className="button" onClick={onDismiss}>
            I understand
          </button>
        )}
        {!MENDS_ITSELF.has(problem.code) && !reload && <StoreWayOut store={store} />}
      </div>
    </div>
  );
}
