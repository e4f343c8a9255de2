/** The app could not be opened: why, and the way out. */

import type { CroftError } from "@croft/core";
import type { ReactNode } from "react";
import { Icon } from "./icons.tsx";
import { StoreWayOut } from "./store-way-out.tsx";

/** A page of its own. */
export function StartFailure(props: {
  readonly error: CroftError;
  readonly store: string | undefined;
}): ReactNode {
  const { error, store } = props;
  return (
    <main className="blank blank-page" role="alert">
      <span className="blank-icon">
        <Icon name="warning" />
      </span>
      <h1>Your notes cannot be opened</h1>
      <p>{error.message}</p>
      {error.hint !== undefined && <p>{error.hint}</p>}
      <div className="blank-actions">
        <button type="button" className="button button-primary" onClick={() => location.reload()}>
          Try again
        </button>
        {store !== undefined && <StoreWayOut store={store} />}
      </div>
      <p className="blank-code">{error.code}</p>
    </main>
  );
}
