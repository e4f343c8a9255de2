/**
 * What a plugin and its host say to each other when the plugin runs elsewhere, over one channel: calls, and beside them
 * the sessions of the plugin's replica with the device's hub, as streams of their own. The first byte of a frame says
 * which: neither side trusts the other to send nothing else.
 *
 *     0  a call: any value, as lib0 encodes it
 *     1  a frame of a stream: its number, then the frame
 *     2  a stream opens: its number
 *     3  a stream closes: its number, the code, the reason
 */

import {
  type Channel,
  type ChannelClose,
  clipReason,
  CloseCode,
  createInbox,
  type Inbox,
  type Unsubscribe,
} from "@croft/core";
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";

const CALL = 0;
const FRAME = 1;
const OPEN = 2;
const CLOSE = 3;

/** Streams at once: one that is used, and those that are just being closed. */
const MAX_STREAMS = 8;

/** Who hears what comes over a {@link RemotePort}. */
export interface RemoteListener {
  call(message: unknown): void;
  /** The other side opened a stream. */
  stream(channel: Channel): void;
  closed(close: ChannelClose): void;
}

/** Calls and streams of frames over one channel, between a plugin that runs elsewhere and its host. */
export class RemotePort {
  readonly #channel: Channel;
  readonly #streams = new Map<number, Inbox>();
  #opened = 0;

  constructor(channel: Channel, listener: RemoteListener) {
    this.#channel = channel;
    channel.onFrame((frame) => {
      try {
        this.#receive(frame, listener);
      } catch {
        this.close(CloseCode.violation, "what came cannot be read");
      }
    });
    channel.onClose((close) => {
      for (const inbox of [...this.#streams.values()]) inbox.end(close);
      this.#streams.clear();
      listener.closed(close);
    });
  }

  call(message: unknown): void {
    this.#send(CALL, (encoder) => encoding.writeAny(encoder, message as never));
  }

  /** Opens a stream to the other side. */
  open(): Channel {
    const id = ++this.#opened;
    const channel = this.#stream(id);
    this.#send(OPEN, (encoder) => encoding.writeVarUint(encoder, id));
    return channel;
  }

  close(code: number, reason: string): void {
    this.#channel.close(code, reason);
  }

  #receive(frame: Uint8Array, listener: RemoteListener): void {
    const decoder = decoding.createDecoder(frame);
    const kind = decoding.readUint8(decoder);
    if (kind === CALL) {
      listener.call(decoding.readAny(decoder));
      return;
    }
    const id = decoding.readVarUint(decoder);
    switch (kind) {
      case FRAME:
        this.#streams.get(id)?.push(decoding.readTailAsUint8Array(decoder));
        break;
      case OPEN:
        if (this.#streams.size === MAX_STREAMS || this.#streams.has(id)) {
          throw new Error("too many streams");
        }
        listener.stream(this.#stream(id));
        break;
      case CLOSE: {
        const code = decoding.readVarUint(decoder);
        const reason = clipReason(decoding.readVarString(decoder));
        this.#streams.get(id)?.end({ code, reason });
        this.#streams.delete(id);
        break;
      }
      default:
        throw new Error("no such kind of frame");
    }
  }

  #stream(id: number): Channel {
    const channel = this.#channel;
    const inbox = createInbox();
    this.#streams.set(id, inbox);
    const send = (kind: number, write: (encoder: encoding.Encoder) => void): void => {
      this.#send(kind, (encoder) => {
        encoding.writeVarUint(encoder, id);
        write(encoder);
      });
    };
    const drop = (): void => {
      this.#streams.delete(id);
    };
    return {
      send(frame) {
        if (!inbox.closed) send(FRAME, (encoder) => encoding.writeUint8Array(encoder, frame));
      },
      get buffered() {
        return channel.buffered;
      },
      onDrain: (listener): Unsubscribe => channel.onDrain(listener),
      onFrame: (listener) => inbox.onFrame(listener),
      onClose: (listener) => inbox.onClose(listener),
      close(code, reason) {
        if (inbox.closed) return;
        const clipped = clipReason(reason);
        send(CLOSE, (encoder) => {
          encoding.writeVarUint(encoder, code);
          encoding.writeVarString(encoder, clipped);
        });
        drop();
        inbox.shut({ code, reason: clipped });
      },
      get closed() {
        return inbox.closed;
      },
    };
  }

  #send(kind: number, write: (encoder: encoding.Encoder) => void): void {
    const encoder = encoding.createEncoder();
    encoding.writeUint8(encoder, kind);
    write(encoder);
    this.#channel.send(encoding.toUint8Array(encoder));
  }
}
