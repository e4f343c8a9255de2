import { describe, expect, it } from "vitest";
import { createGate } from "../access/gate.ts";
import { createMemoryDisk, createMemoryStore } from "../store/memory-store.ts";
import { createHub } from "./hub.ts";

describe("texts beside the documents", () => {
  it("are there after a restart, change together, and are none of the hub's own values", async () => {
    const disk = createMemoryDisk();
    const first = await createHub({ store: createMemoryStore(disk), gate: createGate() });
    await first.setTexts([
      ["deleted-subtrees", "no list"],
      ["b", "2"],
    ]);
    await first.setTexts([["b", undefined]]);
    await first.dispose();
    const second = await createHub({ store: createMemoryStore(disk), gate: createGate() });
    expect(await second.readText("deleted-subtrees")).toBe("no list");
    expect(await second.readText("b")).toBeUndefined();
    await second.dispose();
  });

  it("are refused to a hub whose store another one took", async () => {
    const disk = createMemoryDisk();
    const first = await createHub({ store: createMemoryStore(disk), gate: createGate() });
    const second = await createHub({ store: createMemoryStore(disk), gate: createGate() });
    await expect(first.setTexts([["a", "late"]])).rejects.toMatchObject({ code: "store/fenced" });
    expect(await second.readText("a")).toBeUndefined();
    await second.dispose();
    await first.dispose();
  });
});
