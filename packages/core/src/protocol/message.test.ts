import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Epoch, RunId, Tag, WriterId } from "../ids.ts";
import { ProtocolError } from "./codec.ts";
import { MAX_UPDATES_PER_MESSAGE } from "./limits.ts";
import {
  decodeDown,
  decodeUp,
  type DownMessage,
  encodeDown,
  encodeUp,
  protocolGrammar,
  type UpMessage,
} from "./message.ts";
import { PROTOCOL_VERSION } from "./version.ts";

const hexOf = <T extends string>(bytes: number): fc.Arbitrary<T> =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((raw) => Buffer.from(raw).toString("hex") as T);
const tag = hexOf<Tag>(8);
const epoch = hexOf<Epoch>(8);
const uint = fc.maxSafeNat();
const access = fc.constantFrom("none", "read", "write" as const);
const bytes = fc.uint8Array({ maxLength: 200 });
const text = fc.string({ unit: "grapheme", maxLength: 20 });
const cursor = fc.record({ epoch, seq: uint, tag });
const numbered = fc.record({ n: uint, tag });
const mark = fc.record({ run: hexOf<RunId>(8), at: uint, seen: uint, rights: hexOf<Tag>(8) });
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });

const both = [
  fc.record({ type: fc.constant("ping" as const), id: uint }),
  fc.record({ type: fc.constant("pong" as const), id: uint }),
  fc.record({
    type: fc.constant("fragment" as const),
    lane: uint,
    last: fc.boolean(),
    part: bytes,
  }),
  fc.record({
    type: fc.constant("presence" as const),
    doc: uint,
    id: uint,
    clock: uint,
    author: text,
    state: bytes,
  }),
  fc.record({ type: fc.constant("event" as const), topic: text, author: text, data: bytes }),
] as const;

const up: fc.Arbitrary<UpMessage> = fc.oneof(
  ...both,
  fc.record({ type: fc.constant("listen" as const), on: fc.boolean() }),
  fc.record({
    type: fc.constant("hello" as const),
    version: uint,
    workspace: text,
    writer: hexOf<WriterId>(16),
    term: uint,
    attempt: uint,
    token: text,
    agent: text,
  }),
  fc.record({ type: fc.constant("authenticate" as const), token: text }),
  fc.record({
    type: fc.constant("open" as const),
    doc: uint,
    path: text,
    cursor: optional(cursor),
  }),
  fc.record({ type: fc.constant("close" as const), doc: uint }),
  fc.record({ type: fc.constant("watch" as const), on: fc.boolean() }),
  fc.record({
    type: fc.constant("delete" as const),
    id: uint,
    path: text,
    subtree: fc.boolean(),
    epoch: optional(epoch),
  }),
  fc.record({ type: fc.constant("undelete" as const), id: uint, path: text }),
  fc.record({
    type: fc.constant("list" as const),
    id: uint,
    prefix: text,
    after: optional(mark),
  }),
  fc.record({ type: fc.constant("unlist" as const), id: uint }),
  fc.record({
    type: fc.constant("history" as const),
    id: uint,
    path: text,
    before: uint,
    content: fc.boolean(),
  }),
  fc.record({ type: fc.constant("compare" as const), doc: uint, seq: uint, hash: hexOf<Tag>(8) }),
  fc.record({
    type: fc.constant("recover" as const),
    doc: uint,
    epoch,
    last: numbered,
    update: bytes,
  }),
  fc.record({
    type: fc.constant("submit" as const),
    doc: uint,
    basis: optional(epoch),
    plugin: text,
    first: uint,
    updates: fc.array(fc.record({ tag, update: bytes }), { maxLength: 5 }),
  }),
);

