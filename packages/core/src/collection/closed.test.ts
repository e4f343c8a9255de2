/** Collections that are read, and written, after they or the handle of their document were closed. */

import * as z from "zod";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DocumentHandle } from "../replica/document-handle.ts";
import { writeIn } from "../testing/plain-document.ts";
import { createRig, type Rig } from "../testing/rig.ts";
import { counter, createUndo, defineCollection, openCollection, set, transact } from "./index.ts";

const definition = defineCollection(
  "things",
  { name: z.string(), votes: counter(), tags: set(z.string()) },
  { indexes: ["name"] },
);

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
});
afterEach(() => rig.dispose());

async function open(): Promise<readonly [DocumentHandle, DocumentHandle]> {
  const { workspace } = await rig.device("ada");
  const [one, two] = [workspace.open("board/main"), workspace.open("board/main")];
  await one.ready;
  await two.ready;
  return [one, two];
}

const ways = ["its handle was closed", "it was disposed"] as const;

describe.each(ways)("a collection, after %s", (way) => {
  const end = (board: DocumentHandle, things: { dispose(): void }): void => {
    if (way === "it was disposed") things.dispose();
    else board.close();
  };

  it("answers from what was there last, and tells nothing any more", async () => {
    const [board, other] = await open();
    const things = openCollection(board, definition);
    const live = openCollection(other, definition);
    things.insert({ id: "a", name: "A", votes: 2 });
    const query = things.query({ where: { name: "A" } });
    const [rows, votes] = [query.rows, things.counter("a", "votes")];
    let heard = 0;
    things.onChange(() => heard++);
    end(board, things);
    const record = things.get("a");
    expect(record).toMatchObject({ name: "A", votes: 2 });
    live.update("a", { name: "B" });
    live.counter("a", "votes").add(1);
    live.insert({ id: "b", name: "A" });
    expect(things.get("a")).toBe(record);
    expect([things.all(), things.has("b"), votes.value]).toEqual([[record], false, 2]);
    expect([query.rows, things.query({ where: { name: "A" } }).count]).toEqual([rows, 1]);
    expect([things.invalid, things.isOutdated, heard]).toEqual([[], false, 0]);
    things.dispose();
    expect(live.get("b")).toBeDefined();
    live.update("a", { name: "C" });
    expect(live.get("a")?.name).toBe("C");
  });

  it("is not written, and says so", async () => {
    const [board] = await open();
    const things = openCollection(board, definition);
    things.insert({ id: "a", name: "A" });
    const [votes, tags] = [things.counter("a", "votes"), things.set("a", "tags")];
    end(board, things);
    for (const write of [
      () => things.insert({ name: "B" }),
      () => things.update("a", { name: "B" }),
      () => things.update("a", { name: "A" }),
      () => things.delete("a"),
      () => things.sweep(),
      () => votes.add(1),
      () => tags.add("b"),
    ]) {
      expect(write).toThrow(expect.objectContaining({ code: "disposed", path: "board/main" }));
    }
    expect(things.all()).toMatchObject([{ name: "A", votes: 0 }]);
  });
});

describe("a handle that was closed", () => {
  it("has no collections, undo or transactions", async () => {
    const [board] = await open();
    board.close();
    for (const use of [
      () => openCollection(board, definition),
      () => createUndo(board),
      () => transact(board, () => undefined),
    ]) {
      expect(use).toThrow(expect.objectContaining({ code: "disposed" }));
    }
  });

  it("keeps nothing of its collections in a document that others have open", async () => {
    const [board, other] = await open();
    const { doc } = other;
    openCollection(board, definition);
    const listeners = (): number => doc._observers.get("afterTransaction")?.size ?? 0;
    expect(listeners()).toBe(1);
    board.close();
    writeIn(doc, "things", { "a/": true });
    expect(listeners()).toBe(0);
  });
});

it("a collection of a workspace that was disposed answers from what was there last", async () => {
  const { workspace } = await rig.device("ada");
  const board = workspace.open("board/main");
  await board.ready;
  const things = openCollection(board, definition);
  const record = things.insert({ id: "a", name: "A" });
  await workspace.dispose();
  expect([things.all(), things.get("a")]).toEqual([[record], record]);
  expect(() => things.delete("a")).toThrow(expect.objectContaining({ code: "disposed" }));
});
