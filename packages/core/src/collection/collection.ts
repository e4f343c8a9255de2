/** A collection in one document: its records, read and changed as plain data. */

import { equalityDeep } from "lib0/function";
import type * as Y from "yjs";
import { allows } from "../access/access.ts";
import { createEmitter, type Emitter, type Unsubscribe } from "../emitter.ts";
import { CroftError } from "../errors.ts";
import { type InvalidRecord, readRecord, type ReadRecord } from "./read-record.ts";
import type {
  CollectionDefinition,
  CounterKeys,
  InsertOf,
  ListKeys,
  MemberOf,
  OrderKeys,
  RecordOf,
  RichTextKeys,
  SetKeys,
  Shape,
  TextKeys,
  UpdateOf,
  WhereOf,
} from "./define-collection.ts";
import { COLLECTION_EDIT, counterPart } from "./edit-origin.ts";
import { FieldIndex, isIndexKey } from "./field-index.ts";
import { createLiveQuery, type LiveQuery, type QueryOptions } from "./live-query.ts";
import type { SetMember } from "./field.ts";
import { CounterView, type FieldParts, ListView, SetView } from "./field-view.ts";
import { checkInsert, checkItem, checkUpdate } from "./check-write.ts";
import type { CollectionChange } from "./document-records.ts";
import { type CollectionDocument, Layers } from "./layers.ts";
import { isRecordId, partKey, recordKey } from "./layout.ts";
import { Leftovers } from "./leftovers.ts";
import { createLife, createRecordId } from "./record-id.ts";
import { plainFields } from "./upcast.ts";
import { describeIssues, RecordError, type RecordIssue } from "./record-error.ts";
import type { StoredRecord } from "./record-table.ts";
import { hasRoomFor, noRoom, textRootOf } from "./record-texts.ts";
import { clearRecord, type RecordPlace, storeRecord } from "./store-record.ts";

/** A collection in one document: its records, read and changed as plain data. Made by {@link openCollection}. */
export class Collection<S extends Shape = Shape> {
  readonly definition: CollectionDefinition<S>;
  readonly #document: CollectionDocument;
  readonly #changes: Emitter<CollectionChange> = createEmitter();
  /** Queries hear first: whoever hears of a change finds them true. */
  readonly #queries: Emitter<Pick<CollectionChange, "ids">> = createEmitter();
  readonly #read = new Map<string, ReadRecord>();
  /** Records as they were read before something about them was written. */
  readonly #former = new Map<string, ReadRecord>();
  /** Of fields that a query looked up. */
  readonly #indexes = new Map<string, FieldIndex>();
  /** Records that are others than the indexes know. */
  readonly #unindexed = new Set<string>();
  readonly #layers: Layers;
  readonly #leftovers: Leftovers;
  readonly #place: RecordPlace;

