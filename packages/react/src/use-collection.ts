/** Collections: records and queries that render again when they change, and for nothing else. */

import type { DocumentHandle } from "@croft/core";
import {
  type Collection,
  type CollectionDefinition,
  type LiveQuery,
  type OrderKeys,
  type QueryOptions,
  type RecordOf,
  type Shape,
  type WhereOf,
} from "@croft/core/collection";
import { useCallback, useMemo, useSyncExternalStore } from "react";
import { collectionOf } from "./collections-of.ts";
import { Shelf, useShelved } from "./shelf.ts";
import { askOrRemember, ifOpen } from "./subscribe.ts";

/**
 * A collection of a document. All components that show it share one. Of a document that is closed already it is
 * empty, and refuses to be written.
 *
 * @example
 * ```tsx
 * const taskDefinition = defineCollection("tasks", { title: z.string(), done: z.boolean() });
 *
 * function Board() {
 *   const tasks = useCollection(useDocument("board/main"), taskDefinition);
 *   const { rows } = useQuery(tasks, { where: { done: false }, orderBy: "title" });
 *   return <ul>{rows.map(({ id, title }) => <li key={id}>{title}</li>)}</ul>;
 * }
 * ```
 */
export function useCollection<S extends Shape>(
  document: DocumentHandle,
  definition: CollectionDefinition<S>,
): Collection<S> {
  return useMemo(() => collectionOf(document, definition), [document, definition]);
}

/**
 * A record; nothing if there is none, or if it does not fit its schema. When its document is closed it stays as it
 * was shown last.
 */
export function useRecord<S extends Shape>(
  collection: Collection<S>,
  id: string,
): RecordOf<S> | undefined {
  const subscribe = useCallback(
    (listener: () => void) =>
      collection.onChange(({ ids }) => {
        if (ids.has(id)) listener();
      }),
    [collection, id],
  );
  const read = useMemo(() => askOrRemember(() => collection.get(id)), [collection, id]);
  return useSyncExternalStore(subscribe, read, read);
}

/** What a query found. */
export interface QueryResult<R> {
  readonly rows: readonly R[];
  /** How many there are without the limit. */
  readonly count: number;
}

const queries = new WeakMap<object, Shelf<LiveQuery<unknown>>>();
const filters = new WeakMap<object, number>();
let filterCount = 0;

/**
 * The records that a query finds, kept up to date. Queries with equal options share their work; keep
 * `filter` the same function (`useCallback`, or outside of the component), or it is asked anew each time. When
 * the document is closed the rows stay as they were shown last.
 */
export function useQuery<S extends Shape>(
  collection: Collection<S>,
  options: QueryOptions<RecordOf<S>, OrderKeys<S>, WhereOf<S>> = {},
): QueryResult<RecordOf<S>> {
  const query = useShelved(shelfOf(collection), keyOf(options), () => {
    const value = ifOpen(() => collection.query(options)) ?? NO_QUERY;
    return { value, close: () => value.dispose() };
  }) as LiveQuery<RecordOf<S>>;
  const subscribe = useCallback((listener: () => void) => query.onChange(listener), [query]);
  const readRows = (): readonly RecordOf<S>[] => query.rows;
  const readCount = (): number => query.count;
  const rows = useSyncExternalStore(subscribe, readRows, readRows);
  const count = useSyncExternalStore(subscribe, readCount, readCount);
  return useMemo(() => ({ rows, count }), [rows, count]);
}

const NO_QUERY: LiveQuery<never> = {
  rows: Object.freeze([]),
  count: 0,
  onChange: () => () => undefined,
  dispose: () => undefined,
};

function shelfOf(collection: object): Shelf<LiveQuery<unknown>> {
  let shelf = queries.get(collection);
  if (!shelf) queries.set(collection, (shelf = new Shelf()));
  return shelf;
}

const NO_VALUE = { "": "no value" };

function keyOf({ filter, ...rest }: QueryOptions<never, string, unknown>): string {
  // In JSON a field that must have no value would be no field.
  const text = JSON.stringify(rest, (_key, value: unknown) =>
    value === undefined ? NO_VALUE : value,
  );
  if (!filter) return text;
  let number = filters.get(filter);
  if (number === undefined) filters.set(filter, (number = ++filterCount));
  return `${number} ${text}`;
}
