import { describe, expect, it } from "vitest";
import { typed } from "../testing/raw-peer.ts";
import { quarantineOf } from "../testing/store-samples.ts";
import { parseDocPath } from "../doc-path.ts";
import { readRefusedEdits } from "./refused-edits.ts";

const path = parseDocPath("notes/a");

function shown(refused: Uint8Array, accepted: Uint8Array): string {
  const record = quarantineOf(1, { path, updates: [refused] });
  const { withEdits, complete } = readRefusedEdits(record, accepted);
  expect(complete).toBe(true);
  return withEdits.getText("body").toString();
}

describe("refused edits whose client id somebody else has used since", () => {
  it("are shown beside what was written under it", () => {
    const text = shown(typed(9, "refused"), typed(9, "accepted"));
    expect(text).toContain("refused");
    expect(text).toContain("accepted");
  });

  it("are shown once when they had arrived after all", () => {
    expect(shown(typed(9, "arrived"), typed(9, "arrived"))).toBe("arrived");
  });
});
