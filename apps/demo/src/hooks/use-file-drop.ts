/** Files dropped anywhere on the window. */

import { useEffect, useState } from "react";

/** Whether files are held over the window now; `onFiles` gets them when they are dropped. */
export function useFileDrop(onFiles: (files: readonly File[]) => void, enabled: boolean): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    if (!enabled) return;
    // Entering a child tells before leaving its parent: count.
    let depth = 0;
    const holdsFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
    const set = (next: number) => {
      depth = Math.max(0, next);
      setOver(depth > 0);
    };
    const onEnter = (event: DragEvent) => {
      if (holdsFiles(event)) set(depth + 1);
    };
    const onLeave = (event: DragEvent) => {
      if (holdsFiles(event)) set(depth - 1);
    };
    const onOver = (event: DragEvent) => {
      if (holdsFiles(event)) event.preventDefault();
    };
    const onDrop = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      event.stopPropagation();
      set(0);
      onFiles([...(event.dataTransfer?.files ?? [])]);
    };
    // In the capture phase, before the editor would insert the file's text.
    const capture = { capture: true };
    addEventListener("dragenter", onEnter, capture);
    addEventListener("dragleave", onLeave, capture);
    addEventListener("dragover", onOver, capture);
    addEventListener("drop", onDrop, capture);
    return () => {
      removeEventListener("dragenter", onEnter, capture);
      removeEventListener("dragleave", onLeave, capture);
      removeEventListener("dragover", onOver, capture);
      removeEventListener("drop", onDrop, capture);
      setOver(false);
    };
  }, [onFiles, enabled]);
  return over;
}
