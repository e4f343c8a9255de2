/** Fields of which different people can change different parts: read now, and change here. */

import { itemsOf, membersOf, sum } from "./read-record.ts";
import { memberPart, positionPart } from "./layout.ts";
import { positionsAt } from "./list-positions.ts";
import { RecordError } from "./record-error.ts";
import { createItemId } from "./record-id.ts";
import type { ListItem } from "./define-collection.ts";
import type { SetMember } from "./field.ts";

/** The parts of one field of one record. */
export interface FieldParts {
  /** As they are now. @throws RecordError `record/missing` when the record is gone. */
  readonly parts: ReadonlyMap<string, unknown>;
  /** What is added to a counter here, now. */
  readonly counterPart: string;
  /** Checks an item or member. @throws RecordError `record/invalid`. */
  check(value: unknown): unknown;
  /** Writes parts, `undefined` for one that goes. @throws CroftError `access/denied`. */
  write(parts: Iterable<readonly [part: string, value: unknown]>): void;
}

/** A number that adds up. */
export class CounterView {
  readonly #field: FieldParts;

  /** @internal */
  constructor(field: FieldParts) {
    this.#field = field;
  }

  /** The sum of what everybody added. */
  get value(): number {
    return sum(this.#field.parts);
  }

  /**
   * Adds `amount`, which may be negative.
   *
   * @throws RangeError when it, or what was added here in all, is not finite; CroftError `access/denied`; RecordError `record/missing`.
   */
  add(amount: number): void {
    if (!Number.isFinite(amount)) throw new RangeError(`${amount} cannot be added to a counter`);
    const { counterPart: part, parts } = this.#field;
    const own = parts.get(part);
    const added = (Number.isFinite(own) ? (own as number) : 0) + amount;
    if (!Number.isFinite(added))
      throw new RangeError(`adding ${amount} exceeds what a counter holds`);
    if (amount !== 0) this.#field.write([[part, added]]);
  }
}

/** A set of plain values. */
export class SetView<T extends SetMember = SetMember> {
  readonly #field: FieldParts;

  /** @internal */
  constructor(field: FieldParts) {
    this.#field = field;
  }

  /** The members, in an order that is the same for everybody. */
  get values(): readonly T[] {
    return membersOf(this.#field.parts) as readonly T[];
  }

  /** Whether it holds `member`. */
  has(member: T): boolean {
    return this.#field.parts.has(this.#partOf(member));
  }

  /** @throws RecordError `record/invalid`, `record/missing`; CroftError `access/denied`. */
  add(member: T): void {
    const part = memberPart(this.#field.check(member) as T);
    // Also where it is there already: somebody may be removing it.
    this.#field.write([[part, true]]);
  }

  /** Returns whether it was there. @throws RecordError `record/missing`; CroftError `access/denied`. */
  delete(member: T): boolean {
    const part = this.#partOf(member);
    const was = this.#field.parts.has(part);
    if (was) this.#field.write([[part, undefined]]);
    return was;
  }

  /** Under which name a member is kept: a schema may make another of it, and one that does not fit may be there. */
  #partOf(member: T): string {
    const part = memberPart(member);
    if (this.#field.parts.has(part)) return part;
    try {
      return memberPart(this.#field.check(member) as T);
    } catch (error) {
      if (error instanceof RecordError) return part;
      throw error;
    }
  }
}

/** An ordered list. */
export class ListView<T = unknown> {
  readonly #field: FieldParts;

  /** @internal */
  constructor(field: FieldParts) {
    this.#field = field;
  }

  /** The items, in order. */
  get items(): readonly ListItem<T>[] {
    return itemsOf(this.#field.parts).map(({ id, value }) => ({ id, value: value as T }));
  }

  /** Appends; returns the ids of the new items. @throws as {@link ListView.insert}. */
  push(...values: readonly T[]): readonly string[] {
    return this.insert(itemsOf(this.#field.parts).length, ...values);
  }

  /**
   * Inserts before the item at `index`, at the end if there is none; returns the ids of the new items.
   *
   * @throws RecordError `record/invalid` when a value does not fit, and nothing is inserted then,
   * `record/missing` when the record is gone; CroftError `access/denied`.
   */
  insert(index: number, ...values: readonly T[]): readonly string[] {
    const checked = values.map((value) => this.#field.check(value));
    if (checked.length === 0) return [];
    const items = itemsOf(this.#field.parts);
    const at = clamp(index, items.length);
    const { inserted, moved } = positionsAt(items, at, checked.length);
    const ids = checked.map(() => createItemId());
    this.#field.write([
      ...ids.flatMap((id, each) => [
        [id, checked[each]] as const,
        [positionPart(id), inserted[each]] as const,
      ]),
      ...moved.map(({ id, position }) => [positionPart(id), position] as const),
    ]);
    return ids;
  }

  /** Changes an item; returns whether it is there. @throws as {@link ListView.insert}. */
  replace(id: string, value: T): boolean {
    const checked = this.#field.check(value);
    const isThere = this.#field.parts.has(positionPart(id));
    if (isThere) this.#field.write([[id, checked]]);
    return isThere;
  }

  /**
   * Moves an item to where it has `index` afterwards; returns whether it is there. What somebody else does to
   * its value stays; of two moves one holds.
   *
   * @throws RecordError `record/missing` when the record is gone; CroftError `access/denied`.
   */
  move(id: string, index: number): boolean {
    const items = itemsOf(this.#field.parts);
    const from = items.findIndex((item) => item.id === id);
    if (from < 0) return false;
    const others = items.toSpliced(from, 1);
    const to = clamp(index, others.length);
    if (to === from) return true;
    const { inserted, moved } = positionsAt(others, to, 1);
    this.#field.write([
      [positionPart(id), inserted[0]],
      ...moved.map((other) => [positionPart(other.id), other.position] as const),
    ]);
    return true;
  }

  /** Deletes an item; returns whether it was there. @throws as {@link ListView.move}. */
  delete(id: string): boolean {
    const was = this.#field.parts.has(positionPart(id));
    if (was) {
      this.#field.write([
        [id, undefined],
        [positionPart(id), undefined],
      ]);
    }
    return was;
  }
}

function clamp(index: number, length: number): number {
  return Math.max(0, Math.min(Math.trunc(index) || 0, length));
}
