/**
 * Decides whether an inspected update fits a document, from the document's state vector and the
 * owners of client ids alone: nothing may be missing, nothing is silently dropped, and nobody
 * writes under another writer's client id. Pure; asks the document, changes nothing.
 */

import type { WriterId } from "../ids.ts";
import type { ClientRange, Inspection, SoundUpdate } from "./inspection.ts";
import type { InspectionCode } from "./malformed.ts";

/** What judging asks about a document, and about who submits. */
export interface DocumentView {
  /** The document's state vector: the client's next clock, 0 for an unknown client. */
  readonly clock: (client: number) => number;
  /** Who writes under this client id; `undefined` when it is free. */
  readonly owner: (client: number) => WriterId | undefined;
  /** Who submits. */
  readonly writer: WriterId;
  /** The update comes from the hub above, which has checked owners: they are not checked again. */
  readonly trusted?: boolean | undefined;
  /** The root types of the document, and how many it may have; absent for no check. */
  readonly roots?: { readonly known: ReadonlySet<string>; readonly max: number } | undefined;
}

/** A client's clock after an update. */
export interface ClientClock {
  readonly client: number;
  /** The next clock. */
  readonly clock: number;
}

/** What is to be done with an update. */
export type Judgement =
  /** Append it; `advance` is what changes in the state vector (nothing for mere deletes). */
  | { readonly verdict: "new"; readonly advance: readonly ClientClock[] }
  /**
   * Every struct is in the document by its clock (or there are none): compare (SYNC rule 7).
   * `deletes` may still be new: an update with deletes is appended, not dropped.
   */
  | {
      readonly verdict: "known";
      /** Clients with structs to compare. */
      readonly clients: readonly number[];
      readonly deletes: boolean;
    }
  /** Some structs are in the document by their clock, some are new: compare, then append. */
  | {
      readonly verdict: "overlap";
      /** Clients with structs to compare. */
      readonly clients: readonly number[];
      readonly advance: readonly ClientClock[];
    }
  /** Something that the update builds on is not in the document. */
  | { readonly verdict: "gap"; readonly message: string }
  /** The update is refused, whatever comes later. */
  | { readonly verdict: "refused"; readonly code: RefusalCode; readonly message: string }
  /** New structs under a client id that is another writer's. */
  | { readonly verdict: "id-taken"; readonly client: number };

/** Why an update is refused: by its bytes, or because the document would have too many roots. */
export type RefusalCode = InspectionCode | "document-roots";

/**
 * Judges an inspected update against a document.
 *
 * @example
 * ```ts
 * const view = { clock: (c: number) => vector.get(c) ?? 0, owner: (c: number) => owners.get(c), writer };
 * const judgement = judgeUpdate(inspectUpdate(update), view);
 * ```
 */
export function judgeUpdate(inspection: Inspection, view: DocumentView): Judgement {
  if (!inspection.ok) {
    return { verdict: "refused", code: inspection.code, message: inspection.message };
  }
  const known: number[] = [];
  const advance: ClientClock[] = [];
  let gap: string | undefined;
  for (const { client, from, to } of inspection.clients) {
    const clock = view.clock(client);
    if (to > clock) {
      if (!mayWrite(view, client)) return { verdict: "id-taken", client };
      advance.push({ client, clock: to });
    }
    if (from < clock) known.push(client);
    else if (from > clock) gap ??= `client ${client} is at ${clock}, the update starts at ${from}`;
  }
  gap ??= missingReference(inspection, view) ?? missingDelete(inspection, view);
  if (gap !== undefined) return { verdict: "gap", message: gap };
  if (tooManyRoots(inspection, view)) {
    const message = `the document would have more than ${view.roots?.max} root types`;
    return { verdict: "refused", code: "document-roots", message };
  }
  const deletes = inspection.deletes.length > 0;
  if (advance.length === 0) {
    const idle = inspection.clients.length > 0 || !deletes;
    return idle ? { verdict: "known", clients: known, deletes } : { verdict: "new", advance };
  }
  if (known.length > 0) return { verdict: "overlap", clients: known, advance };
  return { verdict: "new", advance };
}

function mayWrite(view: DocumentView, client: number): boolean {
  if (view.trusted) return true;
  const owner = view.owner(client);
  return owner === undefined || owner === view.writer;
}

function missingReference(inspection: SoundUpdate, view: DocumentView): string | undefined {
  for (const [client, end] of inspection.references) {
    if (end <= endIn(inspection.clients, client) || end <= view.clock(client)) continue;
    return `it refers to clock ${end - 1} of client ${client}, which is not here`;
  }
  return undefined;
}

function missingDelete(inspection: SoundUpdate, view: DocumentView): string | undefined {
  let current = -1;
  let end = 0;
  for (const { client, to } of inspection.deletes) {
    if (client !== current) {
      current = client;
      end = Math.max(view.clock(client), endIn(inspection.clients, client));
    }
    if (to > end) return `it deletes clock ${to - 1} of client ${client}, which is not here`;
  }
  return undefined;
}

/** Up to which clock the update brings structs of `client`; 0 for none. */
function endIn(clients: readonly ClientRange[], client: number): number {
  // Descending, as the inspector has checked.
  let low = 0;
  let high = clients.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const range = clients[middle];
    if (!range) break;
    if (range.client === client) return range.to;
    if (range.client > client) low = middle + 1;
    else high = middle - 1;
  }
  return 0;
}

function tooManyRoots({ roots }: SoundUpdate, view: DocumentView): boolean {
  if (!view.roots || roots.length === 0) return false;
  const { known, max } = view.roots;
  let count = known.size;
  for (const root of roots) if (!known.has(root)) count++;
  return count > max && count > known.size;
}
