/** A status in words, with a dot that says the same in colour. */

import type { ReactNode } from "react";
import { useCalm } from "../hooks/use-calm.ts";
import type { Words } from "../status/save-words.ts";

/** The line; what changes is told to screen readers, but not each keystroke. */
export function StatusLine(props: { readonly words: Words; readonly label: string }): ReactNode {
  const { text, tone } = useCalm(props.words);
  return (
    <p className="status" data-tone={tone} role="status" aria-label={props.label}>
      <span className="status-dot" aria-hidden="true" />
      <span>{text}</span>
    </p>
  );
}
