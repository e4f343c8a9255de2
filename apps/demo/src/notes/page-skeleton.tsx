/** A page that is being opened. */

import type { ReactNode } from "react";

/** Grey lines where the page will be. */
export function PageSkeleton({ menu }: { readonly menu?: ReactNode }): ReactNode {
  return (
    <div className="page-view" aria-busy="true">
      <header className="bar">
        {menu}
        <p className="status" data-tone="busy">
          <span className="status-dot" aria-hidden="true" />
          <span>Opening…</span>
        </p>
      </header>
      <div className="sheet" aria-hidden="true">
        <div className="skeleton skeleton-title" />
        <div className="skeleton skeleton-text" />
        <div className="skeleton skeleton-text" />
        <div className="skeleton skeleton-text skeleton-short" />
      </div>
    </div>
  );
}
