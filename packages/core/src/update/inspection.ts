/** What the inspector finds in an update, and the limits that it holds updates to. */

import type { InspectionCode } from "./malformed.ts";

/** How much one update may bring. The defaults are far above what editors write. */
export interface UpdateLimits {
  /** Bytes. Default: 16 MiB. */
  readonly maxBytes: number;
  /** Clients with structs, clients with deletes, clients referred to. Default: 65,536. */
  readonly maxClients: number;
  /** Structs of all clients. Default: 1,000,000. */
  readonly maxStructs: number;
  /** Delete ranges of all clients. Default: 1,000,000. */
  readonly maxDeletes: number;
  /** Names of root types. Default: 1,000. */
  readonly maxRoots: number;
  /** Clocks of collected and deleted content, which take no bytes. Default: 16,777,216. */
  readonly maxCollected: number;
  /** How deep values (objects, arrays, embeds, formats) are nested. Default: 64. */
  readonly maxDepth: number;
  /** How deep one update may nest Yjs types in each other. Default: 256. */
  readonly maxTypeDepth: number;
}

/** The limits unless others are given. */
export const DEFAULT_LIMITS: UpdateLimits = {
  maxBytes: 16 * 1024 * 1024,
  maxClients: 65_536,
  maxStructs: 1_000_000,
  maxDeletes: 1_000_000,
  maxRoots: 1_000,
  maxCollected: 16_777_216,
  maxDepth: 64,
  maxTypeDepth: 256,
};

/** For what is stored, or comes from the hub above: it was judged before, and may be as large as it is. */
export const TRUSTED_LIMITS: Partial<UpdateLimits> = {
  maxBytes: Number.MAX_SAFE_INTEGER,
  maxClients: Number.MAX_SAFE_INTEGER,
  maxStructs: Number.MAX_SAFE_INTEGER,
  maxDeletes: Number.MAX_SAFE_INTEGER,
  maxRoots: Number.MAX_SAFE_INTEGER,
  maxCollected: Number.MAX_SAFE_INTEGER,
};

/** The structs of one client, without gaps. */
export interface ClientRange {
  readonly client: number;
  /** Clock of the first. */
  readonly from: number;
  /** The clock after the last. */
  readonly to: number;
  /** How many structs. */
  readonly structs: number;
}

/** Clocks of one client that are deleted. */
export interface DeleteRange {
  readonly client: number;
  readonly from: number;
  /** The clock after the last. */
  readonly to: number;
}

/** An update that is sound in itself. Whether it fits a document, `judgeUpdate` says. */
export interface SoundUpdate {
  readonly ok: true;
  /** In descending order of the client, each client once. */
  readonly clients: readonly ClientRange[];
  /** In descending order of the client; ascending and disjoint for each. */
  readonly deletes: readonly DeleteRange[];
  /**
   * For each client that other clients' structs refer to (as origin, right origin or parent): the
   * highest clock referred to + 1. References to a client's own past are checked already.
   */
  readonly references: ReadonlyMap<number, number>;
  /** Names of the root types that structs name as their parent, each once. */
  readonly roots: readonly string[];
  /** Size of the update. */
  readonly bytes: number;
  /** Structs of all clients. */
  readonly structs: number;
  /** Clocks of all clients. */
  readonly clocks: number;
}

/** What `inspectUpdate` answers. */
export type Inspection =
  | SoundUpdate
  | {
      readonly ok: false;
      readonly code: InspectionCode;
      /** For a person. */
      readonly message: string;
    };

/** Whether an update has structs of a client, refers to them or deletes them. */
export function mentionsClient(
  { clients, deletes, references }: SoundUpdate,
  client: number,
): boolean {
  const isOf = (range: { readonly client: number }): boolean => range.client === client;
  return references.has(client) || clients.some(isOf) || deletes.some(isOf);
}
