/** The texts of records: root types of the document, whatever version of the collection made them. */

import * as Y from "yjs";
import { CroftError } from "../errors.ts";
import type { CollectionDefinition } from "./define-collection.ts";
import type { CollectionDocument } from "./layers.ts";
import { textOwner, textRoot } from "./layout.ts";

/** Most texts with content in a document: Yjs gets slower with each root type. */
const MAX_TEXTS = 500;

type Named = Pick<CollectionDefinition, "name" | "fields" | "firstNames">;

/** Any shared type; root types that nobody has typed yet are of no other kind. */
type RootType = ReturnType<Y.Doc["share"]["get"]> & object;

/** The root type of a text. */
export function textRootOf({ name, firstNames }: Named, id: string, field: string): string {
  return textRoot(name, id, firstNames.get(field) ?? field);
}

/** Whether a document has room for texts of a record, which those that are written have already. */
export function hasRoomFor({ doc }: CollectionDocument, roots: Iterable<string>): boolean {
  const texts = new Set(roots);
  for (const root of [...texts]) if (isWritten(doc.share.get(root))) texts.delete(root);
  if (texts.size === 0) return true;
  let written = 0;
  for (const [root, type] of doc.share) if (root.includes("/") && isWritten(type)) written++;
  return written + texts.size <= MAX_TEXTS;
}

/** What who wants another text in a document without room is told. */
export function noRoom({ path }: CollectionDocument): CroftError {
  return new CroftError("input/invalid", `${path} has ${MAX_TEXTS} texts, and no room for more.`, {
    path,
    hint: "Keep long texts in documents of their own, one for each record.",
  });
}

/** The records that have a text with anything in it, whichever fields this program knows. */
export function textOwners(doc: Y.Doc, collection: string): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const [root, type] of doc.share) {
    const id = textOwner(collection, root);
    if (id !== undefined && isWritten(type) && isText(type)) ids.add(id);
  }
  return ids;
}

/** Empties all texts of a record, also those of fields that this program does not know. */
export function clearTexts(doc: Y.Doc, collection: string, id: string): void {
  for (const [root, type] of doc.share) {
    if (textOwner(collection, root) === id && isWritten(type) && isText(type)) empty(doc, type);
  }
}

/** Whether there is anything in a text: others cost nothing. */
function isWritten(type: RootType | undefined): type is RootType {
  return firstOf(type) !== undefined;
}

function firstOf(type: RootType | undefined): Y.Item | undefined {
  for (let item = type?._start; item; item = item.right) if (!item.deleted) return item;
  return undefined;
}

/** The application may have types of its own that are called so. */
function isText(type: RootType): boolean {
  if (type instanceof Y.Text || type instanceof Y.XmlFragment) return true;
  if (type.constructor !== Y.AbstractType) return false;
  const content = firstOf(type)?.content;
  if (content instanceof Y.ContentType) {
    return content.type instanceof Y.XmlFragment || content.type instanceof Y.XmlText;
  }
  return [Y.ContentString, Y.ContentFormat, Y.ContentEmbed].some((kind) => content instanceof kind);
}

/** Whatever it is: `delete` of a text would want to know its kind, which is the declared one's. */
function empty(doc: Y.Doc, type: RootType): void {
  doc.transact((transaction) => {
    for (let item = type._start; item; item = item.right) {
      if (!item.deleted) item.delete(transaction);
    }
    // Yjs remembers where it looked last.
    if (type._searchMarker) type._searchMarker.length = 0;
  });
}
