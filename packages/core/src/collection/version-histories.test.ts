/** Random histories of devices with three versions of a schema, which meet now and then and are apart in between. */

import * as fc from "fast-check";
import * as Y from "yjs";
import * as z from "zod";
import { describe, expect, it } from "vitest";
import { CroftError } from "../errors.ts";
import { KeyLog } from "./key-log.ts";
import { parseKey } from "./layout.ts";
import { meet, plainDocument, storedIn } from "../testing/plain-document.ts";
import { createDice, type Dice, pick } from "../testing/random-edits.ts";
import {
  type Collection,
  counter,
  createUndo,
  defineCollection,
  list,
  openCollection,
  type PlainFields,
  set,
  type Step,
  text,
  type Undo,
} from "./index.ts";

const first = defineCollection("tasks", {
  title: z.string().optional(),
  name: z.string().optional(),
  color: z.string().optional(),
  labels: z.string().default(""),
  likes: counter(),
  votes: counter(),
  tags: set(z.string()),
  items: list(z.string()),
  gone: set(z.string()),
  notes: text(),
});

const renames: Step = { rename: { title: "name", likes: "votes", items: "lines", notes: "body" } };

const second = defineCollection(
  "tasks",
  {
    name: z.string().optional(),
    color: z.string().optional(),
    labels: z.string().default(""),
    votes: counter(),
    tags: set(z.string()),
    lines: list(z.string()),
    body: text(),
  },
  { steps: [renames] },
);

function convert({ labels, ...others }: PlainFields): PlainFields {
  if (labels === "bad") throw new Error("no labels");
  const all = typeof labels === "string" ? labels.split(",").filter((each) => each !== "") : [];
  return { ...others, rank: all.length, labels: all };
}

const third = defineCollection(
  "tasks",
  {
    name: z.string().optional(),
    color: z.string().optional(),
    rank: z.number().optional(),
    labels: list(z.string()),
    votes: counter(),
    tags: set(z.string()),
    lines: list(z.string()),
    body: text(),
  },
  { steps: [renames, convert] },
);

const definitions = [first, second, third] as const;
/** The names of fields that each version calls otherwise. */
const names = [
  { name: "title", votes: "likes", lines: "items", body: "notes" },
  { name: "name", votes: "votes", lines: "lines", body: "body" },
  { name: "name", votes: "votes", lines: "lines", body: "body" },
] as const;

/** Of which the methods may be called by any field's name. */
interface AnyCollection {
  readonly isOutdated: boolean;
  has(id: string): boolean;
  all(): readonly unknown[];
  readonly invalid: readonly unknown[];
  insert(input: object): unknown;
  update(id: string, changes: object): unknown;
  delete(id: string): boolean;
  sweep(): number;
  counter(id: string, field: string): { add(amount: number): void };
  set(id: string, field: string): { add(member: string): void; delete(member: string): boolean };
  list(
    id: string,
    field: string,
  ): {
    readonly items: readonly { readonly id: string }[];
    push(value: string): readonly string[];
    replace(id: string, value: string): void;
    move(id: string, to: number): void;
    delete(id: string): boolean;
  };
  text(id: string, field: string): Y.Text;
}

function open(doc: Y.Doc, version: number): AnyCollection {
  const definition = definitions[version - 1] as typeof third;
  return openCollection(plainDocument(doc), definition) as AnyCollection;
}

interface Device {
  readonly doc: Y.Doc;
  /** Which its program writes; it is brought up to date now and then. */
  version: number;
  readonly undo: Undo;
  /** As each version reads it, live. */
  readonly readers: readonly AnyCollection[];
}

function device(client: number, version: number): Device {
  const doc = new Y.Doc({ guid: "board/main" });
  doc.clientID = client;
  const undo = createUndo(plainDocument(doc), { within: 0 });
  return { doc, version, undo, readers: definitions.map((_, index) => open(doc, index + 1)) };
}

/** One record that nobody deletes, and two that anybody may. */
const KEPT = "kept";
const IDS = [KEPT, "x", "y"] as const;

/** What was added to the record that is kept. */
interface Added {
  votes: number;
  readonly tags: Set<string>;
  lines: number;
}

