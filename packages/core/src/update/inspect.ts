/**
 * The inspector: reads an update that somebody else made, before anything else sees it, and says
 * what is in it or why it is refused. It builds no Yjs structs, allocates nothing by a length that
 * it has not checked, and never throws. What depends on the document, `judgeUpdate` decides.
 */

import { decodeText, sameBytes } from "./byte-reader.ts";
import { Kind } from "./content.ts";
import { hasCycle } from "./cycle.ts";
import {
  type ClientRange,
  DEFAULT_LIMITS,
  type DeleteRange,
  type Inspection,
  type SoundUpdate,
  type UpdateLimits,
} from "./inspection.ts";
import { MalformedUpdate } from "./malformed.ts";
import { StructReader } from "./struct-reader.ts";
import { nestsTypesDeeper } from "./type-depth.ts";

export type {
  ClientRange,
  DeleteRange,
  Inspection,
  SoundUpdate,
  UpdateLimits,
} from "./inspection.ts";

/**
 * Inspects one Yjs update in the v1 encoding.
 *
 * @param limits Replace single ones of the default limits.
 * @example
 * ```ts
 * const inspection = inspectUpdate(Y.encodeStateAsUpdate(doc));
 * if (!inspection.ok) console.warn(inspection.code, inspection.message);
 * ```
 */
export function inspectUpdate(update: Uint8Array, limits?: Partial<UpdateLimits>): Inspection {
  try {
    return inspect(update, limits ? { ...DEFAULT_LIMITS, ...limits } : DEFAULT_LIMITS);
  } catch (error) {
    if (!(error instanceof MalformedUpdate)) throw error;
    return { ok: false, code: error.code, message: error.message };
  }
}

function inspect(update: Uint8Array, limits: UpdateLimits): SoundUpdate {
  if (update.length > limits.maxBytes) {
    throw new MalformedUpdate("too-large", `the update is larger than ${limits.maxBytes} bytes`);
  }
  const reader = new StructReader(update, limits);
  const references = new References(limits);
  const roots = new Roots(update, limits.maxRoots);
  const clients: ClientRange[] = [];
  let structs = 0;
  let clocks = 0;
  let collected = 0;
  let types = 0;

  while (reader.nextSection()) {
    const { client, clock: from, structsLeft: count } = reader;
    structs += count;
    if (clients.length === limits.maxClients) throw tooManyClients(limits);
    if (structs > limits.maxStructs) {
      throw new MalformedUpdate("too-many-structs", `it has over ${limits.maxStructs} structs`);
    }
    references.enter(client, clients.length > 0 || reader.sectionsLeft > 0);
    while (reader.nextStruct()) {
      const { kind, clock } = reader;
      if (kind === Kind.type) types++;
      else if (kind <= Kind.deleted) collected += reader.length;
      else if (kind === Kind.skip) {
        throw new MalformedUpdate("skip", "the update leaves out a part of a client's structs");
      }
      if (reader.originClient >= 0) references.add(clock, reader.originClient, reader.originClock);
      if (reader.rightClient >= 0) references.add(clock, reader.rightClient, reader.rightClock);
      if (reader.parentClient >= 0) references.add(clock, reader.parentClient, reader.parentClock);
      else if (reader.rootStart >= 0) roots.add(reader.rootStart, reader.rootEnd);
    }
    if (collected > limits.maxCollected) {
      throw new MalformedUpdate(
        "too-much-collected",
        `it has over ${limits.maxCollected} clocks of deleted content`,
      );
    }
    const to = reader.clock + reader.length;
    clocks += to - from;
    clients.push({ client, from, to, structs: count });
  }
  const deletes = readDeletes(reader, limits);
  reader.finish();
  if (references.needs.length > 1 && hasCycle(clients, references.needs)) {
    throw new MalformedUpdate("cycle", "structs of several clients wait for each other");
  }
  if (types > limits.maxTypeDepth && nestsTypesDeeper(update, limits.maxTypeDepth)) {
    throw new MalformedUpdate("depth", `it nests over ${limits.maxTypeDepth} types in each other`);
  }
  return {
    ok: true,
    clients,
    deletes,
    references: references.ends,
    roots: roots.names,
    bytes: update.length,
    structs,
    clocks,
  };
}

