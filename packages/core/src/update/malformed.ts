/**
 * Why an update is refused: the codes, and the error that carries one inside this folder. Nothing
 * but {@link MalformedUpdate} is thrown for bad bytes, and `inspectUpdate` turns it into a value.
 */

/** Every reason for which the bytes of an update alone are refused. Stable, for programs. */
export type InspectionCode =
  /** The bytes end in the middle of something. */
  | "truncated"
  /** Bytes follow the end of the update. */
  | "trailing"
  /** An integer is above 2^53 - 1, or longer than it needs to be. */
  | "integer"
  /** A count is larger than the bytes that are left can hold. */
  | "count"
  /** A client section without structs, or a client of the delete set without ranges. */
  | "empty"
  /** A struct that takes no clock. */
  | "zero-length"
  /** A client id that is not below 2^32. */
  | "client"
  /** Clients (of structs or of deletes) twice, or not in descending order. */
  | "client-order"
  /** A clock past 2^32. */
  | "clock"
  /** A struct refers to itself or to what its client writes later. */
  | "own-future"
  /** Structs of several clients wait for each other. */
  | "cycle"
  /** Delete ranges overlap or do not ascend. */
  | "delete-order"
  /** A kind of struct, type or value that Yjs does not know, or flags that it never writes. */
  | "content"
  /** A text is not UTF-8. */
  | "text"
  /** An embed or a format is not JSON. */
  | "json"
  /** A gap in a client's clocks, written as a Skip struct. */
  | "skip"
  /** A subdocument. */
  | "subdocument"
  /** Content in the JSON form that Yjs has not written since 2020. */
  | "legacy"
  /** Values or types are nested too deeply. */
  | "depth"
  /** A key that is dangerous in JavaScript: `__proto__`, `constructor`, `prototype`. */
  | "key"
  /** More bytes than the limit. */
  | "too-large"
  /** More clients than the limit. */
  | "too-many-clients"
  /** More structs than the limit. */
  | "too-many-structs"
  /** More delete ranges than the limit. */
  | "too-many-deletes"
  /** More root types than the limit. */
  | "too-many-roots"
  /** More clocks of collected content (which take no bytes) than the limit. */
  | "too-much-collected";

/** What a reader throws on the first byte that is wrong. */
export class MalformedUpdate extends Error {
  override readonly name = "MalformedUpdate";
  /** Which rule is broken. */
  readonly code: InspectionCode;

  constructor(code: InspectionCode, message: string) {
    super(message);
    this.code = code;
  }
}
