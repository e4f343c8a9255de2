/**
 * What is in the records of a sealed channel. Frames that are sent together share a record, a large frame goes in several, and
 * small records are filled up, so that their number is bounded by their bytes and their size tells little.
 *
 *     0  chunks: for each, a number (1 + 2 × its length, one more if its frame goes on), then its bytes; zeros fill up
 *     1  the end: the code, the reason; zeros fill up
 *
 * Numbers and texts are as lib0 encodes them.
 */

import { type ChannelClose, clipReason } from "@croft/core";
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { TAG_BYTES } from "./record-key.ts";

const CHUNKS = 0;
const END = 1;

/** No sealed record is smaller, in bytes. */
export const LEAST_RECORD: number = 256;
/** No sealed record is larger, in bytes. The frames that replicas send fit into one. */
export const LARGEST_RECORD: number = 128 * 1024;
/** No frame is larger, in bytes, however many records it takes. */
export const LARGEST_FRAME: number = 32 * 1024 * 1024;
/** Bytes that a plugin may have sent which its host has not taken yet; the sandbox ends one that sends more. */
export const PORT_WINDOW: number = 1024 * 1024;

/** The number before a chunk takes no more than this. */
const HEAD_BYTES = 3;

/** Frames that wait to be put into records. */
export class FrameQueue {
  readonly #frames: Uint8Array[] = [];
  /** Bytes of the first frame that are in a record already. */
  #done = 0;
  #bytes = 0;

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#frames.length === 0;
  }

  push(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.#bytes += frame.byteLength;
  }

  clear(): void {
    this.#frames.length = 0;
    this.#bytes = 0;
    this.#done = 0;
  }

  /** The next record, with as much as fits; none when nothing waits. */
  take(): Uint8Array<ArrayBuffer> | undefined {
    if (this.isEmpty) return undefined;
    const encoder = encoding.createEncoder();
    encoding.writeUint8(encoder, CHUNKS);
    let taken = 0;
    for (const frame of this.#frames) {
      const room = LARGEST_RECORD - TAG_BYTES - encoding.length(encoder) - HEAD_BYTES;
      if (room <= 0) break;
      const chunk = frame.subarray(this.#done, this.#done + room);
      const goesOn = this.#done + chunk.byteLength < frame.byteLength;
      encoding.writeVarUint(encoder, 1 + 2 * chunk.byteLength + (goesOn ? 1 : 0));
      encoding.writeUint8Array(encoder, chunk);
      this.#bytes -= chunk.byteLength;
      this.#done = goesOn ? this.#done + chunk.byteLength : 0;
      if (goesOn) break;
      taken++;
    }
    this.#frames.splice(0, taken);
    return filled(encoder);
  }
}

/** The record that ends a channel. */
export function endRecord({ code, reason }: ChannelClose): Uint8Array<ArrayBuffer> {
  const encoder = encoding.createEncoder();
  encoding.writeUint8(encoder, END);
  encoding.writeVarUint(encoder, code);
  encoding.writeVarString(encoder, reason);
  return filled(encoder);
}

/** Who hears what is in records. */
export interface RecordListener {
  frame(frame: Uint8Array): void;
  end(close: ChannelClose): void;
}

/** Takes records apart, in their order. */
export class RecordReader {
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  /** Throws on what is no record: the other end is not trusted to make them well. */
  read(record: Uint8Array, listener: RecordListener): void {
    const decoder = decoding.createDecoder(record);
    const kind = decoding.readUint8(decoder);
    if (kind === END) {
      const code = decoding.readVarUint(decoder);
      listener.end({ code, reason: clipReason(decoding.readVarString(decoder)) });
      return;
    }
    if (kind !== CHUNKS) throw new Error("no such kind of record");
    while (decoding.hasContent(decoder)) {
      const head = decoding.readVarUint(decoder) - 1;
      if (head < 0) return;
      const chunk = decoding.readUint8Array(decoder, Math.floor(head / 2));
      this.#bytes += chunk.byteLength;
      if (this.#bytes > LARGEST_FRAME) throw new Error("a frame is too large");
      this.#chunks.push(chunk);
      if (head % 2 === 0) listener.frame(this.#whole());
    }
  }

  /** Always a copy: a small frame that is kept would keep all that came with it. */
  #whole(): Uint8Array {
    const frame = new Uint8Array(this.#bytes);
    let at = 0;
    for (const chunk of this.#chunks) {
      frame.set(chunk, at);
      at += chunk.byteLength;
    }
    this.#chunks = [];
    this.#bytes = 0;
    return frame;
  }
}

function filled(encoder: encoding.Encoder): Uint8Array<ArrayBuffer> {
  const length = encoding.length(encoder);
  const record = new Uint8Array(Math.max(length, LEAST_RECORD - TAG_BYTES));
  record.set(encoding.toUint8Array(encoder));
  return record;
}
