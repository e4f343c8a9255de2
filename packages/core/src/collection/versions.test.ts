/**
 * Versions of a schema: what each of them reads of what the others wrote, and that none damages anything of
 * another, also where devices with different ones were apart.
 */

import * as fc from "fast-check";
import * as Y from "yjs";
import * as z from "zod";
import { describe, expect, it } from "vitest";
import { meet, plainDocument, storedIn } from "../testing/plain-document.ts";
import { createDice, pick } from "../testing/random-edits.ts";
import { createRig } from "../testing/rig.ts";
import {
  counter,
  defineCollection,
  list,
  openCollection,
  type PlainFields,
  set,
  type Step,
  text,
} from "./index.ts";

/** Of a program's first version. */
const first = defineCollection("tasks", {
  title: z.string(),
  priority: z.enum(["low", "high"]).default("low"),
  labels: z.string().default(""),
  likes: counter(),
  tags: set(z.string()),
  notes: text(),
});

const steps: readonly Step[] = [
  { rename: { title: "name", likes: "votes", notes: "body" } },
  ({ priority, labels, ...others }: PlainFields) => ({
    ...others,
    rank: priority === "high" ? 1 : 2,
    ...(typeof labels === "string" && {
      labels: labels.split(",").filter((label) => label !== ""),
    }),
  }),
];

/** Of its third. */
const third = defineCollection(
  "tasks",
  {
    name: z.string(),
    rank: z.number().default(2),
    labels: list(z.string()),
    votes: counter(),
    tags: set(z.string()),
    body: text(),
  },
  { steps, indexes: ["rank"] },
);

function someone(client: number): Y.Doc {
  const doc = new Y.Doc({ guid: "board/main" });
  doc.clientID = client;
  return doc;
}

const withFirst = (doc: Y.Doc) => openCollection(plainDocument(doc), first);
const withThird = (doc: Y.Doc) => openCollection(plainDocument(doc), third);

/** Two devices that have the same record, by the first version, and are apart. */
function twoDevices(): readonly [Y.Doc, Y.Doc] {
  const [one, two] = [someone(1), someone(2)];
  const tasks = withFirst(one);
  tasks.insert({
    id: "x",
    title: "Dig",
    priority: "high",
    labels: "home,soon",
    likes: 2,
    tags: ["a", "b"],
    notes: "Deep",
  });
  meet(one, two);
  return [one, two];
}

describe("a newer version", () => {
  it("reads what an older one wrote by its steps, and writes nothing for that", () => {
    const [doc] = twoDevices();
    const before = Y.encodeStateAsUpdate(doc);
    const tasks = withThird(doc);
    const task = tasks.get("x");
    expect(task).toMatchObject({ name: "Dig", rank: 1, votes: 2, tags: new Set(["a", "b"]) });
    expect(task?.labels.map(({ value }) => value)).toEqual(["home", "soon"]);
    expect(tasks.text("x", "body").toString()).toBe("Deep");
    expect(tasks.query({ where: { rank: 1 } }).rows).toEqual([task]);
    expect(Y.encodeStateAsUpdate(doc)).toEqual(before);
    expect(tasks.isOutdated).toBe(false);
  });

  it("writes what changes and nothing else", () => {
    const [doc] = twoDevices();
    const tasks = withThird(doc);
    tasks.update("x", { rank: 5 });
    expect([...storedIn(doc, "tasks@3")]).toEqual([["x/rank", 5]]);
    expect(tasks.get("x")).toMatchObject({ name: "Dig", rank: 5, votes: 2 });
  });

  it("changes parts of fields that an older one made", () => {
    const [doc] = twoDevices();
    const tasks = withThird(doc);
    tasks.counter("x", "votes").add(3);
    tasks.set("x", "tags").delete("a");
    tasks.set("x", "tags").add("c");
    const [home = ""] = tasks.list("x", "labels").items.map(({ id }) => id);
    tasks.list("x", "labels").move(home, 1);
    tasks.list("x", "labels").push("later");
    expect(tasks.get("x")).toMatchObject({ votes: 5, tags: new Set(["b", "c"]) });
    const values = (): unknown =>
      withThird(doc)
        .get("x")
        ?.labels.map(({ value }) => value);
    expect(values()).toEqual(["soon", "home", "later"]);
    tasks.list("x", "labels").delete(home);
    expect(values()).toEqual(["soon", "later"]);
  });

  it("deletes what an older one made, and makes it again without what was left of it", () => {
    const [doc] = twoDevices();
    const tasks = withThird(doc);
    expect(tasks.delete("x")).toBe(true);
    expect(withThird(doc).all()).toEqual([]);
    expect(withFirst(doc).all()).toEqual([]);
    tasks.insert({ id: "x", name: "Sow" });
    expect(withThird(doc).get("x")).toEqual({
      id: "x",
      name: "Sow",
      rank: 2,
      labels: [],
      votes: 0,
      tags: new Set(),
    });
    expect(tasks.text("x", "body").toString()).toBe("");
  });

  it("deletes records of all versions without a trace, and sweeps what others did to them meanwhile", () => {
    const [one, two] = twoDevices();
    const tasks = withThird(one);
    withFirst(two).update("x", { title: "Weed" });
    tasks.delete("x");
    const stored = (): unknown => [...storedIn(one, "tasks"), ...storedIn(one, "tasks@3")];
    expect(stored()).toEqual([]);
    meet(one, two);
    expect(stored()).toEqual([["x/title", "Weed"]]);
    expect([tasks.all(), tasks.invalid]).toEqual([[], []]);
    expect([tasks.sweep(), tasks.sweep()]).toEqual([1, 0]);
    expect(stored()).toEqual([]);
  });
});

