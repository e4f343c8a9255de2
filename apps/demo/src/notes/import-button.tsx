/** Opens a file picker for Markdown and text files. */

import { type ReactNode, useRef } from "react";
import { Icon } from "../shell/icons.tsx";
import { ACCEPTED_FILES } from "./text-file.ts";

/** The button; several files may be picked. */
export function ImportButton(props: {
  readonly disabled: boolean;
  readonly onFiles: (files: readonly File[]) => void;
}): ReactNode {
  const { disabled, onFiles } = props;
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        className="button-icon"
        aria-label="Import files"
        title="Import Markdown or text files"
        disabled={disabled}
        onClick={() => input.current?.click()}
      >
        <Icon name="import" />
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept={ACCEPTED_FILES}
        aria-label="Files to import"
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          event.target.value = ""; // The same file may be picked again.
          if (files.length > 0) onFiles(files);
        }}
      />
    </>
  );
}
