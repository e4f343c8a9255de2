/** The texts of records: root types of the document, whatever version of the collection made them. */

import type * as Y from "yjs";
import { CroftError } from "../errors.ts";
import type { CollectionDefinition } from "./define-collection.ts";
import type { CollectionDocument } from "./layers.ts";
import { textRoot } from "./layout.ts";

/** Most texts with content in a document: Yjs gets slower with each root type. */
const MAX_TEXTS = 500;

type Named = Pick<CollectionDefinition, "name" | "fields" | "firstNames">;

/** The root type of a text. @throws CroftError `input/invalid` when the document has no room for one more. */
export function textRootFor(
  { doc, path }: CollectionDocument,
  definition: Named,
  id: string,
  field: string,
): string {
  const root = rootOf(definition, id, field);
  if (isWritten(doc.share.get(root))) return root;
  let texts = 0;
  for (const [name, type] of doc.share) if (name.includes("/") && isWritten(type)) texts++;
  if (texts < MAX_TEXTS) return root;
  throw new CroftError("input/invalid", `${path} has ${MAX_TEXTS} texts, and no room for more.`, {
    path,
    hint: "Keep long texts in documents of their own, one for each record.",
  });
}

/** Whether there is anything in a text: others cost nothing. */
function isWritten(type: { readonly _start: Y.Item | null } | undefined): boolean {
  for (let item = type?._start; item; item = item.right) if (!item.deleted) return true;
  return false;
}

/** Empties the texts of a record. */
export function clearTexts(doc: Y.Doc, definition: Named, id: string): void {
  for (const [field, { kind }] of definition.fields) {
    const root = rootOf(definition, id, field);
    if (!doc.share.has(root)) continue;
    if (kind === "text") doc.getText(root).delete(0, doc.getText(root).length);
    else if (kind === "rich-text") {
      const fragment = doc.getXmlFragment(root);
      fragment.delete(0, fragment.length);
    }
  }
}

function rootOf({ name, firstNames }: Named, id: string, field: string): string {
  return textRoot(name, id, firstNames.get(field) ?? field);
}
