import { CroftError, type DocumentState, type SyncState } from "@croft/core";
import { describe, expect, it } from "vitest";
import { linkWords } from "./link-words.ts";
import { saveWords } from "./save-words.ts";

const full = new CroftError("store/full", "The disk is full.");
const online: SyncState = { name: "online" };
const links: readonly SyncState[] = [
  { name: "none" },
  { name: "paused" },
  { name: "connecting" },
  online,
  { name: "offline", reason: "lost" },
  { name: "refused", error: new CroftError("auth/refused", "No.") },
];

function document(changes: Partial<DocumentState>): DocumentState {
  return {
    access: "write",
    ready: true,
    live: true,
    saved: "server",
    waiting: 0,
    deleted: false,
    error: undefined,
    ...changes,
  };
}

describe("what is saved where, in words", () => {
  it.each([
    [document({ ready: false }), online, "Opening…", "busy"],
    [document({}), online, "Saved on the server", "good"],
    [document({}), { name: "paused" }, "All changes are on the server", "waiting"],
    [document({ saved: "memory" }), online, "Saving…", "busy"],
    [document({ saved: "memory", error: full }), online, /^Not saved yet/, "bad"],
    [document({ saved: "device", waiting: 2 }), online, "Saving…", "busy"],
    [document({ saved: "device" }), { name: "none" }, "Saved on this device", "good"],
    [
      document({ saved: "device", waiting: 1 }),
      { name: "paused" },
      "Saved on this device; 1 change waiting",
      "waiting",
    ],
    [
      document({ saved: "device", waiting: 3 }),
      { name: "offline", reason: "lost" },
      "Saved on this device; 3 changes waiting",
      "waiting",
    ],
    [
      document({ saved: "device", waiting: 3 }),
      { name: "refused", error: full },
      "Saved on this device; 3 changes not sent",
      "bad",
    ],
  ] satisfies readonly (readonly [DocumentState, SyncState, string | RegExp, string])[])(
    "%#",
    (state, sync, text, tone) => {
      const words = saveWords(state, sync);
      expect(words.text).toMatch(text);
      expect(words.tone).toBe(tone);
    },
  );

  it("has words for every state of the link, and offers to try again where that can help", () => {
    for (const sync of links) expect(linkWords(sync).text).not.toBe("");
    const retryable = links.filter((sync) => linkWords(sync).canRetry).map(({ name }) => name);
    expect(retryable).toEqual(["offline", "refused"]);
    expect(linkWords({ name: "offline", reason: "lost" }).text).toBe(
      "Working offline. The server cannot be reached.",
    );
  });
});
