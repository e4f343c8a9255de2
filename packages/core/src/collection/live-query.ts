/**
 * A query that stays true: what a change costs depends on the records that changed, not on how many there
 * are.
 */

import { createEmitter, reportUncaught, type Unsubscribe } from "../emitter.ts";
import { CroftError } from "../errors.ts";
import type { CollectionChange } from "./document-records.ts";

/** By which fields rows are ordered; records that are equal in all of them are ordered by id. */
export interface OrderBy<Field extends string> {
  readonly field: Field;
  /** Default: `asc`. What has no value comes last either way. */
  readonly direction?: "asc" | "desc" | undefined;
}

/** What a query asks for. */
export interface QueryOptions<R, Field extends string, Where> {
  /** Fields and the values that they must have. A field with an index is looked up. */
  readonly where?: Where | undefined;
  /**
   * Which of those records are wanted; must depend on the record alone. Where it throws for a record that changed, that
   * record is left out, and the error is reported to the platform as uncaught.
   */
  readonly filter?: ((record: R) => boolean) | undefined;
  /** Default: by id. */
  readonly orderBy?: Field | OrderBy<Field> | readonly (Field | OrderBy<Field>)[] | undefined;
  /** How many rows at most, 0 or more; default: all. */
  readonly limit?: number | undefined;
}

/** A query over a collection, and its rows. */
export interface LiveQuery<R> {
  /** The first {@link QueryOptions.limit} records, in order; the same array until one of them changes. */
  readonly rows: readonly R[];
  /** How many records there are without the limit. */
  readonly count: number;
  /** Calls `listener` when {@link LiveQuery.rows} or {@link LiveQuery.count} is another one. */
  onChange(listener: () => void): Unsubscribe;
  /** Stops following the collection. Idempotent. */
  dispose(): void;
}

/** What a query needs of its collection. */
export interface QuerySource<R> {
  get(id: string): R | undefined;
  /** Records that may match: those with the values that are asked for, or all. */
  candidates(): Iterable<string>;
  /** Whether a record has the values that are asked for. */
  fits(record: R): boolean;
  onChange(listener: (change: Pick<CollectionChange, "ids">) => void): Unsubscribe;
}

interface Row<R> {
  readonly id: string;
  readonly record: R;
}

/** Creates a {@link LiveQuery}. */
export function createLiveQuery<R extends { readonly id: string }, F extends string, W>(
  source: QuerySource<R>,
  { filter, orderBy, limit = Number.POSITIVE_INFINITY }: QueryOptions<R, F, W>,
): LiveQuery<R> {
  const order = orderOf<F>(orderBy);
  const changes = createEmitter<void>();
  const compare = (a: Row<R>, b: Row<R>): number => compareRows(a, b, order);
  if (!(limit >= 0)) {
    throw new CroftError("input/invalid", `${limit} is no limit of a query.`, {
      hint: "Write how many rows are wanted at most, or nothing for all.",
    });
  }
  const matches = (record: R | undefined): record is R =>
    record !== undefined && source.fits(record) && (filter?.(record) ?? true);
  /** A filter that throws when a record changes has nobody to tell: the platform is told, and there is no match. */
  const stillMatches = (record: R | undefined): record is R => {
    try {
      return matches(record);
    } catch (error) {
      reportUncaught(error);
      return false;
    }
  };
  const byId = new Map<string, Row<R>>();
  for (const id of source.candidates()) {
    const record = source.get(id);
    if (matches(record)) byId.set(id, { id, record });
  }
  const sorted = [...byId.values()].sort(compare);
  let rows: readonly R[] | undefined;
  const readRows = (): readonly R[] =>
    Object.freeze(sorted.slice(0, limit).map(({ record }) => record));

  /** Takes a record as it is now; returns the first place in the order that changed, if any did. */
  function take(id: string): number {
    const before = byId.get(id);
    const record = source.get(id);
    const now = stillMatches(record) ? { id, record } : undefined;
    if (before?.record === now?.record) return Number.POSITIVE_INFINITY;
    let first = Number.POSITIVE_INFINITY;
    if (before) {
      const place = placeOf(sorted, before, compare);
      first = sorted[place] === before ? place : sorted.indexOf(before);
      sorted.splice(first, 1);
      byId.delete(id);
    }
    if (now) {
      const at = placeOf(sorted, now, compare);
      sorted.splice(at, 0, now);
      byId.set(id, now);
      first = Math.min(first, at);
    }
    return first;
  }

  const stop = source.onChange(({ ids }) => {
    const count = sorted.length;
    let first = Number.POSITIVE_INFINITY;
    for (const id of ids) first = Math.min(first, take(id));
    if (first < limit) rows = undefined;
    if (first < limit || sorted.length !== count) changes.emit();
  });
  return {
    get rows() {
      return (rows ??= readRows());
    },
    get count() {
      return sorted.length;
    },
    onChange: (listener) => changes.on(listener),
    dispose() {
      stop();
      changes.clear();
    },
  };
}

function orderOf<F extends string>(
  orderBy: QueryOptions<never, F, never>["orderBy"],
): readonly OrderBy<F>[] {
  if (orderBy === undefined) return [];
  const all: readonly (F | OrderBy<F>)[] = isMany(orderBy) ? orderBy : [orderBy];
  return all.map((by) => (typeof by === "string" ? { field: by } : by));
}

function isMany<F extends string>(
  by: F | OrderBy<F> | readonly (F | OrderBy<F>)[],
): by is readonly (F | OrderBy<F>)[] {
  return Array.isArray(by);
}

/** Where a row is, or would go. */
function placeOf<R>(
  sorted: readonly Row<R>[],
  row: Row<R>,
  compare: (a: Row<R>, b: Row<R>) => number,
): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = sorted[middle];
    if (other && compare(other, row) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compareRows<R>(a: Row<R>, b: Row<R>, order: readonly OrderBy<string>[]): number {
  for (const { field, direction } of order) {
    const [left, right] = [valueOf(a.record, field), valueOf(b.record, field)];
    const isLast = Number(left === undefined) - Number(right === undefined);
    if (isLast !== 0) return isLast;
    const compared = compareValues(left, right);
    if (compared !== 0) return direction === "desc" ? -compared : compared;
  }
  return compareValues(a.id, b.id);
}

function valueOf(record: unknown, field: string): unknown {
  return (record as Readonly<Record<string, unknown>>)[field] ?? undefined;
}

/** Numbers by size, texts by their code units, `false` before `true`: the same for everybody. */
function compareValues(a: unknown, b: unknown): number {
  if (typeof a !== typeof b) return typeof a < typeof b ? -1 : 1;
  if (typeof a === "number" && typeof b === "number") {
    // What is no number comes last.
    return a < b ? -1 : a > b ? 1 : Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  }
  const [left, right] = [sortText(a), sortText(b)];
  return left < right ? -1 : Number(left > right);
}

function sortText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
