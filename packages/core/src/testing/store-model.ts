/**
 * The store contract as the plainest program that fulfils it, and random batches to hold a real
 * store against it. Slow on purpose: each line is a sentence of the contract.
 */

import type { DocPath } from "../doc-path.ts";
import type { Tag } from "../ids.ts";
import type {
  DocumentChange,
  DocumentRecord,
  ListedAbove,
  LogEntry,
  QuarantineRecord,
  Store,
  StoreBatch,
} from "../store/store.ts";
import { type Dice, pick } from "./random-edits.ts";
import {
  bytesOf,
  docPath,
  type DocumentDump,
  dump,
  entryOf,
  epochOf,
  historyOf,
  quarantineOf,
  type Questions,
  recordOf,
  snapshotOf,
  type StoreDump,
  tagOf,
  writerOf,
} from "./store-samples.ts";

/** How a random batch ended. */
type Outcome = { readonly stale: readonly DocPath[] } | { readonly code: string };

const PATHS = ["notes/a", "notes/a/b", "notes/ö", "app/😀"].map(docPath);
const WRITERS = [1, 2, 3].map(writerOf);
const CLIENTS = [1, 2, 2 ** 32 - 1];
const META = ["", "one", "zwei"];
const QUESTIONS: Questions = { writers: WRITERS, meta: META, lastSeq: 40 };

/**
 * Commits random batches to a store and to the model, and compares the answers and, now and then,
 * everything that is stored; in between it closes the store and opens it again.
 *
 * @param open Opens the same store each time, empty at first.
 * @param choices The random choices: whole numbers from 0. The run ends with them.
 * @param equal Throws unless both are deeply equal.
 */
export async function compareWithModel(
  open: () => Promise<Store>,
  choices: readonly number[],
  equal: (real: unknown, model: unknown) => void,
): Promise<void> {
  let used = 0;
  const dice: Dice = (sides) => (choices[used++] ?? 0) % sides;
  const model = new Model();
  let store = await open();
  const compare = async (): Promise<void> =>
    equal(await dump(store, QUESTIONS), model.dump(QUESTIONS));
  try {
    model.term = await store.takeTerm();
    while (used < choices.length) {
      const action = dice(12);
      if (action === 0) equal(await store.takeTerm(), ++model.term);
      else if (action === 1) {
        await store.close();
        store = await open();
        await compare();
      } else {
        const batch = randomBatch(dice, model);
        equal(await outcomeOf(store, batch), model.commit(batch));
        if (action < 4) await compare();
      }
    }
    await compare();
  } finally {
    await store.close();
  }
}

async function outcomeOf(store: Store, batch: StoreBatch): Promise<Outcome> {
  try {
    const { stale } = await store.commit(batch);
    return { stale };
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown) return { code: String(thrown.code) };
    throw thrown;
  }
}

class Model {
  term = 0;
  /** Counts what must be unlike everything before it. */
  count = 0;
  documents: readonly DocumentDump[] = [];
  #quarantine: readonly QuarantineRecord[] = [];
  readonly #bindings = new Map<string, string>();
  readonly #meta = new Map<string, string>();
  readonly #listing = new Map<DocPath, ListedAbove>();

  commit(batch: StoreBatch): Outcome {
    if (batch.term !== this.term) return { code: "store/fenced" };
    const stale: DocPath[] = [];
    for (const change of batch.documents ?? []) {
      const { path } = change.record;
      const before = this.find(path);
      const same =
        change.expect?.epoch === before?.record.epoch &&
        change.expect?.head === before?.record.head;
      if (!same) stale.push(path);
      else {
        const others = this.documents.filter(({ record }) => record.path !== path);
        this.documents = [...others, changed(before, change)];
      }
    }
    for (const { writer, principal } of batch.bind ?? []) {
      if (!this.#bindings.has(writer)) this.#bindings.set(writer, principal);
    }
    this.#quarantine = [...this.#quarantine, ...(batch.quarantine ?? [])].filter(
      ({ id }) => !batch.release?.includes(id),
    );
    for (const path of batch.listing?.remove ?? []) this.#listing.delete(path);
    for (const listed of batch.listing?.put ?? []) this.#listing.set(listed.path, listed);
    for (const [name, value] of batch.meta ?? []) {
      if (value === undefined) this.#meta.delete(name);
      else this.#meta.set(name, value);
    }
    return { stale };
  }

  find(path: DocPath): DocumentDump | undefined {
    return this.documents.find(({ record }) => record.path === path);
  }

  quarantined(): readonly Tag[] {
    return this.#quarantine.map(({ id }) => id);
  }

