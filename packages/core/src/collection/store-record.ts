/** Writes what was checked of a record, and clears what is there of one. */

import type { Writes } from "./check-write.ts";
import type { CollectionDefinition } from "./define-collection.ts";
import type { CollectionDocument, Layers } from "./layers.ts";
import { counterPart } from "./edit-origin.ts";
import { fieldKey, memberPart, partKey, positionPart } from "./layout.ts";
import { positionsAt } from "./list-positions.ts";
import { createItemId } from "./record-id.ts";
import { clearTexts, textRootOf } from "./record-texts.ts";

/** Where records are written. */
export interface RecordPlace {
  readonly document: CollectionDocument;
  readonly definition: CollectionDefinition;
  readonly layers: Layers;
}

/** Writes fields of a record that exists. */
export function storeRecord(
  { document: { doc }, definition, layers }: RecordPlace,
  id: string,
  { values, counters, sets, lists, texts }: Writes,
): void {
  for (const [field, value] of values) {
    layers.put(id, (life) => fieldKey(id, field, life), value);
  }
  const put = (field: string, part: string, value: unknown): void =>
    layers.put(id, (life) => partKey(id, field, part, life), value);
  const part = counterPart(doc);
  for (const [field, amount] of counters) put(field, part, amount);
  for (const [field, members] of sets) {
    for (const member of members) put(field, memberPart(member), true);
  }
  for (const [field, items] of lists) {
    const { inserted } = positionsAt([], 0, items.length);
    for (const [index, value] of items.entries()) {
      const item = createItemId();
      put(field, item, value);
      put(field, positionPart(item), inserted[index]);
    }
  }
  for (const [field, content] of texts) {
    if (content !== "") doc.getText(textRootOf(definition, id, field)).insert(0, content);
  }
}

/** Removes all that is stored of a record. */
export function clearRecord(
  { document: { doc }, definition, layers }: RecordPlace,
  id: string,
): void {
  clearTexts(doc, definition.name, id);
  layers.purge(id);
}
