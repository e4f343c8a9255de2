/** Workspaces, and what they are made of: hubs, replicas, channels, stores. Runs in browsers, workers and Node. */

export {
  type Access,
  allows,
  evaluate,
  type Grant,
  minAccess,
  type Principal,
  type Verdict,
} from "./access/access.ts";
export { createGate, type Gate, type GrantGate } from "./access/gate.ts";
export { parseStamp, type PluginLabel, type Stamp, stampOf } from "./access/stamp.ts";
export {
  type Channel,
  type ChannelClose,
  type Connect,
  HIGH_WATER,
  LOW_WATER,
} from "./channel/channel.ts";
export {
  connectBroadcast,
  type ConnectBroadcastOptions,
  listenBroadcast,
  type ListenBroadcastOptions,
} from "./channel/broadcast-channel.ts";
export { clipReason } from "./channel/close-reason.ts";
export { createInbox, type Inbox, type InboxOptions } from "./channel/inbox.ts";
export {
  createMemoryChannelPair,
  createMemoryWire,
  type MemoryChannelOptions,
  type MemoryEnd,
  type MemoryWire,
} from "./channel/memory-channel.ts";
export { createMessagePortChannel } from "./channel/message-port-channel.ts";
export { createMeter, type Meter } from "./channel/meter.ts";
export type { LifeLocks } from "./channel/life-lock.ts";
export {
  connectWebSocket,
  type WebSocketEvent,
  type WebSocketLike,
  type WebSocketOptions,
} from "./channel/websocket-channel.ts";
export { fromWebSocketCode, toWebSocketCode } from "./channel/websocket-code.ts";
export {
  type EventDrops,
  type PublishOptions,
  type WorkspaceEvent,
  type WorkspaceEvents,
} from "./event/workspace-events.ts";
export type { EventLoss } from "./protocol/event-messages.ts";
export { type Clock, systemClock } from "./clock.ts";
export { type Disposable, createDisposableStack, type DisposableStack } from "./disposable.ts";
export {
  APP_SUBTREE,
  type DocPath,
  type DocPattern,
  comparePaths,
  isDocPath,
  isPluginId,
  matchesPattern,
  ownerOf,
  parseDocPath,
  parsePattern,
} from "./doc-path.ts";
export { createEmitter, type Emitter, type Unsubscribe } from "./emitter.ts";
export {
  CroftError,
  type CroftErrorOptions,
  type ErrorCode,
  toCroftError,
  unreachable,
} from "./errors.ts";
export {
  createClientId,
  createEpoch,
  createTag,
  createWriterId,
  type Epoch,
  fromHex,
  type RandomBytes,
  randomBytes,
  type Tag,
  toHex,
  type WriterId,
} from "./ids.ts";
export { CloseCode, isTransient } from "./protocol/close-code.ts";
export type { Basis, Cursor, Numbered } from "./protocol/document-messages.ts";
export { type ClientIds, createClientIds, type Locks } from "./replica/client-ids.ts";
export type {
  DocumentHistory,
  HistoryChange,
  HistoryExcerpt,
  HistoryOptions,
} from "./replica/document-history.ts";
export type { DocumentListing } from "./replica/document-listing.ts";
export { type Adoption, adoptUpdate } from "./replica/adopt-update.ts";
export { FromHub } from "./replica/from-hub.ts";
/** The largest things that travel; what is larger is a protocol violation. */
export * as limits from "./protocol/limits.ts";
export type { ListedDocument } from "./protocol/listing-messages.ts";
export type {
  Canary,
  Claim,
  CommitResult,
  DocumentChange,
  DocumentNews,
  DocumentRecord,
  HistoryPart,
  HistorySummary,
  ListedAbove,
  LoadedDocument,
  LogEntry,
  OpenStore,
  PendingMark,
  QuarantineRecord,
  QuarantineSummary,
  SharedConditions,
  SharedStore,
  Store,
  StoreBatch,
  StoredSnapshot,
  StoreNews,
  UpstreamRecord,
  WriterRecord,
} from "./store/store.ts";
export { inspectUpdate } from "./update/inspect.ts";
export type {
  ClientRange,
  DeleteRange,
  Inspection,
  SoundUpdate,
  UpdateLimits,
} from "./update/inspection.ts";
export type { InspectionCode } from "./update/malformed.ts";
export type { SyncOptions } from "./device/sync-options.ts";
export type { Loss } from "./device/loss.ts";
export type { SyncState } from "./device/sync-state.ts";
export { isDeleted } from "./hub/hub-document.ts";
export type { Limit, LimitedEdit, Postponement } from "./hub/limit.ts";
export { createHub, type Hub, type HubOptions } from "./hub/hub.ts";
export type { Admission, Admit, Refusal } from "./hub/admission.ts";
export { type ExportedDocument, exportDocuments } from "./hub/export-documents.ts";
export {
  importDocument,
  type ImportedDocument,
  type ImportOutcome,
} from "./hub/import-document.ts";
export { type PlainOutcome, type PlainSubmission, submitPlain } from "./hub/plain-submission.ts";
export type { AuthenticationOptions } from "./hub/authentication.ts";
export { type PeerService, servePeer, type ServeOptions } from "./hub/hub-session.ts";
export type { Changed } from "./protocol/document-messages.ts";
export type {
  Denial,
  DocumentHandle,
  DocumentReset,
  DocumentState,
  SaveLevel,
} from "./replica/document-handle.ts";
export type { OpenDocuments } from "./replica/open-documents.ts";
export type { Quarantine } from "./quarantine/quarantine.ts";
export type { RefusedEdits } from "./quarantine/refused-edits.ts";
export type { RefusedChange, TextPart } from "./quarantine/describe-changes.ts";
export type { HubAboveOptions } from "./replica/hub-above.ts";
export {
  createReplica,
  type Replica,
  type ReplicaOptions,
  type ReplicaUsage,
} from "./replica/replica.ts";
export { backOff, type BackOffOptions } from "./session/back-off.ts";
export type { SessionState } from "./session/session-state.ts";
export {
  openWorkspace,
  type PluginReplicaOptions,
  type Workspace,
  type WorkspaceOptions,
  type WorkspaceKeep,
  type WorkspaceSync,
} from "./workspace.ts";
export {
  createMemoryDisk,
  createMemoryStore,
  type MemoryDisk,
  type SharedDisk,
} from "./store/memory-store.ts";
export {
  compactHere,
  type Compacted,
  type CompactionResult,
  type Damage,
  type CompactionInput,
  type Compactor,
} from "./hub/compaction.ts";
export type {
  InputOf,
  OutputOf,
  StandardIssue,
  StandardResult,
  StandardSchema,
} from "./standard-schema.ts";