  dump({ writers, meta, lastSeq }: Questions): StoreDump {
    const encoder = new TextEncoder();
    const key = (path: DocPath): string =>
      [...encoder.encode(path)].map((byte) => String(byte).padStart(3, "0")).join("");
    const documents = this.documents
      .toSorted((a, b) => (key(a.record.path) < key(b.record.path) ? -1 : 1))
      .map((document) => ({
        ...document,
        pending: document.log
          .filter(({ pending }) => pending)
          .toSorted((a, b) => (a.pending?.n ?? 0) - (b.pending?.n ?? 0)),
        tags: Array.from({ length: lastSeq }, (_, i) => document.tags[i]),
      }));
    return {
      documents,
      pending: documents
        .filter(({ pending }) => pending.length > 0)
        .map(({ record }) => record.path)
        .toSorted(),
      quarantine: this.#quarantine,
      bindings: writers.map((writer) => this.#bindings.get(writer)),
      meta: meta.map((name) => this.#meta.get(name)),
      listing: [...this.#listing.values()].toSorted((a, b) => (key(a.path) < key(b.path) ? -1 : 1)),
      changes: this.documents
        .toSorted((a, b) => a.record.position - b.record.position)
        .map(({ record }) => record.path),
      position: Math.max(0, ...this.documents.map(({ record }) => record.position)),
    };
  }
}

/** The document after a change. */
function changed(before: DocumentDump | undefined, change: DocumentChange): DocumentDump {
  const { record, remove = [], settle = [], append = [], unclaim = [], claims = [] } = change;
  const kept = change.clear ? undefined : before;
  const removed = (kept?.log ?? []).filter(({ seq }) => !remove.includes(seq));
  const settled = removed.map((entry) =>
    settle.includes(entry.seq) ? { ...entry, pending: undefined } : entry,
  );
  const appended = [...settled, ...append];
  const seq = change.snapshot?.seq ?? 0;
  const folded = appended.filter((entry) => entry.seq <= seq && !entry.pending);
  const tags = [...(kept?.tags ?? [])];
  for (const sequence of remove) {
    if (kept?.log.some((entry) => entry.seq === sequence)) tags[sequence - 1] = undefined;
  }
  for (const entry of append) tags[entry.seq - 1] = entry.tag;
  const set = new Set(claims.map(({ client }) => client));
  const writers = WRITERS.map((writer, i) => {
    const last = change.writers?.findLast((entry) => entry.writer === writer);
    // Writers stay, whatever was cleared.
    return last ? { n: last.n, tag: last.tag } : before?.writers[i];
  });
  return {
    record,
    claims: [
      ...(kept?.claims ?? []).filter(({ client }) => !set.has(client) && !unclaim.includes(client)),
      ...claims,
    ].toSorted((a, b) => a.client - b.client),
    log: appended.filter((entry) => !folded.includes(entry)),
    pending: [],
    snapshot: change.snapshot ?? kept?.snapshot,
    history: [
      ...(kept?.history ?? []).filter(
        (part) => part.seq > (change.forget ?? 0) && part.seq !== change.history?.seq,
      ),
      ...(change.history ? [change.history] : []),
    ].toSorted((a, b) => a.seq - b.seq),
    tags,
    writers,
  };
}

function randomBatch(dice: Dice, model: Model): StoreBatch {
  const paths = PATHS.filter(() => dice(2) === 0);
  const known = model.quarantined();
  return {
    term: dice(12) === 1 ? model.term + pick(dice, [-1, 1]) : model.term,
    documents: paths.map((path) => randomChange(dice, model, path)),
    bind: some(dice, 1, () => ({ writer: pick(dice, WRITERS), principal: `user ${dice(3)}` })),
    quarantine: some(dice, 1, () =>
      quarantineOf(++model.count, {
        path: pick(dice, PATHS),
        basis: dice(2) === 0 ? epochOf(dice(3)) : undefined,
        updates: some(dice, 3, () => bytesOf(dice(4), dice(9))),
      }),
    ),
    release: known.length > 0 ? some(dice, 1, () => pick(dice, known)) : [],
    listing: {
      remove: PATHS.filter(() => dice(6) === 0),
      put: PATHS.filter(() => dice(3) === 0).map((path) => ({
        path,
        epoch: epochOf(dice(9)),
        head: dice(99),
        tag: tagOf(dice(99)),
        bytes: dice(999),
        changedAt: 1_760_000_000_000 + dice(99) / 2,
      })),
    },
    meta: some(dice, 2, () => [
      pick(dice, META),
      dice(3) === 0 ? undefined : pick(dice, ["", "value", "😀"]),
    ]),
  };
}

function randomChange(dice: Dice, model: Model, path: DocPath): DocumentChange {
  const before = model.find(path);
  const clear = dice(8) === 1;
  const head = clear ? 0 : (before?.record.head ?? 0);
  const known = clear ? [] : (before?.log ?? []);
  const sequences = (odds: number): number[] =>
    known.filter(() => dice(odds) === 1).map(({ seq }) => seq);
  const remove = sequences(6);
  const settle = sequences(3).filter((seq) => !remove.includes(seq));
  const append = some(dice, head < 30 ? 3 : 0, (i) => randomEntry(dice, model, head + 1 + i));
  const last = head + append.length;
  const snapshot =
    dice(4) === 1
      ? snapshotOf(dice(last + 2), {
          tag: tagOf(++model.count),
          format: pick(dice, ["v1", "v2"]),
          update: bytesOf(dice(6), dice(9)),
        })
      : undefined;
  const claims = CLIENTS.filter(() => dice(4) === 1);
  return {
    expect: randomExpectation(dice, before?.record),
    record: recordOf(path, Math.max(last, snapshot?.seq ?? 0), {
      epoch: clear ? epochOf(++model.count) : (before?.record.epoch ?? epochOf(++model.count)),
      base: snapshot?.seq ?? (clear ? 0 : (before?.record.base ?? 0)),
      formerEpochs: some(dice, 2, () => epochOf(dice(50))),
      deletedEpochs: some(dice, 2, () => epochOf(dice(50))),
      tombstone: dice(6) === 1 ? epochOf(dice(50)) : undefined,
      changedAt: 1_760_000_000_000 + ++model.count,
      snapshotBytes: dice(99),
      position: ++model.count,
      upstream: dice(2) === 1 ? randomUpstream(dice) : undefined,
    }),
    clear: clear || undefined,
    remove,
    settle,
    append,
    snapshot,
    forget: dice(6) === 1 ? dice(last + 2) : undefined,
    history:
      dice(4) === 1
        ? historyOf(1 + dice(last + 2), { bytes: bytesOf(dice(6), dice(9)), at: dice(99) / 2 })
        : undefined,
    claims: claims.map((client) => ({ client, writer: pick(dice, WRITERS), clock: dice(99) })),
    unclaim: CLIENTS.filter((client) => !claims.includes(client) && dice(6) === 1),
    writers: WRITERS.filter(() => dice(3) === 1).map((writer) => ({
      writer,
      n: dice(99),
      tag: tagOf(++model.count),
    })),
  };
}

function randomEntry(dice: Dice, model: Model, seq: number): LogEntry {
  const n = ++model.count;
  return entryOf(seq, {
    tag: tagOf(n),
    update: bytesOf(dice(5), dice(9)),
    writer: pick(dice, WRITERS),
    // Numbers mostly go up with the sequence, and a few of them down.
    pending:
      dice(2) === 1
        ? {
            n: dice(4) === 1 ? 1_000_000 - n : n,
            tag: tagOf(n + 500),
            basis: dice(2) === 1 ? epochOf(dice(9)) : undefined,
            plugin: pick(dice, ["", "notes"]),
          }
        : undefined,
  });
}

function randomExpectation(
  dice: Dice,
  record: DocumentRecord | undefined,
): DocumentChange["expect"] {
  const right = record && { epoch: record.epoch, head: record.head };
  switch (dice(16)) {
    case 1:
      return undefined;
    case 2:
      return { epoch: record?.epoch ?? epochOf(1), head: (record?.head ?? 0) + 1 };
    case 3:
      return { epoch: epochOf(99_999), head: record?.head ?? 0 };
    default:
      return right;
  }
}

function randomUpstream(dice: Dice): DocumentRecord["upstream"] {
  return {
    cursor:
      dice(2) === 1 ? { epoch: epochOf(dice(9)), seq: dice(99), tag: tagOf(dice(9)) } : undefined,
    regained:
      dice(2) === 1 ? { epoch: epochOf(dice(9)), seq: dice(99), tag: tagOf(dice(9)) } : undefined,
    writer: pick(dice, WRITERS),
    acked: { n: dice(9), tag: tagOf(dice(9)) },
    numbered: dice(20),
    access: pick(dice, ["none", "read", "write"]),
    tombstone: dice(2) === 1 ? epochOf(dice(9)) : undefined,
    usedAt: dice(9),
  };
}

/** From none to `most` things. */
function some<T>(dice: Dice, most: number, create: (index: number) => T): T[] {
  return Array.from({ length: dice(most + 1) }, (_, i) => create(i));
}
