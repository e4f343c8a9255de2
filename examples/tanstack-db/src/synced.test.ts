/** The adapter over a workspace and a hub: what others write, and what is refused. */

import {
  createGate,
  createHub,
  createMemoryChannelPair,
  createMemoryStore,
  openWorkspace,
  parsePattern,
  servePeer,
} from "@croft/core";
import { counter, defineCollection, openCollection } from "@croft/core/collection";
import { createCollection } from "@tanstack/db";
import { describe, expect, it, onTestFinished } from "vitest";
import * as z from "zod";
import { croftCollectionOptions } from "./index.ts";

const plants = defineCollection("plants", {
  name: z.string().min(1),
  bed: z.string(),
  note: z.string().optional(),
  votes: counter(),
});

async function openGarden() {
  const gate = createGate();
  const hub = await createHub({ store: createMemoryStore(), gate });
  onTestFinished(() => hub.dispose());
  return {
    gate,
    open: async (user: string) => {
      const workspace = await openWorkspace({
        id: "acme",
        user,
        store: async () => createMemoryStore(),
        sync: {
          url: "ws://in-process",
          connect: async () => {
            const [near, far] = createMemoryChannelPair();
            const grants = [{ pattern: parsePattern("**"), access: "write" as const }];
            servePeer(far, async () => ({ hub, principal: { user, grants } }));
            return near;
          },
        },
      });
      onTestFinished(() => workspace.dispose());
      const document = workspace.open("garden/main");
      await document.caughtUp();
      const own = openCollection(document, plants);
      const rows = createCollection(croftCollectionOptions(document, own));
      await rows.preload();
      const shown = (): string =>
        rows.toArray
          .map(({ id, name, votes }) => `${id} ${name} ${votes}`)
          .toSorted()
          .join();
      return { workspace, document, own, rows, shown };
    },
  };
}

describe("a collection in TanStack DB that is synced", () => {
  it("shows what another device writes, also to what is being written here", async () => {
    const { open } = await openGarden();
    const [ada, ben] = [await open("ada"), await open("ben")];
    await ada.rows.insert({ id: "peas", name: "Peas", bed: "south", votes: 0 }).isPersisted.promise;
    await expect.poll(ben.shown).toBe("peas Peas 0");
    ada.workspace.sync.pause();
    await ada.rows.update("peas", (draft: { name: string }) => void (draft.name = "Sweet peas"))
      .isPersisted.promise;
    await ben.rows.update("peas", (draft: { bed: string }) => void (draft.bed = "north"))
      .isPersisted.promise;
    ben.own.counter("peas", "votes").add(2);
    await ben.document.saved("server");
    ada.workspace.sync.resume();
    await expect.poll(ada.shown).toBe("peas Sweet peas 2");
    await expect.poll(ben.shown).toBe("peas Sweet peas 2");
    expect([ada.rows.get("peas")?.bed, ben.rows.get("peas")?.bed]).toEqual(["north", "north"]);
    await ben.rows.delete("peas").isPersisted.promise;
    await expect.poll(ada.shown).toBe("");
  });

  it("takes back what the server refuses, and shows it where it may be written again", async () => {
    const { gate, open } = await openGarden();
    const ada = await open("ada");
    await ada.rows.insert({ id: "peas", name: "Peas", bed: "south", votes: 0 }).isPersisted.promise;
    await ada.document.saved("server");
    ada.workspace.sync.pause();
    await ada.rows.insert({ id: "kale", name: "Kale", bed: "south", votes: 0 }).isPersisted.promise;
    await ada.rows.update("peas", (draft: { name: string }) => void (draft.name = "Refused"))
      .isPersisted.promise;
    expect(ada.shown()).toBe("kale Kale 0,peas Refused 0");
    await ada.document.saved("device");
    gate.limitUser("ada", [{ pattern: parsePattern("**"), access: "read" }]);
    ada.workspace.sync.resume();
    await expect.poll(ada.shown).toBe("peas Peas 0");
    const refused = ada.rows.delete("peas");
    await expect(refused.isPersisted.promise).rejects.toMatchObject({ code: "access/denied" });
    expect(ada.shown()).toBe("peas Peas 0");
    gate.limitUser("ada", undefined);
    await expect.poll(() => ada.document.state.access).toBe("write");
    await ada.rows.delete("peas").isPersisted.promise;
    expect(ada.shown()).toBe("");
  });

  it("writes all of several rows, or none", async () => {
    const { open } = await openGarden();
    const ada = await open("ada");
    const told: number[] = [];
    ada.own.onChange(({ ids }) => told.push(ids.size));
    const bed = "south";
    const both = ada.rows.insert([
      { id: "kale", name: "Kale", bed, votes: 0 },
      { id: "none", name: "", bed, votes: 0 },
    ]);
    await expect(both.isPersisted.promise).rejects.toMatchObject({ code: "record/invalid" });
    expect([ada.shown(), ada.own.all()]).toEqual(["", []]);
    told.length = 0;
    await ada.rows.insert([
      { id: "kale", name: "Kale", bed, votes: 0 },
      { id: "peas", name: "Peas", bed, votes: 3 },
    ]).isPersisted.promise;
    expect(ada.shown()).toBe("kale Kale 0,peas Peas 3");
    expect(told).toEqual([2]);
  });

  it("takes a field's value away", async () => {
    const { open } = await openGarden();
    const ada = await open("ada");
    const kale = { id: "kale", name: "Kale", bed: "south", votes: 0 };
    await ada.rows.insert({ ...kale, note: "dry" }).isPersisted.promise;
    await ada.rows.update("kale", (draft: { note?: string | undefined }) => {
      delete draft.note;
    }).isPersisted.promise;
    expect([ada.rows.get("kale")?.note, ada.own.get("kale")?.note]).toEqual([undefined, undefined]);
    await ada.rows.update("kale", (draft: { note?: string | undefined }) => {
      draft.note = "wet";
    }).isPersisted.promise;
    expect(ada.own.get("kale")?.note).toBe("wet");
  });
});
