/**
 * All messages, their numbers on the wire, and the functions that turn them into frames and
 * back. This is the only place that knows the numbers. A frame is one varuint, the type, and
 * the fields of the message in the order of its codec; nothing may follow.
 */

import * as encoding from "lib0/encoding";
import { type Codec, ProtocolError, Reader } from "./codec.ts";
import * as deletions from "./deletion-messages.ts";
import * as document from "./document-messages.ts";
import * as events from "./event-messages.ts";
import * as history from "./history-messages.ts";
import * as listings from "./listing-messages.ts";
import * as presenceMessages from "./presence-messages.ts";
import * as request from "./request-messages.ts";
import * as session from "./session-messages.ts";

/** From a peer to its hub. */
export type UpMessage =
  | ({ readonly type: "hello" } & session.Hello)
  | ({ readonly type: "authenticate" } & session.Authenticate)
  | ({ readonly type: "open" } & document.Open)
  | ({ readonly type: "close" } & document.Close)
  | ({ readonly type: "submit" } & document.Submit)
  | ({ readonly type: "watch" } & document.Watch)
  | ({ readonly type: "recover" } & document.Recover)
  | ({ readonly type: "compare" } & document.Compare)
  | ({ readonly type: "delete" } & request.Delete)
  | ({ readonly type: "undelete" } & request.Undelete)
  | ({ readonly type: "history" } & history.History)
  | ({ readonly type: "list" } & listings.List)
  | ({ readonly type: "unlist" } & listings.Unlist)
  | ({ readonly type: "listen" } & events.Listen)
  | BothWays;

/** From a hub to its peer. */
export type DownMessage =
  | ({ readonly type: "welcome" } & session.Welcome)
  | ({ readonly type: "opened" } & document.Opened)
  | ({ readonly type: "snapshot" } & document.Snapshot)
  | ({ readonly type: "entries" } & document.Entries)
  | ({ readonly type: "ack" } & document.Ack)
  | ({ readonly type: "denied" } & document.Denied)
  | ({ readonly type: "refused" } & document.Refused)
  | ({ readonly type: "later" } & document.Later)
  | ({ readonly type: "id-taken" } & document.IdTaken)
  | ({ readonly type: "access" } & document.AccessChanged)
  | ({ readonly type: "upstream" } & document.Upstream)
  | ({ readonly type: "restart" } & document.Restart)
  | ({ readonly type: "changed" } & document.Changed)
  | ({ readonly type: "differs" } & document.Differs)
  | ({ readonly type: "done" } & request.Done)
  | ({ readonly type: "failed" } & request.Failed)
  | ({ readonly type: "history-page" } & history.HistoryAnswer)
  | ({ readonly type: "listing" } & listings.Listing)
  | ({ readonly type: "missed" } & events.Missed)
  | ({ readonly type: "deleted" } & deletions.Deleted)
  | BothWays;

/** Messages that travel both ways. */
export type BothWays =
  | ({ readonly type: "event" } & events.Event)
  | ({ readonly type: "presence" } & presenceMessages.Presence)
  | ({ readonly type: "ping" } & session.Ping)
  | ({ readonly type: "pong" } & session.Pong)
  | ({ readonly type: "fragment" } & session.Fragment);

/** Any message. */
export type Message = UpMessage | DownMessage;

type Body<T extends Message["type"]> = Omit<Extract<Message, { type: T }>, "type">;
type Table<M extends Message> = {
  readonly [T in M["type"]]: { readonly number: number; readonly codec: Codec<Body<T>> };
};

const bothWays: Table<BothWays> = {
  ping: { number: 0, codec: session.ping },
  pong: { number: 1, codec: session.pong },
  fragment: { number: 2, codec: session.fragment },
  presence: { number: 3, codec: presenceMessages.presence },
  event: { number: 4, codec: events.event },
};

