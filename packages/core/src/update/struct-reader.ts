/**
 * Walks over a Yjs update in the v1 encoding, struct by struct, then range by range of the delete
 * set. The reader itself is the cursor: each step overwrites its fields, nothing is allocated.
 * It throws `MalformedUpdate` at the first thing that no Yjs encoder writes. The layout:
 *
 *   clients { structs client clock { info [origin] [right origin] [parent [key]] content } }
 *   clients { client ranges { clock length } }
 */

import { ByteReader } from "./byte-reader.ts";
import { type ContentRules, Kind, skipContent, skipKey } from "./content.ts";
import { MalformedUpdate } from "./malformed.ts";

/** Clocks and client ids are below this. */
export const CLOCK_LIMIT: number = 2 ** 32;

/** Flags in a struct's first byte, beside its kind. */
export const Flag = { origin: 0x80, rightOrigin: 0x40, key: 0x20 } as const;

/**
 * A cursor over one update:
 *
 * ```ts
 * while (reader.nextSection()) while (reader.nextStruct()) use(reader.clock, reader.length);
 * while (reader.nextDeletes()) while (reader.nextRange()) use(reader.clock, reader.length);
 * reader.finish();
 * ```
 */
export class StructReader {
  readonly input: ByteReader;
  readonly #rules: ContentRules | undefined;

  /** Whose structs or deletes these are. */
  client: number = CLOCK_LIMIT;
  /** First clock of the struct or range. */
  clock = 0;
  /** Clocks of the struct or range. */
  length = 0;

  /** One of {@link Kind}. */
  kind = 0;
  /** Offset of the struct's first byte; the reader's position is its end. */
  start = 0;
  /** Offset of its content. */
  contentStart = 0;
  /** The struct that it was put after; -1 for none. */
  originClient = -1;
  originClock = -1;
  /** The struct that it was put before; -1 for none. */
  rightClient = -1;
  rightClock = -1;
  /** The struct that holds the type it is in; -1 when not written here. */
  parentClient = -1;
  parentClock = -1;
  /** Where the name of the root type it is in is written; -1 when not here. */
  rootStart = -1;
  rootEnd = -1;
  /** Where its key in that type is written; -1 when not here. */
  keyStart = -1;
  keyEnd = -1;

  /** Structs of this section not read yet. */
  structsLeft = 0;
  /** Sections (or clients of the delete set) not read yet; -1 before their count was read. */
  sectionsLeft = -1;
  #deleteClientsLeft = -1;
  #rangesLeft = 0;

  /** Without `rules`, content that hubs refuse is passed over like any other. */
  constructor(update: Uint8Array, rules?: ContentRules) {
    this.input = new ByteReader(update);
    this.#rules = rules;
  }

  /** Goes to the next client's structs; false after the last. */
  nextSection(): boolean {
    const input = this.input;
    // A section takes three bytes and one struct of two.
    if (this.sectionsLeft < 0) this.sectionsLeft = input.count(5);
    if (this.sectionsLeft === 0) return false;
    this.sectionsLeft--;
    this.structsLeft = input.count(2);
    if (this.structsLeft === 0) throw new MalformedUpdate("empty", "a client has no structs");
    this.#enterClient();
    this.clock = input.uint();
    this.length = 0;
    return true;
  }

  /** Goes to the section's next struct; false after the last. */
  nextStruct(): boolean {
    if (this.structsLeft === 0) return false;
    this.structsLeft--;
    const input = this.input;
    this.clock += this.length;
    this.start = input.at;
    const info = input.byte();
    const kind = info & 0x1f;
    this.kind = kind;
    this.originClient = this.rightClient = this.parentClient = this.rootStart = this.keyStart = -1;
    if (kind === Kind.gc || kind === Kind.skip) {
      if (info !== kind) throw new MalformedUpdate("content", "a collected struct has flags");
      this.contentStart = input.at;
      this.length = input.uint();
    } else {
      this.#place(info);
      this.contentStart = input.at;
      this.length = skipContent(input, kind, this.#rules);
    }
    this.#checkLength();
    return true;
  }

  /** Goes to the deletes of the next client, after the last section; false after the last. */
  nextDeletes(): boolean {
    const input = this.input;
    if (this.#deleteClientsLeft < 0) {
      // A client of the delete set takes two bytes and one range of two.
      this.#deleteClientsLeft = input.count(4);
      this.client = CLOCK_LIMIT;
    }
    if (this.#deleteClientsLeft === 0) return false;
    this.#deleteClientsLeft--;
    this.#enterClient();
    this.#rangesLeft = input.count(2);
    if (this.#rangesLeft === 0) throw new MalformedUpdate("empty", "a client has no delete ranges");
    this.clock = 0;
    this.length = 0;
    return true;
  }

  /** Goes to the client's next delete range; false after the last. */
  nextRange(): boolean {
    if (this.#rangesLeft === 0) return false;
    this.#rangesLeft--;
    const before = this.clock + this.length;
    this.clock = this.input.uint();
    this.length = this.input.uint();
    if (this.clock < before) {
      throw new MalformedUpdate("delete-order", "delete ranges overlap or do not ascend");
    }
    this.#checkLength();
    return true;
  }

  /** Ends the walk. */
  finish(): void {
    const { left } = this.input;
    if (left > 0) throw new MalformedUpdate("trailing", `${left} bytes follow the update`);
  }

  #enterClient(): void {
    const client = this.input.uint();
    if (client >= this.client) {
      throw client >= CLOCK_LIMIT
        ? clientOutOfRange()
        : new MalformedUpdate("client-order", "clients are not in strictly descending order");
    }
    this.client = client;
  }

  #checkLength(): void {
    if (this.length === 0) throw new MalformedUpdate("zero-length", "a struct or range is empty");
    if (this.clock + this.length > CLOCK_LIMIT) throw clockOutOfRange();
  }

  /** Reads where an item was put. */
  #place(info: number): void {
    const input = this.input;
    if (info & Flag.origin) {
      this.originClient = input.uint();
      this.originClock = input.uint();
      this.#checkReference(this.originClient, this.originClock);
    }
    if (info & Flag.rightOrigin) {
      this.rightClient = input.uint();
      this.rightClock = input.uint();
      this.#checkReference(this.rightClient, this.rightClock);
    }
    // With a neighbour known the parent is the neighbour's, and so is the key.
    if ((info & (Flag.origin | Flag.rightOrigin)) !== 0) return;
    switch (input.byte()) {
      case 1:
        skipKey(input, this.#rules, "root type");
        this.rootStart = input.textStart;
        this.rootEnd = input.textEnd;
        break;
      case 0:
        this.parentClient = input.uint();
        this.parentClock = input.uint();
        this.#checkReference(this.parentClient, this.parentClock);
        break;
      default:
        throw new MalformedUpdate("content", "a parent is neither a root type nor a struct");
    }
    if ((info & Flag.key) === 0) return;
    skipKey(input, this.#rules, "map");
    this.keyStart = input.textStart;
    this.keyEnd = input.textEnd;
  }

  #checkReference(client: number, clock: number): void {
    if (client >= CLOCK_LIMIT) throw clientOutOfRange();
    if (clock >= CLOCK_LIMIT) throw clockOutOfRange();
    if (client === this.client && clock >= this.clock) {
      throw new MalformedUpdate("own-future", "a struct refers to its own client's future");
    }
  }
}

function clientOutOfRange(): MalformedUpdate {
  return new MalformedUpdate("client", "a client id is not below 2^32");
}

function clockOutOfRange(): MalformedUpdate {
  return new MalformedUpdate("clock", "a clock is past 2^32");
}
