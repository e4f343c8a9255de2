/** Whose a transaction is: of collections, or of the application around them. */

import type * as Y from "yjs";

/** Transactions with this origin are changes of collections made here: track it to undo them. */
export const COLLECTION_EDIT: { readonly name: string } = { name: "croft collection" };

/**
 * The part of a counter that is written to now. Transactions of the application have one of their own: undo, which
 * may not know of them, takes back what it knows.
 */
export function counterPart({ clientID, _transaction: open }: Y.Doc): string {
  const isOurs = open === null || open.origin === COLLECTION_EDIT;
  return `${clientID.toString(36)}${isOurs ? "" : "~"}`;
}
