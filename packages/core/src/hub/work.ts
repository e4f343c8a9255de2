/** What enters a hub's queues, and what the link to the hub above is for its own hub. */

import type { PluginLabel } from "../access/stamp.ts";
import type { WriterId } from "../ids.ts";
import type { LaterCode, Upstream } from "../protocol/document-messages.ts";
import type { History } from "../protocol/history-messages.ts";
import type { HubRequest } from "../session/requests.ts";
import type { PendingMark } from "../store/store.ts";
import type { Draft } from "./draft.ts";
import type { ReadPage } from "./history.ts";
import type { HubDocument } from "./hub-document.ts";

/** Something that wants to change a document, or to be answered after what came before it. */
export interface Work {
  /**
   * Decides and changes the draft. May run more than once, with commits of other documents in between; may have
   * no other effect.
   */
  run(draft: Draft): void;
  /** The commit of everything up to here is durable. */
  committed(): void;
  /** The commit failed, or nobody knows; the document's memory was discarded. */
  failed(code: LaterCode, reason: string, wait: number): void;
}

/** What the link to the hub above is for its own hub. */
export interface Uplink {
  /** Under which this device submits. */
  readonly writer: WriterId;
  /** Called before a submission is judged. */
  prepare(draft: Draft): void;
  /** Marks an entry that is about to be appended as pending. */
  mark(draft: Draft, plugin: PluginLabel): PendingMark;
  /** A document came into memory, or has something new to send. */
  wake(document: HubDocument): void;
  /** Somebody opened a document. */
  used(document: HubDocument): void;
  /** Whether the document must stay in memory. */
  keeps(document: HubDocument): boolean;
  /** The document leaves memory. */
  forget(document: HubDocument): void;
  /** A replica shows content with this hash, and has all that is here: the hub above is told. */
  compare(document: HubDocument, hash: string): void;
  /** Another process leads the store (SYNC rule 9): nothing goes up from here any more. */
  fenced(): void;
  /** Asks the hub above to delete or to bring back; returns how many documents it concerned. */
  request(asked: HubRequest): Promise<number>;
  /** Asks the hub above for a page of the history. */
  history(question: Omit<History, "id">): Promise<ReadPage>;
  /** Where the hub above stands for a document. */
  state(document: HubDocument): Pick<Upstream, "state" | "problem">;
}