  /**
   * For {@link openCollection}.
   *
   * @internal
   */
  constructor(document: CollectionDocument, definition: CollectionDefinition<S>) {
    this.definition = definition;
    this.#document = document;
    this.#layers = new Layers(document, definition, {
      touched: (id) => this.#touch(id),
      restored: (ids) => this.#queries.emit({ ids }),
      changed: (change) => {
        this.#queries.emit(change);
        this.#changes.emit(change);
      },
    });
    this.#place = { document, definition, layers: this.#layers };
    this.#leftovers = new Leftovers(document, definition.name, this.#layers);
  }

  /** The doc path of the document. */
  get path(): string {
    return this.#document.path;
  }

  /**
   * Whether a newer version of the collection was written here than this program knows: it shows what it
   * understands, and refuses to write with `collection/outdated`.
   */
  get isOutdated(): boolean {
    return this.#layers.newest > this.definition.version;
  }

  /** A record; nothing if there is none, or if it does not fit: see {@link Collection.invalid}. */
  get(id: string): RecordOf<S> | undefined {
    const read = this.#reading(id);
    return read?.invalid ? undefined : (read?.record as RecordOf<S> | undefined);
  }

  /** Whether a record exists, fitting or not. */
  has(id: string): boolean {
    return this.#layers.get(id)?.exists === true;
  }

  /** All records that fit, ordered by id. */
  all(): readonly RecordOf<S>[] {
    return this.#ids().flatMap((id) => this.get(id) ?? []);
  }

  /** Records that do not fit the schema, ordered by id: kept as they are, until somebody mends them. */
  get invalid(): readonly InvalidRecord[] {
    return this.#ids().flatMap((id) => this.#reading(id)?.invalid ?? []);
  }

  /**
   * A query that stays true: rows that are filtered, sorted and limited. What a change costs depends on the
   * change.
   *
   * @example
   * ```ts
   * const tasks = openCollection(
   *   workspace.open("board/main"),
   *   defineCollection("tasks", { title: z.string(), done: z.boolean() }, { indexes: ["done"] }),
   * );
   * const open = tasks.query({ where: { done: false }, orderBy: "title", limit: 20 });
   * open.onChange(() => console.log(open.rows, `of ${open.count}`));
   * ```
   */
  query(options: QueryOptions<RecordOf<S>, OrderKeys<S>, WhereOf<S>> = {}): LiveQuery<RecordOf<S>> {
    const where = Object.entries(options.where ?? {});
    return createLiveQuery(
      {
        get: (id) => this.get(id),
        candidates: () => this.#candidates(where),
        fits: (record) =>
          where.every(([field, value]) => equalityDeep(fieldOf(record, field), value)),
        onChange: (listener) => this.#queries.on(listener),
      },
      options,
    );
  }

  /** Hears which records changed, once for each transaction; nothing of what was taken back in it. */
  onChange(listener: (change: CollectionChange) => void): Unsubscribe {
    return this.#changes.on(listener);
  }

  /**
   * Makes a record and returns it. Under the id of one that was deleted it is another one: what somebody still
   * wrote to the former one does not count in it.
   *
   * @throws RecordError `record/invalid` when it does not fit, `record/duplicate` when its id is taken;
   * CroftError `input/invalid` when the document has no room for its texts, `access/denied` when it may not be
   * changed, `collection/outdated` when a newer version of the collection was written. Nothing is written then.
   */
  insert(input: InsertOf<S>): RecordOf<S> {
    const { id: wanted, ...fields } = input as Readonly<Record<string, unknown>>;
    const id = wanted === undefined ? createRecordId() : wanted;
    if (typeof id !== "string" || !isRecordId(id)) {
      const issue = { path: ["id"], message: "1 to 128 characters without a slash are wanted" };
      throw this.#refused("record/invalid", String(id), [issue]);
    }
    const writes = checkInsert(this.definition, fields);
    if (writes.issues) throw this.#refused("record/invalid", id, writes.issues);
    if (this.has(id)) throw this.#refused("record/duplicate", id);
    // All is written, or nothing.
    this.#mayWrite();
    this.#mustHaveRoom(id, ...[...writes.texts].flatMap(([field, of]) => (of === "" ? [] : field)));
    this.#edit(() => {
      clearRecord(this.#place, id);
      // Nobody has used an id that was drawn just now.
      this.#layers.create(id, wanted === undefined ? "" : createLife());
      storeRecord(this.#place, id, writes);
    });
    return this.#mustRead(id);
  }

  /**
   * Changes plain fields of a record, and returns it. Fields that have the value already are not written.
   *
   * @throws RecordError `record/invalid` when a field does not fit, `record/missing` when there is no such
   * record; CroftError `access/denied` when the document may not be changed, `collection/outdated` when a newer
   * version of the collection was written.
   */
  update(id: string, changes: UpdateOf<S>): RecordOf<S> {
    const stored = this.#existing(id);
    let writes = checkUpdate(this.definition, stored, changes);
    if (writes.issues) throw this.#refused("record/invalid", id, writes.issues);
    if (this.#reading(id)?.invalid) {
      // It is mended whole, or not at all.
      const values = new Map([...stored.values, ...writes.values]);
      const { invalid } = readRecord(this.definition, id, { ...stored, values, issues: [] });
      if (invalid) throw this.#refused("record/invalid", id, invalid.issues);
      if (stored.issues) {
        const fields = plainFields(this.definition.fields);
        const whole = new Map(fields.map((field) => [field, values.get(field)] as const));
        writes = { ...writes, values: whole };
      }
    }
    if (writes.values.size > 0 || stored.issues) {
      this.#edit(() => {
        // With its own key this version has all of it.
        if (stored.issues) this.#layers.put(id, (life) => recordKey(id, life), true);
        storeRecord(this.#place, id, writes);
      });
    } else this.#mayWrite();
    return this.#mustRead(id);
  }

  /**
   * Deletes a record; returns whether there was one. What others change of it meanwhile is gone with it.
   *
   * @throws CroftError `access/denied` when the document may not be changed, `collection/outdated` when a newer
   * version of the collection was written.
   */
  delete(id: string): boolean {
    this.#mayWrite();
    if (!this.has(id)) return false;
    this.#edit(() => clearRecord(this.#place, id));
    return true;
  }

  /**
   * Removes what others wrote to records while somebody deleted them, which is hidden and takes room, also what
   * they typed into texts; returns of how many records. It is done unasked with the first change that is made in a
   * document that is open, once. It is no step to undo; who undoes a deletion gets back what was deleted, and not
   * what was swept.
   *
   * @throws CroftError `access/denied` when the document may not be changed, `collection/outdated` when a newer
   * version of the collection was written.
   */
  sweep(): number {
    this.#mayWrite();
    const ids = this.#leftovers.find();
    this.#leftovers.remove(ids);
    return ids.length;
  }

  /** A counter of a record. @throws RecordError `record/missing` when there is no such record. */
  counter(id: string, field: CounterKeys<S>): CounterView {
    return new CounterView(this.#part(id, field, "counter"));
  }

  /** A set of a record. @throws RecordError `record/missing` when there is no such record. */
  set<K extends SetKeys<S>>(id: string, field: K): SetView<MemberOf<S, K> & SetMember> {
    return new SetView(this.#part(id, field, "set"));
  }

  /** A list of a record. @throws RecordError `record/missing` when there is no such record. */
  list<K extends ListKeys<S>>(id: string, field: K): ListView<MemberOf<S, K>> {
    return new ListView(this.#part(id, field, "list"));
  }

  /**
   * A text of a record, to bind an editor to. It is another object after the document was built anew.
   *
   * @throws RecordError `record/missing` when there is no such record; CroftError `input/invalid` when the
   * document has 500 texts already, `disposed` when its handle was closed.
   */
  text(id: string, field: TextKeys<S>): Y.Text {
    this.#existing(id);
    this.#mustHaveRoom(id, field);
    return this.#document.doc.getText(textRootOf(this.definition, id, field));
  }

  /** As {@link Collection.text}, for formatted text. */
  richText(id: string, field: RichTextKeys<S>): Y.XmlFragment {
    this.#existing(id);
    this.#mustHaveRoom(id, field);
    return this.#document.doc.getXmlFragment(textRootOf(this.definition, id, field));
  }

  /**
   * Stops listening to the document, which stays open. What is read from now on is what was there last, nothing is
   * told any more, and writes throw `disposed`; the same is so once the document's handle was closed. Idempotent.
   */
  dispose(): void {
    this.#layers.dispose();
    this.#changes.clear();
    this.#queries.clear();
  }

  #touch(id: string): void {
    const read = this.#read.get(id);
    if (read) this.#former.set(id, read);
    this.#read.delete(id);
    if (this.#indexes.size > 0) this.#unindexed.add(id);
  }

  /** Records that may have these values, by the index that leaves the fewest. */
  #candidates(where: readonly (readonly [string, unknown])[]): Iterable<string> {
    const found = where.flatMap(([field, value]) =>
      this.definition.indexes.includes(field) && isIndexKey(value)
        ? [this.#index(field).get(value)]
        : [],
    );
    const [fewest] = found.toSorted((a, b) => a.size - b.size);
    return fewest ?? this.#layers.ids();
  }

  #index(field: string): FieldIndex {
    for (const id of this.#unindexed) {
      const record = this.get(id);
      for (const [each, index] of this.#indexes) index.put(id, fieldOf(record, each));
    }
    this.#unindexed.clear();
    let index = this.#indexes.get(field);
    if (!index) {
      index = new FieldIndex();
      for (const id of this.#layers.ids()) index.put(id, fieldOf(this.get(id), field));
      this.#indexes.set(field, index);
    }
    return index;
  }

  /** Ids of records that exist, ordered. */
  #ids(): readonly string[] {
    return [...this.#layers.ids()].filter((id) => this.has(id)).toSorted();
  }

  #reading(id: string): ReadRecord | undefined {
    const stored = this.#layers.get(id);
    const known = this.#read.get(id);
    if (known && stored?.exists) return known;
    const former = this.#former.get(id);
    this.#former.delete(id);
    if (!stored?.exists) return undefined;
    const now = readRecord(this.definition, id, stored);
    // What was written may be what was there: then the record is the same, and nothing is shown anew.
    const read = former && equalityDeep(former, now) ? former : now;
    this.#read.set(id, read);
    return read;
  }

  #mustRead(id: string): RecordOf<S> {
    const read = this.#reading(id);
    if (read && !read.invalid) return read.record as RecordOf<S>;
    // Another field of it did not fit before.
    throw this.#refused("record/invalid", id, read?.invalid.issues ?? []);
  }

  #existing(id: string): StoredRecord {
    const stored = this.#layers.get(id);
    if (!stored?.exists) throw this.#refused("record/missing", id);
    return stored;
  }

  /** Texts of deleted records have to go where room is wanted. */
  #mustHaveRoom(id: string, ...fields: readonly string[]): void {
    const roots = fields.map((field) => textRootOf(this.definition, id, field));
    if (hasRoomFor(this.#document, roots)) return;
    if (allows(this.#document.state.access, "write") && !this.isOutdated) this.sweep();
    if (!hasRoomFor(this.#document, roots)) throw noRoom(this.#document);
  }

  #mayWrite(): void {
    const { path, state } = this.#document;
    this.#layers.mustBeOpen();
    const { name, version } = this.definition;
    if (allows(state.access, "write")) {
      if (!this.isOutdated) return;
      const newer = this.#layers.newest;
      throw new CroftError(
        "collection/outdated",
        `“${name}” in ${path} was not changed: version ${newer} of it was written, and this program knows version ${version}.`,
        { path, hint: "Bring the program up to date; until then it can read what it understands." },
      );
    }
    const may = state.access === "read" ? "read, and not change" : "neither read nor change";
    throw new CroftError("access/denied", `${path} was not changed: you may ${may} it.`, {
      path,
      hint: `Write access to ${path} is needed.`,
    });
  }

  /** Changes the document, in one transaction. */
  #edit(run: () => void): void {
    this.#mayWrite();
    this.#leftovers.removeWith(() => this.#layers.edit(run, COLLECTION_EDIT));
  }

  #part(id: string, field: string, wanted: "counter" | "set" | "list"): FieldParts {
    const kind = this.definition.fields.get(field);
    if (kind?.kind !== wanted) {
      throw new CroftError(
        "input/invalid",
        `“${field}” of “${this.definition.name}” is no ${wanted}.`,
      );
    }
    this.#existing(id);
    const partsNow = (): ReadonlyMap<string, unknown> =>
      this.#existing(id).parts.get(field) ?? NO_PARTS;
    const counterNow = (): string => counterPart(this.#document.doc);
    return {
      get parts() {
        return partsNow();
      },
      get counterPart() {
        return counterNow();
      },
      check: (value) => {
        if (!("item" in kind)) return value;
        const checked = checkItem(kind, value, [field]);
        if (checked.issues) throw this.#refused("record/invalid", id, checked.issues);
        return checked.value;
      },
      write: (parts) => {
        this.#edit(() => {
          for (const [part, value] of parts) {
            this.#layers.put(id, (life) => partKey(id, field, part, life), value);
          }
        });
      },
    };
  }

  #refused(
    code: RecordError["code"] & `record/${string}`,
    id: string,
    issues: readonly RecordIssue[] = [],
  ): RecordError {
    const { path } = this.#document;
    const what = `“${id}” of “${this.definition.name}” in ${path}`;
    const messages = {
      "record/invalid": `${what} does not fit: ${describeIssues(issues)}.`,
      "record/duplicate": `${what} exists already.`,
      "record/missing": `There is no ${what}.`,
    } as const;
    return new RecordError(code, messages[code], { path, id, issues });
  }
}

function fieldOf(record: object | undefined, field: string): unknown {
  return (record as Readonly<Record<string, unknown>> | undefined)?.[field];
}

const NO_PARTS: ReadonlyMap<string, unknown> = new Map();

/**
 * Opens a collection in a document. Any number of collections, and raw Y types beside them, live in one
 * document.
 *
 * @example
 * ```ts
 * const document = workspace.open("board/main");
 * await document.ready;
 * const tasks = openCollection(
 *   document,
 *   defineCollection("tasks", {
 *     title: z.string(),
 *     done: z.boolean().default(false),
 *     steps: list(z.string()),
 *   }),
 * );
 * const { id } = tasks.insert({ title: "Water the plants" });
 * tasks.update(id, { done: true });
 * tasks.list(id, "steps").push("Fill the can");
 * ```
 */
export function openCollection<S extends Shape>(
  document: CollectionDocument,
  definition: CollectionDefinition<S>,
): Collection<S> {
  return new Collection(document, definition);
}
