/** Refused edits as a file that a person can read: the text that was typed, and the updates themselves. */

import type { QuarantineRecord } from "@croft/core";
import * as Y from "yjs";

/** The file's content. */
export function describeRefused(records: readonly QuarantineRecord[]): string {
  return records.map(describe).join("\n\n");
}

function describe({ path, at, reason, updates }: QuarantineRecord): string {
  const text = updates.map(typedText).join("");
  return [
    `# ${path}`,
    `Refused: ${reason}, ${new Date(at).toLocaleString()}`,
    text === "" ? "(Nothing was typed in it: only formatting, titles or deletions.)" : text,
  ].join("\n\n");
}

/** The characters that an update inserts, in the order they were typed. */
function typedText(update: Uint8Array): string {
  return Y.decodeUpdate(update)
    .structs.flatMap((struct) => (struct instanceof Y.Item ? [struct.content] : []))
    .map((content) => (content instanceof Y.ContentString ? content.str : ""))
    .join("");
}
