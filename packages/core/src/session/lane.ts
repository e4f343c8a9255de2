/** One document on a peer's session: what the session offers for it, and what it asks of it. */

import type { Compare, Cursor, Recover, Submit } from "../protocol/document-messages.ts";
import type { DownMessage } from "../protocol/message.ts";
import type { Presence } from "../protocol/presence-messages.ts";

/** The messages that concern one lane. */
export type LaneMessage = Extract<DownMessage, { readonly doc: number }>;

/** What a lane's owner does. */
export interface LaneHandler {
  /** Asked whenever the lane is opened: where the peer stands, or nothing. */
  cursor(): Cursor | undefined;
  /** A message for the lane. Throwing a ProtocolError ends the session. */
  receive(message: LaneMessage): void;
  /** The session is down; nothing that was sent and not answered may be taken for known. */
  down(): void;
  /** More can be sent. */
  room(): void;
}

/** One document on a session. */
export interface Lane {
  /** Sends the open message again: the peer starts over from its cursor. */
  resume(): void;
  /** Sends submissions; only while {@link ClientSession.hasRoom}. */
  submit(submission: Omit<Submit, "doc">): void;
  /** Gives a hub that lost entries what this peer has. */
  recover(state: Omit<Recover, "doc">): void;
  /** Tells the hash of what is shown at a sequence. */
  compare(shown: Omit<Compare, "doc">): void;
  /** Sends a presence state if the session is up. */
  presence(state: Omit<Presence, "doc">): void;
  /** Tells the hub that the document is not wanted any more. */
  close(): void;
}