/** Numbers and codecs of what goes up. */
export const UP: Table<UpMessage> = {
  ...bothWays,
  hello: { number: 16, codec: session.hello },
  authenticate: { number: 17, codec: session.authenticate },
  open: { number: 18, codec: document.open },
  close: { number: 19, codec: document.close },
  submit: { number: 20, codec: document.submit },
  watch: { number: 21, codec: document.watch },
  recover: { number: 22, codec: document.recover },
  delete: { number: 23, codec: request.deletion },
  undelete: { number: 24, codec: request.undelete },
  compare: { number: 25, codec: document.compare },
  list: { number: 26, codec: listings.ask },
  unlist: { number: 27, codec: listings.unlist },
  listen: { number: 28, codec: events.listen },
  history: { number: 29, codec: history.history },
};

/** Numbers and codecs of what comes down. */
export const DOWN: Table<DownMessage> = {
  ...bothWays,
  welcome: { number: 32, codec: session.welcome },
  opened: { number: 33, codec: document.opened },
  snapshot: { number: 34, codec: document.snapshot },
  entries: { number: 35, codec: document.entries },
  ack: { number: 36, codec: document.ack },
  denied: { number: 37, codec: document.denied },
  later: { number: 38, codec: document.later },
  "id-taken": { number: 39, codec: document.idTaken },
  access: { number: 40, codec: document.accessChanged },
  upstream: { number: 41, codec: document.upstream },
  restart: { number: 43, codec: document.restart },
  changed: { number: 42, codec: document.changed },
  refused: { number: 44, codec: document.refused },
  done: { number: 45, codec: request.done },
  failed: { number: 46, codec: request.failed },
  differs: { number: 47, codec: document.differs },
  listing: { number: 48, codec: listings.listing },
  missed: { number: 49, codec: events.missed },
  deleted: { number: 50, codec: deletions.deleted },
  "history-page": { number: 51, codec: history.historyAnswer },
};

/** Encodes a message that goes up. */
export function encodeUp(message: UpMessage): Uint8Array {
  return encode(UP, message);
}

/** Encodes a message that comes down. */
export function encodeDown(message: DownMessage): Uint8Array {
  return encode(DOWN, message);
}

/**
 * Decodes a frame that came up. Byte arrays in the result are views of `frame`.
 *
 * @throws {@link ProtocolError} on anything that is not exactly one known message.
 */
export function decodeUp(frame: Uint8Array): UpMessage {
  return decode<UpMessage>(UP_BY_NUMBER, frame);
}

/**
 * Decodes a frame that came down. Byte arrays in the result are views of `frame`.
 *
 * @throws {@link ProtocolError} on anything that is not exactly one known message.
 */
export function decodeDown(frame: Uint8Array): DownMessage {
  return decode<DownMessage>(DOWN_BY_NUMBER, frame);
}

interface Kind {
  readonly type: string;
  readonly codec: Codec<object>;
}

function byNumber(table: Table<UpMessage> | Table<DownMessage>): ReadonlyMap<number, Kind> {
  const entries = Object.entries(table) as [string, { number: number; codec: Codec<object> }][];
  return new Map(entries.map(([type, { number, codec }]) => [number, { type, codec }]));
}

const UP_BY_NUMBER = byNumber(UP);
const DOWN_BY_NUMBER = byNumber(DOWN);

function encode<M extends Message>(table: Table<M>, message: M): Uint8Array {
  const { number, codec } = table[message.type as M["type"]];
  const writer = encoding.createEncoder();
  encoding.writeVarUint(writer, number);
  (codec as Codec<unknown>).write(writer, message);
  return encoding.toUint8Array(writer);
}

function decode<M extends Message>(kinds: ReadonlyMap<number, Kind>, frame: Uint8Array): M {
  const reader = new Reader(frame);
  const number = reader.uint();
  const kind = kinds.get(number);
  if (!kind) throw new ProtocolError(`unknown message type ${number}`);
  const body = kind.codec.read(reader);
  if (reader.left > 0)
    throw new ProtocolError(`${reader.left} bytes follow a ${kind.type} message`);
  // The table pairs each type with the codec of its body.
  return Object.assign(body, { type: kind.type }) as M;
}

/** The grammar of every message, one a line: what a change of the protocol changes. */
export function protocolGrammar(): string {
  const lines = (
    [
      ["up", UP],
      ["down", DOWN],
    ] as const
  ).flatMap(([direction, table]) =>
    Object.entries(table).map(
      ([type, { number, codec }]) => `${direction} ${number} ${type} ${codec.grammar}`,
    ),
  );
  return lines.join("\n");
}
