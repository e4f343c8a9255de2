/** The browser's own dialog for one file. */

import { type ReactNode, useCallback, useRef } from "react";

/** How to ask for a file, and what has to be in the page for that. */
export function useFilePicker(): {
  /** `accept` is as a file field is told. Nothing is called when nobody picks anything. */
  readonly pick: (accept: string, onFile: (file: File) => void) => void;
  readonly picker: ReactNode;
} {
  const input = useRef<HTMLInputElement>(null);
  const then = useRef<(file: File) => void>(undefined);
  const pick = useCallback((accept: string, onFile: (file: File) => void) => {
    then.current = onFile;
    if (!input.current) return;
    input.current.accept = accept;
    input.current.click();
  }, []);
  const picker = (
    <input
      ref={input}
      type="file"
      hidden
      aria-label="File for a plugin"
      onChange={(event) => {
        const [file] = event.target.files ?? [];
        if (file) then.current?.(file);
        event.target.value = ""; // The same file may be picked again.
      }}
    />
  );
  return { pick, picker };
}
