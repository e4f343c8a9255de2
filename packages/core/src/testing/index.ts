/** Suites that check your own channel or store, and rigs for tests. */

export { type ChannelPair, describeChannel } from "./channel-conformance.ts";
export { contentHash } from "../update/content-hash.ts";
export { meet, plainDocument, storedIn, writeIn } from "./plain-document.ts";
export { checkAgainstModel, describeStore } from "./store-conformance.ts";
export { describeSharedStore } from "./store-shared-tests.ts";
export type { StoreRig } from "./store-rig.ts";
export type { TestExpectation, TestKit } from "./test-kit.ts";
