/**
 * Small combinators that read and write the values of messages: lib0's variable-length integers
 * and strings underneath, every length checked against the bytes that are really there before
 * anything is allocated. A codec also knows its grammar, from which the version test takes its
 * fingerprint.
 */

import * as encoding from "lib0/encoding";
import { fromHex, toHex } from "../ids.ts";

/** What a malformed frame is: the only thing that decoding throws. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** Where values are written to: a lib0 encoder. */
export type Writer = encoding.Encoder;

/** Reads values off a frame, never past its end. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** One byte. */
  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new ProtocolError("the frame ends too early");
    this.#at++;
    return byte;
  }

  /** A view of the next `length` bytes; nothing is copied. */
  take(length: number): Uint8Array {
    if (length > this.left) throw new ProtocolError("a length points past the end of the frame");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** A lib0 varuint: 7 bits a byte, least significant first, at most 2^53 - 1. */
  uint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 128;
    }
    throw new ProtocolError("an integer is out of range");
  }
}

/** Reads and writes values of one kind. */
export interface Codec<T> {
  /** The bytes in words, for documentation and for the version fingerprint. */
  readonly grammar: string;
  write(writer: Writer, value: T): void;
  /** @throws {@link ProtocolError} and nothing else. */
  read(reader: Reader): T;
}

/** An unsigned integer up to 2^53 - 1. */
export const uint: Codec<number> = {
  grammar: "uint",
  write: encoding.writeVarUint,
  read: (reader) => reader.uint(),
};

/** A boolean in one byte, 0 or 1. */
export const bool: Codec<boolean> = {
  grammar: "bool",
  write: (writer, value) => encoding.writeUint8(writer, value ? 1 : 0),
  read(reader) {
    const byte = reader.byte();
    if (byte > 1) throw new ProtocolError("a boolean is neither 0 nor 1");
    return byte === 1;
  },
};

/** `length` raw bytes, shown as hex digits: tags, epochs, writer ids. */
export function hex<T extends string>(length: number): Codec<T> {
  return {
    grammar: `hex${length}`,
    write: (writer, value) => encoding.writeUint8Array(writer, fromHex(value)),
    // The cast makes a brand: any 8 or 16 bytes are a valid tag, epoch or writer id.
    read: (reader) => toHex(reader.take(length)) as T,
  };
}

/** UTF-8 text of at most `max` bytes, its length first. */
export function text<T extends string = string>(max: number): Codec<T> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return {
    grammar: `text<=${max}`,
    write: encoding.writeVarString,
    read(reader) {
      const length = reader.uint();
      if (length > max) throw new ProtocolError(`a text is longer than ${max} bytes`);
      try {
        return decoder.decode(reader.take(length)) as T;
      } catch (error) {
        if (error instanceof ProtocolError) throw error;
        throw new ProtocolError("a text is not UTF-8");
      }
    },
  };
}

/** A byte array of at most `max` bytes, its length first; a view of the frame, not a copy. */
export function bytes(max: number): Codec<Uint8Array> {
  return {
    grammar: `bytes<=${max}`,
    write: encoding.writeVarUint8Array,
    read(reader) {
      const length = reader.uint();
      if (length > max) throw new ProtocolError(`a byte array is longer than ${max} bytes`);
      return reader.take(length);
    },
  };
}

/** One of a fixed list of words, as its index. */
export function oneOf<const T extends string>(...words: readonly T[]): Codec<T> {
  return {
    grammar: words.join("|"),
    write: (writer, value) => encoding.writeVarUint(writer, words.indexOf(value)),
    read(reader) {
      const word = words[reader.uint()];
      if (word === undefined) throw new ProtocolError(`none of ${words.join(", ")}`);
      return word;
    },
  };
}

/** A byte 0, or a byte 1 and the value. */
export function optional<T>(codec: Codec<T>): Codec<T | undefined> {
  return {
    grammar: `(${codec.grammar})?`,
    write(writer, value) {
      bool.write(writer, value !== undefined);
      if (value !== undefined) codec.write(writer, value);
    },
    read: (reader) => (bool.read(reader) ? codec.read(reader) : undefined),
  };
}

/** At most `max` values, their count first. */
export function list<T>(codec: Codec<T>, max: number): Codec<readonly T[]> {
  return {
    grammar: `[${codec.grammar}]<=${max}`,
    write(writer, values) {
      encoding.writeVarUint(writer, values.length);
      for (const value of values) codec.write(writer, value);
    },
    read(reader) {
      const count = reader.uint();
      // Each value takes a byte at least, so a count that the frame cannot hold is refused here.
      if (count > max || count > reader.left) throw new ProtocolError("a list is too long");
      const values: T[] = [];
      for (let i = 0; i < count; i++) values.push(codec.read(reader));
      return values;
    },
  };
}

/** Fields one after the other, in the order given. */
export function struct<T extends object>(fields: {
  readonly [K in keyof T]-?: Codec<T[K]>;
}): Codec<T> {
  // Object.entries loses which codec belongs to which field; the parameter's type has checked it.
  const entries = Object.entries(fields) as [keyof T & string, Codec<T[keyof T & string]>][];
  return {
    grammar: `{${entries.map(([name, codec]) => `${name}:${codec.grammar}`).join(" ")}}`,
    write(writer, value) {
      for (const [name, codec] of entries) codec.write(writer, value[name]);
    },
    read(reader) {
      const value: Partial<T> = {};
      for (const [name, codec] of entries) value[name] = codec.read(reader);
      return value as T;
    },
  };
}
