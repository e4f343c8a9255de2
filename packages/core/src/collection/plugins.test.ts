/** Collections of one plugin that another one may use, as far as it was granted. */

import * as z from "zod";
import { expect, it, onTestFinished } from "vitest";
import { parsePattern } from "../doc-path.ts";
import { createRig } from "../testing/rig.ts";
import { defineCollection, openCollection } from "./index.ts";

const tasks = defineCollection("tasks", { title: z.string(), done: z.boolean().default(false) });

it("a plugin uses another one's collection through a grant, and by the same definition", async () => {
  const rig = await createRig();
  onTestFinished(() => rig.dispose());
  const { workspace } = await rig.device("ada");
  const [owner, other] = [
    workspace.createPluginReplica("board"),
    workspace.createPluginReplica("stats"),
  ];
  const open = async (replica: typeof owner) => {
    const document = replica.open("board/main");
    await document.ready;
    return openCollection(document, tasks);
  };
  const [own, foreign] = [await open(owner), await open(other)];
  const { id } = own.insert({ title: "Dig" });
  const everything = parsePattern("board/**");
  const done = foreign.query({ where: { done: true } });

  expect(() => foreign.insert({ title: "Sow" })).toThrow(
    expect.objectContaining({
      code: "access/denied",
      message: expect.stringMatching(/neither read/) as string,
    }),
  );
  workspace.gate.setPluginGrants("stats", [{ pattern: everything, access: "read" }]);
  await expect.poll(() => foreign.get(id)?.title).toBe("Dig");
  expect(() => foreign.update(id, { done: true })).toThrow(
    expect.objectContaining({
      code: "access/denied",
      message: "board/main was not changed: you may read, and not change it.",
      hint: "Write access to board/main is needed.",
    }),
  );
  own.update(id, { done: true });
  await expect.poll(() => done.rows).toEqual([{ id, title: "Dig", done: true }]);

  workspace.gate.setPluginGrants("stats", [{ pattern: everything, access: "write" }]);
  await expect.poll(() => (foreign.insert({ title: "Sow" }), true)).toBe(true);
  await expect
    .poll(() =>
      own
        .all()
        .map(({ title }) => title)
        .toSorted(),
    )
    .toEqual(["Dig", "Sow"]);

  workspace.gate.setPluginGrants("stats", []);
  await expect
    .poll(() => {
      try {
        foreign.insert({ title: "Not any more" });
      } catch {
        return "refused";
      }
      return "taken";
    })
    .toBe("refused");
});
