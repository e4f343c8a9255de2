/** Typed records in documents. */

export { Collection, openCollection } from "./collection.ts";
export {
  type CollectionDefinition,
  type CollectionOptions,
  type CounterKeys,
  defineCollection,
  type InsertOf,
  type ListItem,
  type ListKeys,
  type MemberOf,
  type OrderKeys,
  type RecordOf,
  type RichTextKeys,
  type SetKeys,
  type Shape,
  type TextKeys,
  type UpdateOf,
  type WhereOf,
} from "./define-collection.ts";
export { COLLECTION_EDIT } from "./edit-origin.ts";
export {
  counter,
  type CounterField,
  type FieldKind,
  list,
  type ListField,
  ref,
  richText,
  type RichTextField,
  set,
  type SetField,
  type SetMember,
  text,
  type TextField,
} from "./field.ts";
export type { CounterView, ListView, SetView } from "./field-view.ts";
export type { CollectionChange } from "./document-records.ts";
export type { CollectionDocument } from "./layers.ts";
export type { LiveQuery, OrderBy, QueryOptions } from "./live-query.ts";
export type { InvalidRecord } from "./read-record.ts";
export { createRecordId, recordIdFrom } from "./record-id.ts";
export { RecordError, type RecordIssue } from "./record-error.ts";
export type { PlainFields, Step } from "./upcast.ts";
export { transact } from "./transact.ts";
export { createUndo, type Undo, type UndoOptions } from "./undo.ts";
