/** A peer that sends raw messages over a channel: what honest code would never send, or not now. */

import * as Y from "yjs";
import type { Channel, ChannelClose } from "../channel/channel.ts";
import type { Cursor } from "../protocol/document-messages.ts";
import { createTag, type Epoch, type WriterId } from "../ids.ts";
import type { Hello } from "../protocol/session-messages.ts";
import { decodeDown, type DownMessage, encodeUp, type UpMessage } from "../protocol/message.ts";
import { completed, createInbox } from "../session/framing.ts";
import { PROTOCOL_VERSION } from "../protocol/version.ts";

/** See the top of this file. */
export class RawPeer {
  readonly channel: Channel;
  /** What came and was not taken yet. */
  readonly received: DownMessage[] = [];
  /** All that came. */
  readonly all: DownMessage[] = [];
  close: ChannelClose | undefined;
  readonly #inbox = createInbox();
  #waiting: (() => void)[] = [];

  constructor(channel: Channel) {
    this.channel = channel;
    channel.onFrame((frame) => {
      const message = decodeDown(frame.slice());
      const whole =
        message.type === "fragment" ? completed(this.#inbox, message, decodeDown) : message;
      if (!whole) return;
      this.received.push(whole);
      this.all.push(whole);
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const look of waiting) look();
    });
    channel.onClose((close) => {
      this.close = close;
    });
  }

  send(message: UpMessage): void {
    this.channel.send(encodeUp(message));
  }

  greet(
    writer: WriterId,
    {
      version = PROTOCOL_VERSION,
      term = 0,
      attempt = 1,
      token = "",
    }: Partial<Pick<Hello, "version" | "term" | "attempt" | "token">> = {},
  ): void {
    this.send({
      type: "hello",
      version,
      workspace: "w",
      writer,
      term,
      attempt,
      token,
      agent: "raw",
    });
  }

  /** Takes the first message of a type that came and was not taken yet, or waits for it. */
  async next<T extends DownMessage["type"]>(type: T): Promise<Extract<DownMessage, { type: T }>> {
    const isWanted = (message: DownMessage): message is Extract<DownMessage, { type: T }> =>
      message.type === type;
    for (;;) {
      const message = this.received.find(isWanted);
      if (message) {
        this.received.splice(this.received.indexOf(message), 1);
        return message;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async open(
    path: string,
    cursor?: Cursor,
    doc = 1,
  ): Promise<Extract<DownMessage, { type: "opened" }>> {
    this.send({ type: "open", doc, path, cursor });
    return this.next("opened");
  }

  /** Resolves when the hub has heard, and answered, everything that was sent before. */
  async heard(): Promise<void> {
    const id = ++this.#pings;
    this.send({ type: "ping", id });
    while ((await this.next("pong")).id !== id);
  }
  #pings = 0;

  submit(n: number, update: Uint8Array, basis?: Epoch, plugin = ""): void {
    const updates = [{ tag: createTag(), update }];
    this.send({ type: "submit", doc: 1, basis, plugin, first: n, updates });
  }
}

/** What a peer shows after its last opening. */
export function shownBy(peer: RawPeer): Y.Doc {
  const doc = new Y.Doc();
  const last = peer.all.findLastIndex(({ type }) => type === "opened");
  for (const message of peer.all.slice(last)) {
    if (message.type === "snapshot") {
      (message.format === "v1" ? Y.applyUpdate : Y.applyUpdateV2)(doc, message.update);
    }
    if (message.type === "entries") {
      for (const { update } of message.entries) Y.applyUpdate(doc, update);
    }
  }
  return doc;
}

/** The updates of a client that writes `count` times `length` characters. */
export function chapters(client: number, count: number, length: number): readonly Uint8Array[] {
  const doc = new Y.Doc();
  doc.clientID = client;
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  for (let i = 0; i < count; i++) doc.getText("body").insert(0, "x".repeat(length));
  return updates;
}

/** The update of a client that types `text` into an empty document. */
export function typed(client: number, text: string): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = client;
  doc.getText("body").insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}