function edit(dice: Dice, { doc, version, readers }: Device, step: number, added: Added): void {
  const tasks = readers[version - 1];
  const called = names[version - 1];
  if (!tasks || !called || tasks.isOutdated) return;
  const id = pick(dice, IDS);
  const fields = {
    ...(dice(2) === 0 && { [called.name]: `name ${step}` }),
    // The first version has a field that is called as another one is later.
    ...(version === 1 && dice(3) === 0 && { name: `other ${step}` }),
    ...(dice(3) === 0 && { color: `color ${step}` }),
    ...(version < 3 && dice(2) === 0 && { labels: pick(dice, ["", "a", "a,b", "b,a,a", "bad"]) }),
    ...(version === 3 && dice(3) === 0 && { rank: step }),
  };
  if (!tasks.has(id)) {
    if (id === KEPT) return;
    tasks.insert({ id, ...fields, [called.votes]: dice(3), tags: pick(dice, [[], ["a"]]) });
    return;
  }
  switch (dice(11)) {
    case 0:
      if (id !== KEPT) tasks.delete(id);
      break;
    case 1:
    case 2:
      tasks.update(id, fields);
      break;
    case 3:
      tasks.update(id, { color: undefined });
      break;
    case 4:
    case 5: {
      const amount = dice(5);
      tasks.counter(id, called.votes).add(amount);
      if (id === KEPT) added.votes += amount;
      break;
    }
    case 6:
      tasks.set(id, "tags").add(`tag ${step}`);
      if (id === KEPT) added.tags.add(`tag ${step}`);
      break;
    case 7:
      if (id === KEPT) break;
      tasks.set(id, "tags").delete("a");
      break;
    case 8: {
      const lines = tasks.list(id, called.lines);
      const any = lines.items.length > 0 ? pick(dice, lines.items).id : undefined;
      const choice = any === undefined ? 0 : dice(6);
      if (any === undefined || choice < 3) {
        lines.push(`line ${step}`);
        if (id === KEPT) added.lines++;
      } else if (choice === 3) lines.replace(any, `line ${step}`);
      else if (choice === 4) lines.move(any, dice(lines.items.length));
      else if (id !== KEPT) lines.delete(any);
      break;
    }
    case 9:
      tasks.text(id, called.body).insert(0, `${doc.clientID} `);
      break;
    default:
      if (version > 1) tasks.sweep();
      else if (dice(2) === 0) tasks.set(id, "gone").add(`${step}`);
      else tasks.counter(id, "votes").add(7);
  }
}

/** A refusal is none of a history's business. */
function attempt(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof CroftError)) throw error;
  }
}

function shown(tasks: AnyCollection): unknown {
  return { records: tasks.all(), invalid: tasks.invalid };
}

function copyOf(doc: Y.Doc): Y.Doc {
  const copy = new Y.Doc({ guid: doc.guid });
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  return copy;
}

/** Every version shows live what it shows of the same document when it reads it for the first time. */
function expectFresh({ doc, readers }: Device): void {
  for (const [index, tasks] of readers.entries()) {
    expect(shown(tasks)).toEqual(shown(open(copyOf(doc), index + 1)));
  }
}

/** What the newest version wrote is as it wrote it, and a record that is its own has nothing of others. */
function expectOwn(doc: Y.Doc): void {
  const tasks = openCollection(plainDocument(doc), third);
  const [one, two, three] = layersOf(doc);
  const alone = copyOf(doc);
  for (const root of ["tasks", "tasks@2"]) {
    const log = alone.getArray(root);
    log.delete(0, log.length);
  }
  const own = openCollection(plainDocument(alone), third).all();
  expect(own.filter(({ id }) => !tasks.get(id))).toEqual([]);
  const unshared = own.filter(({ id }) => ![one, two].some((keys) => keys.has(`${id}/`)));
  expect(unshared.map(({ id }) => tasks.get(id))).toEqual(unshared);
  const fields = tasks
    .all()
    .filter(({ id }) => hasOneLife(doc, id))
    .flatMap((record) =>
      (["name", "color", "rank"] as const).flatMap((field) => {
        const key = `${record.id}/${field}`;
        return three.has(key) ? [{ key, shown: record[field], written: three.get(key) }] : [];
      }),
    );
  expect(fields.map(({ key, shown }) => [key, shown])).toEqual(
    fields.map(({ key, written }) => [key, written]),
  );
}

/** What the first version wrote is there where no other one has anything of a record. */
function expectFirst(doc: Y.Doc): void {
  const [one, two, three] = layersOf(doc);
  const others = [...two.keys(), ...three.keys()];
  const untouched = openCollection(plainDocument(doc), third)
    .all()
    .filter(({ id }) => hasOneLife(doc, id))
    .filter(({ id }) => !others.some((key) => key.startsWith(`${id}/`)));
  expect(untouched.map(({ name, color }) => [name, color])).toEqual(
    untouched.map(({ id }) => [one.get(`${id}/title`), one.get(`${id}/color`)]),
  );
}

