import { defineCollection, openCollection } from "@croft/core/collection";
import { meet, plainDocument } from "@croft/core/testing";
import { createCollection, createLiveQueryCollection, eq } from "@tanstack/db";
import { describe, expect, it } from "vitest";
import * as Y from "yjs";
import * as z from "zod";
import { croftCollectionOptions } from "./index.ts";

const beds = defineCollection("beds", { name: z.string() });
const plants = defineCollection("plants", {
  name: z.string().min(1),
  bed: z.string(),
  wet: z.boolean().default(false),
});

function open() {
  const doc = new Y.Doc({ guid: "garden/main" });
  const document = plainDocument(doc);
  const [ownBeds, ownPlants] = [openCollection(document, beds), openCollection(document, plants)];
  return {
    doc,
    ownBeds,
    ownPlants,
    beds: createCollection(croftCollectionOptions(document, ownBeds)),
    plants: createCollection(croftCollectionOptions(document, ownPlants)),
  };
}

describe("a collection in TanStack DB", () => {
  it("is queried and joined there, and follows what others change", async () => {
    const [ada, ben] = [open(), open()];
    ada.ownBeds.insert({ id: "south", name: "South" });
    ada.ownPlants.insert({ id: "beans", name: "Beans", bed: "south" });
    const dry = createLiveQueryCollection((query) =>
      query
        .from({ plant: ada.plants })
        .join({ bed: ada.beds }, ({ plant, bed }) => eq(plant.bed, bed.id), "inner")
        .where(({ plant }) => eq(plant.wet, false))
        .select(({ plant, bed }) => ({ id: plant.id, plant: plant.name, bed: bed.name })),
    );
    await dry.preload();
    const shown = (): unknown => dry.toArray.map(({ plant, bed }) => `${plant} in ${bed}`);
    expect(shown()).toEqual(["Beans in South"]);
    meet(ada.doc, ben.doc);
    ben.ownPlants.insert({ id: "peas", name: "Peas", bed: "south" });
    ben.ownPlants.update("beans", { wet: true });
    meet(ada.doc, ben.doc);
    await expect.poll(shown).toEqual(["Peas in South"]);
    ben.ownPlants.delete("peas");
    meet(ada.doc, ben.doc);
    await expect.poll(shown).toEqual([]);
  });

  it("writes through the collection, and rolls back what does not fit", async () => {
    const { plants: rows, ownPlants } = open();
    await rows.preload();
    await rows.insert({ id: "beans", name: "Beans", bed: "south", wet: false }).isPersisted.promise;
    expect(ownPlants.get("beans")).toEqual({
      id: "beans",
      name: "Beans",
      bed: "south",
      wet: false,
    });
    await rows.update("beans", (draft: { wet: boolean }) => {
      draft.wet = true;
    }).isPersisted.promise;
    expect(ownPlants.get("beans")?.wet).toBe(true);
    const refused = rows.update("beans", (draft: { name: string }) => {
      draft.name = "";
    });
    await expect(refused.isPersisted.promise).rejects.toMatchObject({ code: "record/invalid" });
    expect(rows.get("beans")?.name).toBe("Beans");
    await rows.delete("beans").isPersisted.promise;
    expect([ownPlants.all(), rows.size]).toEqual([[], 0]);
  });

  it("keeps nothing of what was overwritten", async () => {
    const { doc, plants: rows, ownPlants } = open();
    await rows.preload();
    ownPlants.insert({ id: "beans", name: "Beans", bed: "south" });
    for (let time = 0; time < 200; time++) {
      await rows.update("beans", (draft: { name: string }) => {
        draft.name = `Beans of the ${time}th year`;
      }).isPersisted.promise;
    }
    expect(Y.encodeStateAsUpdate(doc).length).toBeLessThan(400);
  });

  it("stops listening when it is cleaned up", async () => {
    const { plants: rows, ownPlants } = open();
    await rows.preload();
    await rows.cleanup();
    ownPlants.insert({ id: "beans", name: "Beans", bed: "south" });
    expect(rows.size).toBe(0);
  });
});
