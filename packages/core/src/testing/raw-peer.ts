/** A peer that sends raw messages over a channel: what honest code would never send, or not now. */

import * as Y from "yjs";
import type { Channel, ChannelClose } from "../channel/channel.ts";
import { createTag, type Epoch, type WriterId } from "../ids.ts";
import { decodeDown, type DownMessage, encodeUp, type UpMessage } from "../protocol/message.ts";
import { PROTOCOL_VERSION } from "../protocol/version.ts";

/** See the top of this file. */
export class RawPeer {
  readonly channel: Channel;
  readonly received: DownMessage[] = [];
  close: ChannelClose | undefined;
  #waiting: (() => void)[] = [];

  constructor(channel: Channel) {
    this.channel = channel;
    channel.onFrame((frame) => {
      this.received.push(decodeDown(frame.slice()));
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

  greet(writer: WriterId): void {
    this.send({
      type: "hello",
      version: PROTOCOL_VERSION,
      workspace: "w",
      writer,
      token: "",
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

  async open(path: string): Promise<Extract<DownMessage, { type: "opened" }>> {
    this.send({ type: "open", doc: 1, path, cursor: undefined });
    return this.next("opened");
  }

  submit(n: number, update: Uint8Array, basis?: Epoch): void {
    const updates = [{ tag: createTag(), update }];
    this.send({ type: "submit", doc: 1, basis, plugin: "", first: n, updates });
  }
}

/** The update of a client that types `text` into an empty document. */
export function typed(client: number, text: string): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = client;
  doc.getText("body").insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}