/** Whether all that is stored of a record is of one life: only then what is stored can be told without reading it. */
function hasOneLife(doc: Y.Doc, id: string): boolean {
  const lives = new Set<string>();
  for (const root of ["tasks", "tasks@2", "tasks@3"]) {
    for (const key of new KeyLog(doc.getArray(root)).keys()) {
      const at = parseKey(key);
      if (at?.id === id) lives.add(at.life);
    }
  }
  return lives.size === 1;
}

type Layer = ReadonlyMap<string, unknown>;

function layersOf(doc: Y.Doc): readonly [Layer, Layer, Layer] {
  return [storedIn(doc, "tasks"), storedIn(doc, "tasks@2"), storedIn(doc, "tasks@3")];
}

/** Nothing that any version added to the record that nobody deletes is lost. */
function expectKept(doc: Y.Doc, { votes, tags, lines }: Added): void {
  const tasks: Collection<(typeof third)["shape"]> = openCollection(plainDocument(doc), third);
  const [raw] = tasks.invalid.flatMap((each) => (each.id === KEPT ? [each.raw] : []));
  const kept = (tasks.get(KEPT) ?? raw) as { votes: number; tags: Set<string>; lines: [] };
  expect(kept.votes).toBe(votes);
  expect(kept.tags).toEqual(tags);
  expect(kept.lines.length).toBe(lines);
}

describe("devices with three versions that meet now and then", () => {
  it("show live what a fresh reader shows, keep what anybody added, and spoil nothing of a newer version's", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const dice = createDice(seed);
        const undoes = dice(3) === 0;
        const devices = [1, 1, 2, 3, 3].map((version, index) => device(index + 1, version));
        const [oldest] = devices;
        const added: Added = { votes: 1, tags: new Set(["a"]), lines: 0 };
        oldest?.readers[0]?.insert({ id: KEPT, title: "Dig", likes: 1, tags: ["a"] });
        meet(...devices.map(({ doc }) => doc));
        for (let step = 0; step < 40; step++) {
          if (dice(6) === 0) {
            const some = devices.filter(() => dice(3) > 0);
            meet(...some.map(({ doc }) => doc));
            for (const each of some.slice(0, 2)) expectFresh(each);
          }
          const one = pick(dice, devices);
          if (dice(20) === 0) one.version = Math.min(one.version + 1, definitions.length);
          if (undoes && dice(6) === 0) one.undo.undo();
          else if (undoes && dice(12) === 0) one.undo.redo();
          else attempt(() => edit(dice, one, step, added));
        }
        meet(...devices.map(({ doc }) => doc));
        for (const each of devices) expectFresh(each);
        const [one, ...others] = devices;
        for (const { readers } of others) {
          expect(readers.map(shown)).toEqual(one?.readers.map(shown));
        }
        expectOwn((one as Device).doc);
        expectFirst((one as Device).doc);
        if (!undoes) expectKept((one as Device).doc, added);
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it("of one version lose and keep the same over an older one's records as over their own", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const [above, alone] = [2, 1].map((version) => histories(seed, version));
        expect(above).toEqual(alone);
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});

/** What three devices of one version make of records that the first version made. */
function histories(seed: number, version: number): unknown {
  const dice = createDice(seed);
  const shape = {
    color: z.string().optional(),
    votes: counter(),
    tags: set(z.string()),
  };
  const before = defineCollection("things", shape);
  const same: Step = (fields) => fields;
  const now = defineCollection("things", shape, { steps: version > 1 ? [same] : [] });
  const docs = [1, 2, 3].map((client) => device(client, 1).doc);
  const things = docs.map((doc) => openCollection(plainDocument(doc), now));
  const [made] = docs.map((doc) => openCollection(plainDocument(doc), before));
  for (const id of IDS) made?.insert({ id, color: "red", votes: 1, tags: ["a", "b"] });
  meet(...docs);
  for (let step = 0; step < 30; step++) {
    if (dice(5) === 0) meet(...docs.filter(() => dice(3) > 0));
    const id = pick(dice, IDS);
    const of = pick(dice, things);
    const choice = dice(6);
    const tag = pick(dice, ["a", "b", "c"]);
    if (!of.has(id)) of.insert({ id, color: "red", tags: [tag] });
    else if (choice === 0) of.delete(id);
    else if (choice === 1) of.update(id, { color: pick(dice, ["red", undefined]) });
    else if (choice === 2) of.counter(id, "votes").add(1 + dice(3));
    else if (choice < 5) of.set(id, "tags").add(tag);
    else of.set(id, "tags").delete(tag);
  }
  meet(...docs);
  return things.map((each) => each.all());
}
