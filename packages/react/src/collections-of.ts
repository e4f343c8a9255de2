/** The collections of open documents: each is opened once, and ends with its document's handle. */

import type { DocumentHandle } from "@croft/core";
import {
  type Collection,
  type CollectionDefinition,
  openCollection,
  type Shape,
} from "@croft/core/collection";
import * as Y from "yjs";
import { ifOpen } from "./subscribe.ts";

const collections = new WeakMap<DocumentHandle, Map<CollectionDefinition, Collection>>();

/** A collection of a document; the same one each time. Of one that is closed it is empty and disposed of. */
export function collectionOf<S extends Shape>(
  document: DocumentHandle,
  definition: CollectionDefinition<S>,
): Collection<S> {
  let known = collections.get(document);
  if (!known) collections.set(document, (known = new Map<CollectionDefinition, Collection>()));
  const key = definition as unknown as CollectionDefinition;
  const collection = known.get(key) as Collection<S> | undefined;
  if (collection) return collection;
  const opened =
    ifOpen(() => openCollection(document, definition)) ?? emptyCollection(document, definition);
  known.set(key, opened as unknown as Collection);
  return opened;
}

/** The handle of a document is about to be closed: its collections stop listening. */
export function disposeCollections(document: DocumentHandle): void {
  for (const collection of collections.get(document)?.values() ?? []) collection.dispose();
  collections.delete(document);
}

function emptyCollection<S extends Shape>(
  { path, state }: DocumentHandle,
  definition: CollectionDefinition<S>,
): Collection<S> {
  const never = () => () => undefined;
  const doc = new Y.Doc({ guid: path });
  const empty = { path, state, doc, onReset: never, onState: never };
  const collection = openCollection(empty, definition);
  collection.dispose();
  return collection;
}