const down: fc.Arbitrary<DownMessage> = fc.oneof(
  ...both,
  fc.record({
    type: fc.constant("welcome" as const),
    version: uint,
    user: text,
    plugin: text,
    maxUpdateBytes: uint,
    heartbeat: uint,
    expiresIn: uint,
  }),
  fc.record({
    type: fc.constant("opened" as const),
    doc: uint,
    asked: fc.boolean(),
    access,
    answer: fc.constantFrom("continue", "superseded", "behind", "deleted", "hidden" as const),
    epoch,
    tombstone: optional(epoch),
    head: uint,
    last: numbered,
    lease: optional(fc.record({ client: uint, clock: uint })),
  }),
  fc.record({
    type: fc.constant("listing" as const),
    id: uint,
    fresh: fc.boolean(),
    documents: fc.array(
      fc.record({
        path: text,
        epoch,
        head: uint,
        tag,
        bytes: uint,
        changedAt: uint,
        stored: fc.boolean(),
      }),
      { maxLength: 5 },
    ),
    gone: fc.array(text, { maxLength: 5 }),
    complete: fc.boolean(),
    mark: optional(mark),
  }),
  fc.record({
    type: fc.constant("snapshot" as const),
    doc: uint,
    seq: uint,
    tag,
    format: fc.constantFrom("v1", "v2" as const),
    update: bytes,
  }),
  fc.record({
    type: fc.constant("entries" as const),
    doc: uint,
    first: uint,
    entries: fc.array(fc.record({ tag, author: optional(text), update: bytes }), { maxLength: 5 }),
  }),
  fc.record({
    type: fc.constant("ack" as const),
    doc: uint,
    n: uint,
    at: optional(fc.record({ seq: uint, tag })),
  }),
  fc.record({
    type: fc.constant("denied" as const),
    doc: uint,
    n: uint,
    code: fc.constantFrom("no-access", "invalid", "deleted", "fork", "old-epoch" as const),
    reason: text,
  }),
  fc.record({
    type: fc.constant("later" as const),
    doc: uint,
    n: uint,
    code: fc.constantFrom(
      "disk-full",
      "store-failed",
      "rate",
      "gap",
      "starting",
      "recovery" as const,
    ),
    reason: text,
    wait: uint,
  }),
  fc.record({ type: fc.constant("id-taken" as const), doc: uint, n: uint, client: uint }),
  fc.record({ type: fc.constant("access" as const), doc: uint, access }),
  fc.record({
    type: fc.constant("missed" as const),
    why: fc.constantFrom("offline", "slow", "rate", "no-access" as const),
    count: uint,
  }),
  fc.record({
    type: fc.constant("history-page" as const),
    id: uint,
    epoch,
    page: fc.record({
      base: optional(fc.record({ format: fc.constantFrom("v1", "v2" as const), update: bytes })),
      changes: fc.array(
        fc.record({
          first: uint,
          last: uint,
          author: text,
          from: uint,
          to: uint,
          updates: fc.array(bytes, { maxLength: 3 }),
        }),
        { maxLength: 3 },
      ),
    }),
    before: uint,
    isFirst: fc.boolean(),
  }),
  fc.record({
    type: fc.constant("deleted" as const),
    fresh: fc.boolean(),
    subtrees: fc.array(fc.record({ path: text, tombstone: epoch }), { maxLength: 5 }),
  }),
  fc.record({ type: fc.constant("restart" as const), doc: uint }),
  fc.record({ type: fc.constant("differs" as const), doc: uint, seq: uint }),
  fc.record({ type: fc.constant("done" as const), id: uint, count: uint }),
  fc.record({ type: fc.constant("failed" as const), id: uint, code: text, reason: text }),
  fc.record({
    type: fc.constant("upstream" as const),
    doc: uint,
    state: fc.constantFrom("none", "offline", "catching-up", "live", "failed" as const),
    saved: uint,
    waiting: uint,
    problem: optional(fc.record({ code: text, message: text })),
  }),
  fc.record({
    type: fc.constant("changed" as const),
    path: text,
    author: text,
    origin: fc.constantFrom("below", "above" as const),
  }),
);

/** Whether decoding gives a message or a protocol error. */
function isSound(decode: (frame: Uint8Array) => unknown, frame: Uint8Array): boolean {
  try {
    decode(frame);
    return true;
  } catch (error) {
    return error instanceof ProtocolError;
  }
}

describe("messages", () => {
  it("come back from their frames as they were", () => {
    fc.assert(
      fc.property(up, (message) => {
        expect(decodeUp(encodeUp(message))).toEqual(message);
      }),
    );
    fc.assert(
      fc.property(down, (message) => {
        expect(decodeDown(encodeDown(message))).toEqual(message);
      }),
    );
  });

  it("are refused when a frame is cut, or goes on", () => {
    fc.assert(
      fc.property(down, fc.nat(), (message, at) => {
        const frame = encodeDown(message);
        const cut = frame.subarray(0, at % frame.length);
        expect(() => decodeDown(cut)).toThrow(ProtocolError);
        expect(() => decodeDown(new Uint8Array([...frame, 0]))).toThrow(ProtocolError);
      }),
    );
  });

  it("throw nothing but a protocol error on garbage", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (garbage) => {
        for (const decode of [decodeUp, decodeDown]) expect(isSound(decode, garbage)).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });

  it("allocate nothing for lengths that are not there", () => {
    // submit: doc 1, no basis, plugin "", first 1, and a count of 2^21 updates in three bytes.
    const huge = new Uint8Array([20, 1, 0, 0, 1, 0x80, 0x80, 0x80, 0x01]);
    expect(() => decodeUp(huge)).toThrow(/list is too long/);
    const many = new Uint8Array([20, 1, 0, 0, 1, MAX_UPDATES_PER_MESSAGE % 128, 32]);
    expect(() => decodeUp(many)).toThrow(ProtocolError);
    // presence with a state of 2^50 bytes.
    const state = new Uint8Array([3, 1, 1, 1, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02]);
    expect(() => decodeUp(state)).toThrow(ProtocolError);
  });

  it("have not changed without a new protocol version", () => {
    const fingerprint = createHash("sha256").update(protocolGrammar()).digest("hex").slice(0, 16);
    // When this fails: raise PROTOCOL_VERSION, add a line to its history, and put the new
    // fingerprint here.
    expect({ version: PROTOCOL_VERSION, fingerprint }).toEqual({
      version: 4,
      fingerprint: "23ec1df4c43cbc26",
    });
  });
});
