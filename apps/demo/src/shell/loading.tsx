/** The app before its store is open. Usually seen for a blink, so it says something only after a while. */

import type { ReactNode } from "react";
import { Mark } from "./icons.tsx";

/** A quiet mark in the middle. */
export function Loading(): ReactNode {
  return (
    <div className="loading" role="status" aria-label="Opening your notes">
      <Mark />
      <p>Opening your notes…</p>
    </div>
  );
}