describe("an older version", () => {
  it("shows what it understands of a newer one, and refuses to write", () => {
    const [doc] = twoDevices();
    const old = withFirst(doc);
    let changes = 0;
    old.onChange(() => void changes++);
    const tasks = withThird(doc);
    tasks.set("x", "tags").add("c");
    tasks.insert({ id: "y", name: "Sow" });
    expect(old.isOutdated).toBe(true);
    expect(changes).toBe(2);
    expect(old.get("x")).toMatchObject({ title: "Dig", tags: new Set(["a", "b", "c"]) });
    expect(old.invalid).toMatchObject([{ id: "y" }]);
    const before = Y.encodeStateAsUpdate(doc);
    for (const write of [
      () => old.update("x", { title: "Weed" }),
      () => old.insert({ title: "Weed" }),
      () => old.delete("x"),
      () => old.sweep(),
      () => old.counter("x", "likes").add(1),
    ]) {
      expect(write).toThrow(
        expect.objectContaining({
          code: "collection/outdated",
          message: expect.stringMatching(/version 3 .* knows version 1/) as string,
        }),
      );
    }
    expect(Y.encodeStateAsUpdate(doc)).toEqual(before);
  });

  it("shows a record that only a newer one wrote, also where there is no other", () => {
    const doc = someone(1);
    const old = withFirst(doc);
    const same = defineCollection("tasks", first.shape, { steps: [(fields) => fields] });
    openCollection(plainDocument(doc), same).insert({ id: "x", title: "Dig", likes: 2 });
    for (const tasks of [old, withFirst(doc)]) {
      expect(tasks.all()).toMatchObject([{ id: "x", title: "Dig", likes: 2 }]);
      expect([tasks.has("x"), tasks.isOutdated]).toEqual([true, true]);
    }
  });

  it("may write again when all that the newer one wrote was undone", () => {
    const [doc] = twoDevices();
    const undo = new Y.UndoManager(doc, { trackedOrigins: new Set([null]) });
    doc.transact(() => withThird(doc).update("x", { rank: 5 }), null);
    expect(withFirst(doc).isOutdated).toBe(true);
    undo.undo();
    withFirst(doc).update("x", { title: "Weed" });
    expect(withThird(doc).get("x")).toMatchObject({ name: "Weed", rank: 1 });
    undo.destroy();
  });

  it("is not taken aback by a type of the application that is called like a version", () => {
    const [doc] = twoDevices();
    const old = withFirst(doc);
    doc.getText("tasks@2").insert(0, "hello");
    old.update("x", { title: "Weed" });
    expect(old.isOutdated).toBe(false);
  });
});

