import { describe, expect, it } from "vitest";
import { randomBytes } from "../ids.ts";
import { typed } from "../testing/raw-peer.ts";
import { Submissions } from "./submissions.ts";

describe("[SYNC-11] a client id under which edits wait", () => {
  it("is taken when others come under it, and not when ours come back", () => {
    const submissions = new Submissions(randomBytes, undefined);
    submissions.capture(typed(9, "ours"));
    expect(submissions.takenBy([typed(8, "theirs"), typed(9, "theirs")])).toBe(9);
    expect(submissions.takenBy([typed(8, "theirs")])).toBeUndefined();
    expect(submissions.takenBy([typed(9, "ours")])).toBeUndefined();
    // Cut elsewhere, and with more of ours after it.
    submissions.number(undefined);
    expect(submissions.takenBy([typed(9, "our")])).toBeUndefined();
    expect(submissions.takenBy([typed(9, "ours and more")])).toBeUndefined();
    expect(submissions.takenBy([typed(9, "ou other")])).toBe(9);
  });

  it("is nobody's any more once the hub has the edits", () => {
    const submissions = new Submissions(randomBytes, undefined);
    submissions.capture(typed(9, "ours"));
    submissions.number(undefined);
    submissions.take(1_000);
    submissions.acked(1, false);
    expect(submissions.takenBy([typed(9, "theirs")])).toBeUndefined();
  });
});
