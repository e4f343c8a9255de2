import * as Y from "yjs";
import * as z from "zod";
import { describe, expect, it } from "vitest";
import { plainDocument } from "../testing/plain-document.ts";
import { type CollectionDocument, defineCollection, openCollection, ref, set } from "./index.ts";

const someone = (): CollectionDocument => plainDocument(new Y.Doc());

describe("a schema", () => {
  it("may be a function, as those of some libraries are", () => {
    const short = Object.assign(() => undefined, {
      "~standard": {
        version: 1 as const,
        vendor: "test",
        types: undefined as unknown as { input: string; output: string },
        validate: (value: unknown) =>
          typeof value === "string" && value.length < 4
            ? { value }
            : { issues: [{ message: "at most three letters" }] },
      },
    });
    const all = openCollection(someone(), defineCollection("short", { name: short }));
    expect(all.insert({ name: "abc" }).name).toBe("abc");
    expect(() => all.insert({ name: "abcd" })).toThrow("name: at most three letters");
  });

  it("may have fields that are called as what every object has", () => {
    const definition = defineCollection("odd", {
      constructor: z.string().optional(),
      toString: z.string().default("none"),
    });
    const all = openCollection(someone(), definition);
    expect(all.insert({ id: "x" } as never)).toEqual({ id: "x", toString: "none" });
    all.update("x", { constructor: "Ada" } as never);
    expect(all.get("x")?.constructor).toBe("Ada");
  });

  it("of members may make others of them", () => {
    const definition = defineCollection("lower", { tags: set(z.string().toLowerCase()) });
    const all = openCollection(someone(), definition);
    const { id } = all.insert({ tags: ["RED"] });
    const tags = all.set(id, "tags");
    tags.add("Blue");
    expect(tags.values).toEqual(["blue", "red"]);
    expect(tags.has("RED")).toBe(true);
    expect(tags.delete("Red")).toBe(true);
    expect(tags.values).toEqual(["blue"]);
  });

  it("of references says what would be right", () => {
    const all = openCollection(someone(), defineCollection("a", { project: ref("projects") }));
    for (const project of ["", 7 as never]) {
      expect(() => all.insert({ project })).toThrow(
        "project: the id of a record of “projects” is wanted",
      );
    }
  });
});