function readDeletes(reader: StructReader, limits: UpdateLimits): readonly DeleteRange[] {
  if (!reader.nextDeletes()) return NO_DELETES;
  const deletes: DeleteRange[] = [];
  let clients = 0;
  do {
    if (clients++ === limits.maxClients) throw tooManyClients(limits);
    while (reader.nextRange()) {
      if (deletes.length === limits.maxDeletes) {
        throw new MalformedUpdate("too-many-deletes", `it has over ${limits.maxDeletes} deletes`);
      }
      const { client, clock: from } = reader;
      deletes.push({ client, from, to: from + reader.length });
    }
  } while (reader.nextDeletes());
  return deletes;
}

/** Collects what structs refer to, beside the past of their own client. */
class References {
  /** Client to highest clock referred to + 1. */
  ends: ReadonlyMap<number, number> = NO_REFERENCES;
  /** For each section, in updates with several: see `Needs`. */
  readonly needs: number[][] = [];
  #ends: Map<number, number> | undefined;
  #client = -1;
  #section: number[] | undefined;
  #sectionEnds: Map<number, number> | undefined;
  // Most structs refer to where the one before them did.
  #lastClient = -1;
  #lastEnd = 0;
  readonly #limits: UpdateLimits;

  constructor(limits: UpdateLimits) {
    this.#limits = limits;
  }

  /** Starts with the structs of `client`. */
  enter(client: number, several: boolean): void {
    this.#client = client;
    this.#lastClient = -1;
    if (!several) return;
    this.#section = [];
    this.#sectionEnds = new Map();
    this.needs.push(this.#section);
  }

  /** The struct at `clock` refers to `toClock` of `toClient`. */
  add(clock: number, toClient: number, toClock: number): void {
    if (toClient === this.#client) return;
    if (toClient === this.#lastClient && toClock < this.#lastEnd) return;
    const end = toClock + 1;
    // Within a section only what goes beyond the former needs can change the order.
    if (this.#section && this.#sectionEnds && end > (this.#sectionEnds.get(toClient) ?? 0)) {
      this.#sectionEnds.set(toClient, end);
      this.#section.push(clock, toClient, end);
    }
    if (!this.#ends) this.ends = this.#ends = new Map();
    if (end > (this.#ends.get(toClient) ?? 0)) this.#ends.set(toClient, end);
    if (this.#ends.size > this.#limits.maxClients) throw tooManyClients(this.#limits);
    this.#lastClient = toClient;
    this.#lastEnd = end;
  }
}

/** Collects the names of root types, each once. */
class Roots {
  names: readonly string[] = NO_ROOTS;
  #names: string[] = [];
  readonly #bytes: Uint8Array;
  readonly #max: number;
  #seen: Set<string> | undefined;
  #start = 0;
  #end = -1;

  constructor(bytes: Uint8Array, max: number) {
    this.#bytes = bytes;
    this.#max = max;
  }

  add(start: number, end: number): void {
    // Most structs name the root that the one before them did: nothing to decode.
    if (sameBytes(this.#bytes, start, end, this.#bytes, this.#start, this.#end)) return;
    this.#start = start;
    this.#end = end;
    const name = decodeText(this.#bytes, start, end);
    if (!this.#seen) {
      this.#seen = new Set([name]);
      this.names = this.#names = [name];
    } else if (!this.#seen.has(name)) {
      this.#seen.add(name);
      this.#names.push(name);
    }
    if (this.#seen.size > this.#max) {
      throw new MalformedUpdate("too-many-roots", `it has over ${this.#max} root types`);
    }
  }
}

const NO_DELETES: readonly DeleteRange[] = [];
const NO_ROOTS: readonly string[] = [];
const NO_REFERENCES: ReadonlyMap<number, number> = new Map();

function tooManyClients(limits: UpdateLimits): MalformedUpdate {
  return new MalformedUpdate("too-many-clients", `it has over ${limits.maxClients} clients`);
}
