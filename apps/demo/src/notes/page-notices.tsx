/** What stands where a page would be, when there is none to show. */

import type { ReactNode } from "react";
import { Icon } from "../shell/icons.tsx";

/** No access. */
export function DeniedPage({ menu }: { readonly menu: ReactNode }): ReactNode {
  return (
    <div className="page-view">
      <header className="bar">{menu}</header>
      <section className="blank" role="alert">
        <span className="blank-icon">
          <Icon name="lock" />
        </span>
        <h2>You may not see this page</h2>
        <p>Ask somebody who can to let you in. Nothing that you wrote is lost.</p>
      </section>
    </div>
  );
}

/** The list is empty. */
export function NoPages(props: {
  readonly onCreate: (() => void) | undefined;
  readonly onRestore: (() => void) | undefined;
}): ReactNode {
  const { onCreate, onRestore } = props;
  return (
    <section className="blank">
      <span className="blank-icon">
        <Icon name="page" />
      </span>
      <h2>No pages yet</h2>
      <p>Start one, or drop Markdown and text files anywhere in this window.</p>
      {onCreate && (
        <div className="blank-actions">
          <button type="button" className="button button-primary" onClick={onCreate}>
            New page
          </button>
          {onRestore && (
            <button type="button" className="button" onClick={onRestore}>
              Bring the welcome page back
            </button>
          )}
        </div>
      )}
    </section>
  );
}

/** Somebody took the page off the list while it was open, or the address is an old one. */
export function RemovedNotice(props: { readonly onRestore: (() => void) | undefined }): ReactNode {
  const { onRestore } = props;
  return (
    <div className="notice" role="status">
      <span>This page is not on the list: it was deleted, or has not arrived yet.</span>
      {onRestore && (
        <button type="button" className="button button-small" onClick={onRestore}>
          Put it back
        </button>
      )}
    </div>
  );
}
