/** A collection of croft as a collection of TanStack DB: queried and joined there, kept and merged here. */

import {
  type CollectionDocument,
  type Collection,
  type RecordOf,
  type Shape,
  type UpdateOf,
  type InsertOf,
  transact,
} from "@croft/core/collection";
import type { CollectionConfig } from "@tanstack/db";

/** What TanStack DB says of a change that somebody made to a row. */
interface Mutation {
  readonly key: string;
  readonly modified: object;
  readonly changes: object;
}

/**
 * Options for TanStack DB's `createCollection`. Rows are records; inserting and deleting them, and updating their plain
 * fields, goes through the collection, which checks it: what does not fit is rolled back there, and rejects
 * `isPersisted`. Counters, sets, lists and texts are changed by their own methods, as everywhere.
 */
export function croftCollectionOptions<S extends Shape>(
  document: CollectionDocument,
  collection: Collection<S>,
): CollectionConfig<RecordOf<S> & object, string> {
  const persist = async (
    { transaction }: { readonly transaction: { readonly mutations: readonly Mutation[] } },
    write: (mutation: Mutation) => void,
  ): Promise<void> => {
    transact(document, () => transaction.mutations.forEach(write));
  };
  return {
    id: `${collection.path}#${collection.definition.name}`,
    getKey: (row) => (row as { readonly id: string }).id,
    sync: {
      rowUpdateMode: "full",
      sync({ begin, write, commit, markReady }) {
        const known = new Set<string>();
        const tell = (ids: Iterable<string>): void => {
          begin();
          for (const id of ids) {
            const value = collection.get(id);
            if (value) write({ type: known.has(id) ? "update" : "insert", value });
            else if (known.has(id)) write({ type: "delete", key: id });
            if (value) known.add(id);
            else known.delete(id);
          }
          void commit();
        };
        tell((collection.all() as readonly { readonly id: string }[]).map(({ id }) => id));
        markReady();
        return collection.onChange(({ ids }) => tell(ids));
      },
    },
    onInsert: (params) =>
      persist(params, ({ modified }) => void collection.insert(modified as InsertOf<S>)),
    onUpdate: (params) =>
      persist(params, ({ key, changes }) => void collection.update(key, changes as UpdateOf<S>)),
    onDelete: (params) => persist(params, ({ key }) => void collection.delete(key)),
  };
}
