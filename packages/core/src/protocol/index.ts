/**
 * The wire protocol, for those who write another client, a proxy or a test: every message, its
 * bytes, the close codes and the limits.
 */

export { CloseCode, isTransient } from "./close-code.ts";
export { ProtocolError } from "./codec.ts";
export type { Deleted, DeletedSubtree } from "./deletion-messages.ts";
export type {
  AccessChanged,
  Ack,
  Basis,
  Changed,
  Close,
  Compare,
  Cursor,
  DenialCode,
  Denied,
  Differs,
  Entries,
  IdTaken,
  Later,
  LaterCode,
  Numbered,
  Open,
  Opened,
  Recover,
  RefusalCode,
  Refused,
  RelayedEntry,
  Restart,
  Snapshot,
  Submit,
  Upstream,
  Watch,
} from "./document-messages.ts";
export { REFUSED_BASIS } from "./document-messages.ts";
export type { Event, EventLoss, Listen, Missed } from "./event-messages.ts";
export type { History, HistoryAnswer, PageChange, HistoryPage } from "./history-messages.ts";
/** The largest things that travel; what is larger is a protocol violation. */
export * as limits from "./limits.ts";
export type { List, ListedDocument, Listing, ListingMark, Unlist } from "./listing-messages.ts";
export {
  type BothWays,
  decodeDown,
  decodeUp,
  type DownMessage,
  encodeDown,
  encodeUp,
  type Message,
  protocolGrammar,
  type UpMessage,
} from "./message.ts";
export type { Presence } from "./presence-messages.ts";
export type { Delete, Done, Failed, Undelete } from "./request-messages.ts";
export type { Authenticate, Fragment, Hello, Ping, Pong, Welcome } from "./session-messages.ts";
export type { RunId } from "../ids.ts";
export { OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION } from "./version.ts";
