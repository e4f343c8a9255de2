import { afterEach, describe, expect, it } from "vitest";
import type { Compacted, CompactionResult } from "@croft/core";
import * as Y from "yjs";
import { createWorkerCompactor, type WorkerCompactor } from "./worker-compactor.ts";

let compactor: WorkerCompactor;
afterEach(async () => {
  await compactor.dispose();
});

/** The log of a text that was typed letter by letter, and half erased again. */
function typed(text: string): readonly Uint8Array[] {
  const log: Uint8Array[] = [];
  const doc = new Y.Doc();
  doc.clientID = 7;
  doc.on("update", (update: Uint8Array) => log.push(update));
  for (let at = 0; at < text.length; at++) doc.getText("body").insert(at, text.charAt(at));
  doc.getText("body").delete(0, Math.floor(text.length / 2));
  return log;
}

function compacted(result: CompactionResult): Compacted {
  if ("damagedBy" in result) throw new Error(result.reason);
  return result;
}

function textOf(update: Uint8Array): string {
  const doc = new Y.Doc();
  Y.applyUpdateV2(doc, update);
  return doc.getText("body").toString();
}

describe("compaction in a thread", () => {
  it("yields the same content, with the clocks that the bytes have", async () => {
    compactor = createWorkerCompactor();
    expect(compactor.running).toBe(false);
    const updates = typed("Hello, world");
    const first = compacted(await compactor.compact({ snapshot: undefined, updates }));
    expect(textOf(first.update)).toBe(" world");
    expect(first.clocks).toEqual(new Map([[7, 12]]));
    const snapshot = { format: "v2", update: first.update } as const;
    const next = new Y.Doc();
    Y.applyUpdateV2(next, first.update);
    next.clientID = 8;
    const before = Y.encodeStateVector(next);
    next.getText("body").insert(6, "!");
    const second = compacted(
      await compactor.compact({ snapshot, updates: [Y.encodeStateAsUpdate(next, before)] }),
    );
    expect(textOf(second.update)).toBe(" world!");
  });

  it("does several at once, and tells which of them cannot be", async () => {
    compactor = createWorkerCompactor();
    const [one, bad, two] = await Promise.allSettled([
      compactor.compact({ snapshot: undefined, updates: typed("one one") }),
      compactor.compact({ snapshot: undefined, updates: [new Uint8Array([1, 2, 3])] }),
      compactor.compact({ snapshot: undefined, updates: typed("two two") }),
    ]);
    expect(one.status === "fulfilled" && textOf(compacted(one.value).update)).toBe(" one");
    expect(bad).toMatchObject({ status: "fulfilled", value: { damagedBy: 0 } });
    expect(two.status === "fulfilled" && textOf(compacted(two.value).update)).toBe(" two");
  });

  it("ends its thread when there is nothing to do, and starts another one then", async () => {
    compactor = createWorkerCompactor(10);
    await compactor.compact({ snapshot: undefined, updates: typed("once") });
    await expect.poll(() => compactor.running).toBe(false);
    const again = compacted(
      await compactor.compact({ snapshot: undefined, updates: typed("again") }),
    );
    expect(textOf(again.update)).toBe("ain");
  });

  it("refuses and rejects once it was disposed", async () => {
    compactor = createWorkerCompactor();
    const under = compactor.compact({ snapshot: undefined, updates: typed("late") });
    const outcome = Promise.allSettled([under]);
    await compactor.dispose();
    expect(await outcome).toMatchObject([{ status: "rejected", reason: { code: "disposed" } }]);
    expect(compactor.running).toBe(false);
    await expect(compactor.compact({ snapshot: undefined, updates: [] })).rejects.toMatchObject({
      code: "disposed",
    });
  });
});
