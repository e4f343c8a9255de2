/** Schemas of a library that is not zod: whatever speaks Standard Schema fits. */

import * as v from "valibot";
import * as Y from "yjs";
import { describe, expect, expectTypeOf, it } from "vitest";
import { plainDocument } from "../testing/plain-document.ts";
import { counter, defineCollection, list, openCollection, ref, set, text } from "./index.ts";

const plants = defineCollection(
  "plants",
  {
    name: v.pipe(v.string(), v.minLength(1), v.maxLength(20)),
    sown: v.optional(v.pipe(v.string(), v.isoDate())),
    wet: v.optional(v.boolean(), false),
    place: v.object({ row: v.number(), column: v.number() }),
    bed: ref("beds"),
    eaten: counter(),
    pests: set(v.picklist(["snail", "aphid"])),
    steps: list(v.object({ what: v.string() })),
    notes: text(),
  },
  { indexes: ["wet"] },
);

describe("a collection of valibot schemas", () => {
  const open = () => openCollection(plainDocument(new Y.Doc()), plants);
  const beans = { name: "Beans", place: { row: 1, column: 2 }, bed: "south" } as const;

  it("has their types and their defaults", () => {
    const all = open();
    const made = all.insert({ ...beans, pests: ["snail"], steps: [{ what: "Dig" }], eaten: 3 });
    expectTypeOf(made.wet).toEqualTypeOf<boolean>();
    expectTypeOf(made.sown).toEqualTypeOf<string | undefined>();
    expectTypeOf(made.place).toEqualTypeOf<{
      readonly row: number;
      readonly column: number;
    }>();
    expectTypeOf(made.pests).toEqualTypeOf<ReadonlySet<"snail" | "aphid">>();
    expect(made).toMatchObject({ ...beans, wet: false, eaten: 3, pests: new Set(["snail"]) });
    expect(made.steps.map(({ value }) => value)).toEqual([{ what: "Dig" }]);
    expect(all.update(made.id, { wet: true, sown: "2026-05-01" }).sown).toBe("2026-05-01");
    expect(all.query({ where: { wet: true } }).count).toBe(1);
  });

  it("refuses what does not fit, with the path and what would be right", () => {
    const all = open();
    const wrong = { ...beans, name: "", place: { row: 1, column: "2" } };
    expect(() => all.insert(wrong as never)).toThrow(
      expect.objectContaining({
        code: "record/invalid",
        issues: [
          { path: ["name"], message: expect.stringContaining("length") as string },
          {
            path: ["place", "column"],
            message: expect.stringContaining("Expected number") as string,
          },
        ],
      }),
    );
    expect(all.all()).toEqual([]);
    const { id } = all.insert(beans);
    expect(() => all.set(id, "pests").add("wolf" as never)).toThrow(/pests/);
  });
});