describe("devices with different versions that were apart", () => {
  it("an edit of the older one is read by the steps when it arrives", () => {
    const [one, two] = twoDevices();
    withThird(one).update("x", { rank: 5 });
    const old = withFirst(two);
    old.update("x", { title: "Weed", labels: "never" });
    old.counter("x", "likes").add(10);
    meet(one, two);
    const task = withThird(one).get("x");
    expect(task).toMatchObject({ name: "Weed", rank: 5, votes: 12 });
    expect(task?.labels.map(({ value }) => value)).toEqual(["never"]);
  });

  it("an item that the newer one deleted stays deleted where the older one removes another", () => {
    const [one, two] = twoDevices();
    const labels = withThird(one).list("x", "labels");
    const [, soon] = labels.items;
    labels.delete(soon?.id ?? "");
    withFirst(two).update("x", { labels: "soon,new" });
    meet(one, two);
    expect(
      withThird(two)
        .get("x")
        ?.labels.map(({ value }) => value),
    ).toEqual(["new"]);
  });

  it("a member that the newer one removed stays away, also where the older one adds it once more", () => {
    const [one, two] = twoDevices();
    withThird(one).set("x", "tags").delete("a");
    withFirst(two).set("x", "tags").add("a");
    meet(one, two);
    for (const doc of [one, two]) expect(withThird(doc).get("x")?.tags).toEqual(new Set(["b"]));
  });

  it("what both changed is as the newer one made it", () => {
    for (const [newer, older] of [
      [0, 1],
      [1, 0],
    ]) {
      const docs = twoDevices();
      const [one, two] = [docs[newer ?? 0], docs[older ?? 0]] as [Y.Doc, Y.Doc];
      withThird(one).update("x", { name: "Sow" });
      withFirst(two).update("x", { title: "Weed" });
      meet(one, two);
      expect(withThird(two).get("x")?.name).toBe("Sow");
    }
  });

  it("a record that one deletes is deleted, whatever the other does to it", () => {
    for (const edit of [
      [
        (of: Y.Doc) => withFirst(of).update("x", { title: "Weed" }),
        (of: Y.Doc) => withThird(of).delete("x"),
      ],
      [
        (of: Y.Doc) => withFirst(of).delete("x"),
        (of: Y.Doc) => withThird(of).update("x", { rank: 9 }),
      ],
    ] as const) {
      const [one, two] = twoDevices();
      edit[0](one);
      edit[1](two);
      meet(one, two);
      expect([withFirst(one).all(), withThird(two).all()]).toEqual([[], []]);
    }
  });

  it("a record that both create has the fields of both", () => {
    const [one, two] = [someone(1), someone(2)];
    withThird(one).insert({ id: "y", name: "Sow", votes: 1 });
    withFirst(two).insert({ id: "y", title: "Weed", priority: "high", likes: 2, tags: ["a"] });
    meet(one, two);
    expect(withThird(one).get("y")).toMatchObject({ name: "Sow", votes: 3, tags: new Set(["a"]) });
    expect(withThird(one).all()).toEqual(withThird(two).all());
  });

  it("a record that the newer one deleted and made again has nothing of what the older one did meanwhile", () => {
    const [one, two] = twoDevices();
    const tasks = withThird(one);
    tasks.delete("x");
    const made = tasks.insert({ id: "x", name: "Sow", votes: 1 });
    const old = withFirst(two);
    old.update("x", { title: "Weed", priority: "high", labels: "late" });
    old.counter("x", "likes").add(10);
    old.set("x", "tags").add("late");
    meet(one, two);
    for (const doc of [one, two]) expect(withThird(doc).all()).toEqual([made]);
    expect([withFirst(two).all(), withFirst(two).invalid]).toMatchObject([[], [{ id: "x" }]]);
  });

  it("a record that the older one deleted and made again is there, without what the newer one did to the former", () => {
    const [one, two] = twoDevices();
    withThird(one).update("x", { rank: 9 });
    withFirst(two).delete("x");
    withFirst(two).insert({ id: "x", title: "Weed" });
    meet(one, two);
    for (const doc of [one, two]) {
      expect(withThird(doc).get("x")).toMatchObject({ name: "Weed", rank: 2, votes: 0 });
    }
  });

  it("a member that one of two newer ones removes and the other adds, both over an older one's, is there", () => {
    const [one, two] = twoDevices();
    const tasks = withThird(one);
    // What is written later, as stamps have it, does not count.
    for (const rank of [3, 4, 5]) tasks.update("x", { rank });
    tasks.set("x", "tags").delete("a");
    withThird(two).set("x", "tags").add("a");
    meet(one, two);
    for (const doc of [one, two]) expect(withThird(doc).get("x")?.tags).toContain("a");
  });

  it("two that began with the new version at once lose nothing of either", () => {
    const [one, two] = twoDevices();
    withThird(one).update("x", { name: "Sow" });
    withThird(two).update("x", { rank: 7 });
    withThird(two).set("x", "tags").delete("b");
    meet(one, two);
    for (const doc of [one, two]) {
      expect(withThird(doc).get("x")).toMatchObject({ name: "Sow", rank: 7, tags: new Set(["a"]) });
    }
  });

  it("see the same in the end, with every increment and every field's last change by a newer one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const dice = createDice(seed);
        const docs = [someone(1), someone(2), someone(3)];
        const old = withFirst(docs[0] as Y.Doc);
        const news = [withThird(docs[1] as Y.Doc), withThird(docs[2] as Y.Doc)];
        let votes = 0;
        let renamed = false;
        old.insert({ id: "x", title: "Dig" });
        meet(...docs);
        for (let step = 0; step < 24; step++) {
          if (dice(5) === 0) meet(...docs.filter(() => dice(3) > 0));
          const amount = dice(5);
          const name = `name ${step}`;
          if (dice(3) === 0) {
            if (old.isOutdated) continue;
            if (dice(2) === 0) old.update("x", { title: `title ${step}` });
            else {
              old.counter("x", "likes").add(amount);
              votes += amount;
            }
          } else {
            const tasks = pick(dice, news);
            if (dice(2) === 0) {
              tasks.update("x", { name });
              renamed = true;
            } else {
              tasks.counter("x", "votes").add(amount);
              votes += amount;
            }
          }
        }
        meet(...docs);
        const seen = [withThird(docs[0] as Y.Doc), ...news].map((tasks) => tasks.get("x"));
        expect(seen[1]).toEqual(seen[0]);
        expect(seen[2]).toEqual(seen[0]);
        expect(seen[0]?.votes).toBe(votes);
        expect(seen[0]?.name).toMatch(renamed ? /^name / : /^(Dig|title )/);
      }),
      { numRuns: 1_000 },
    );
  }, 60_000);

  it("meet at a hub, and what the older one did offline is refused by nobody", async () => {
    const rig = await createRig();
    try {
      const [ada, ben] = [await rig.device("ada"), await rig.device("ben")];
      const open = async ({ workspace }: typeof ada) => {
        const document = workspace.open("board/main");
        await document.caughtUp();
        return document;
      };
      const ours = await open(ada);
      openCollection(ours, first).insert({ id: "x", title: "Dig" });
      await ours.saved("server");
      const theirs = await open(ben);
      const old = openCollection(theirs, first);
      ben.wire?.cut();
      old.update("x", { priority: "high" });
      old.insert({ id: "y", title: "Weed" });
      const tasks = openCollection(ours, third);
      tasks.update("x", { name: "Sow" });
      await ours.saved("server");
      await theirs.saved("server");
      await theirs.caughtUp();
      await ours.caughtUp();
      await expect.poll(() => old.isOutdated).toBe(true);
      await expect.poll(() => tasks.get("y")?.name).toBe("Weed");
      expect(tasks.get("x")).toMatchObject({ name: "Sow", rank: 1 });
      expect(await ben.workspace.quarantine.list()).toEqual([]);
    } finally {
      await rig.dispose();
    }
  });
});
