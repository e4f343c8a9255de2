import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import { parseDocPath } from "../doc-path.ts";
import { Draft } from "../hub/draft.ts";
import { HubDocument, noUpstream } from "../hub/hub-document.ts";
import { createTag, createWriterId, randomBytes } from "../ids.ts";
import { quarantineDenied, renamePending } from "./pending.ts";

const WRITER = createWriterId();

/** A device's document on which two people typed offline, each update pending. */
function offline() {
  const document = new HubDocument(parseDocPath("notes/a"), undefined, 0, randomBytes);
  const updates: Uint8Array[] = [];
  const one = new Y.Doc();
  one.clientID = 1;
  const two = new Y.Doc();
  two.clientID = 2;
  for (const doc of [one, two]) doc.on("update", (update: Uint8Array) => updates.push(update));
  one.getText("body").insert(0, "a");
  one.getText("body").insert(1, "b");
  two.getText("other").insert(0, "c");
  const draft = new Draft(document, 0, randomBytes);
  draft.setUpstream({}, WRITER);
  for (const [index, update] of updates.entries()) {
    const client = index === 2 ? 2 : 1;
    const pending = { n: index + 1, tag: createTag(), basis: undefined, plugin: "" };
    draft.setClaim(client, { client, writer: WRITER, clock: index === 1 ? 2 : 1 });
    draft.setUpstream({ numbered: pending.n }, WRITER);
    draft.append({ update, writer: WRITER, n: index + 1, author: "ada", pending });
  }
  draft.committed();
  const content = { base: [], entries: document.pending };
  return { document, updates, content };
}

describe("a refused entry", () => {
  it("[SYNC-19] takes what depends on it along, and the rest goes on under new numbers", () => {
    const { document, updates, content } = offline();
    const kept = document.pending[2];
    const draft = new Draft(document, 0, randomBytes, content);
    quarantineDenied(draft, 1, "no-access", "no");
    expect(draft.quarantine).toMatchObject([{ code: "no-access", updates: updates.slice(0, 2) }]);
    expect(draft.pending.map(({ update }) => update)).toEqual([updates[2]]);
    expect(draft.pending[0]?.pending).toMatchObject({ n: 1 });
    expect(draft.pending[0]?.pending?.tag).not.toBe(kept?.pending?.tag);
    expect([draft.clock(1), draft.clock(2)]).toEqual([0, 1]);
    expect(draft.record.upstream?.numbered).toBe(1);
    expect(draft.record.epoch).not.toBe(document.record.epoch);
  });

  it("leaves what came before it as it was sent", () => {
    const { document, content } = offline();
    const first = document.pending[0]?.pending;
    const draft = new Draft(document, 0, randomBytes, content);
    quarantineDenied(draft, 3, "no-access", "no");
    expect(draft.pending.map(({ pending }) => pending?.n)).toEqual([1, 2]);
    expect(draft.pending[0]?.pending?.tag).toBe(first?.tag);
  });
});

describe("a refused entry of an author who has others pending", () => {
  it("leaves the clocks of those", () => {
    const { document, content } = offline();
    const draft = new Draft(document, 0, randomBytes, content);
    quarantineDenied(draft, 2, "no-access", "no");
    expect([draft.clock(1), draft.clock(2)]).toEqual([1, 1]);
  });
});

describe("a taken client id", () => {
  it("[SYNC-11] is replaced in everything that is pending, and only there", () => {
    const { document, updates, content } = offline();
    const draft = new Draft(document, 0, randomBytes, content);
    renamePending(draft, 2, randomBytes);
    // Between 1 and 2 there is no other id: then the edits are kept aside instead.
    expect(draft.quarantine).toMatchObject([{ code: "invalid", updates: [updates[2]] }]);

    const other = offline();
    const renaming = new Draft(other.document, 0, randomBytes, other.content);
    renaming.setClaim(1, { client: 1, writer: WRITER, clock: 2 });
    renamePending(renaming, 1, randomBytes);
    expect(renaming.clock(1) === 0 || renaming.quarantine.length > 0).toBe(true);
  });

  it("a document that the hub above never saw starts with nothing known of it", () => {
    expect(noUpstream(WRITER)).toMatchObject({ cursor: undefined, numbered: 0, access: "write" });
  });
});
