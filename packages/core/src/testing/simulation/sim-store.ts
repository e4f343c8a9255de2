/** A store on a simulated disk: slow, full, failing, and gone with the process that opened it. */

import { CroftError, type ErrorCode } from "../../errors.ts";
import { createMemoryStore, type MemoryDisk } from "../../store/memory-store.ts";
import type { CommitResult, SharedStore, Store, StoreBatch } from "../../store/store.ts";
import type { Dice } from "../random-edits.ts";
import { type MemoryBus, SharedMemoryStore } from "../shared-memory-store.ts";
import type { SimProcess } from "./sim-process.ts";

/** What is wrong with a disk. */
export interface DiskFaults {
  /** Commits fail with this code. */
  commit: ErrorCode | undefined;
  /** So many commits from now on happen, but their answers are lost. */
  lostAnswers: number;
  /** So many reads from now on fail. */
  failingReads: number;
  /** Longest time of a commit or read, in milliseconds. */
  slowness: number;
}

/** What carries hints between the processes over one disk. */
export interface SimBus {
  readonly bus: MemoryBus;
  /** How many of a hundred are lost. */
  readonly lost: number;
}

/** A disk without faults. */
export function createDiskFaults(): DiskFaults {
  return { commit: undefined, lostAnswers: 0, failingReads: 0, slowness: 2 };
}

/** A {@link Store} for one process over a disk. */
export function createSimStore(
  disk: MemoryDisk,
  faults: DiskFaults,
  {
    process,
    dice,
    onCommit,
    onApplied,
    shared,
  }: {
    readonly process: SimProcess;
    readonly dice: Dice;
    /** Told of each batch at the moment it is handed over. */
    readonly onCommit: (batch: StoreBatch) => void;
    /** Told of each batch when it is on the disk, of which nothing was refused but what is stale. */
    readonly onApplied?: (batch: StoreBatch, result: CommitResult) => void;
    /** Set where several processes share the disk. */
    readonly shared?: SimBus | undefined;
  },
): Store {
  const memory = shared ? new SharedMemoryStore(disk, shared.bus) : createMemoryStore(disk);
  let turn: Promise<unknown> = Promise.resolve();

  function inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = turn.then(run);
    turn = result.catch(() => undefined);
    return result;
  }

  async function commit(batch: StoreBatch): ReturnType<Store["commit"]> {
    // Half before, half after: a process may die on either side of what makes it durable.
    await process.pause(dice(faults.slowness + 1));
    if (faults.commit) {
      throw new CroftError(faults.commit, "The simulation makes this commit fail.");
    }
    const result = await memory.commit(batch);
    if (!result.refused) onApplied?.(batch, result);
    await process.pause(dice(faults.slowness + 1));
    if (faults.lostAnswers > 0) {
      faults.lostAnswers--;
      throw new CroftError("store/failed", "The answer to this commit was lost.");
    }
    return result;
  }

  /** What is said goes the way of frames, and what is not to be relied on may be lost. */
  function share(of: SharedStore, lost: number): SharedStore {
    const arrives = (run: () => void): void => {
      if (dice(100) >= lost) process.later(dice(20), run);
    };
    return {
      get facts() {
        return of.facts;
      },
      onNews: (listener) =>
        of.onNews((news) => {
          // What a read of this very process saw it knows at once.
          if (news.kind === "facts") listener(news);
          else arrives(() => listener(news));
        }),
      say: (what) => of.say(what),
      onSaid: (listener) => of.onSaid((what, hub) => arrives(() => listener(what, hub))),
      readRevisions: (paths) => read(() => of.readRevisions(paths)),
      readNews: (path, since, maxBytes) => read(() => of.readNews(path, since, maxBytes)),
      beginSession: (writer, greeting) => read(() => of.beginSession(writer, greeting)),
    };
  }

  async function read<T>(run: () => Promise<T>): Promise<T> {
    const result = await run();
    const wait = dice(faults.slowness + 1);
    if (wait > 0) await process.pause(wait);
    if (faults.failingReads > 0) {
      faults.failingReads--;
      throw new CroftError("store/failed", "The simulation makes this read fail.");
    }
    return result;
  }

  return {
    kind: "simulated",
    shared: memory.shared && share(memory.shared, shared?.lost ?? 0),
    takeTerm: (initial) => inTurn(() => memory.takeTerm(initial)),
    commit(batch) {
      onCommit(batch);
      return inTurn(() => commit(batch));
    },
    loadDocument: (path) => read(() => memory.loadDocument(path)),
    readWriter: (path, writer) => read(() => memory.readWriter(path, writer)),
    readBinding: (writer) => read(() => memory.readBinding(writer)),
    readLog: (path, after, maxBytes) => read(() => memory.readLog(path, after, maxBytes)),
    readPending: (path, afterN, max) => read(() => memory.readPending(path, afterN, max)),
    readSnapshot: (path) => read(() => memory.readSnapshot(path)),
    readHistory: (path, before) => read(() => memory.readHistory(path, before)),
    listHistory: (path) => read(() => memory.listHistory(path)),
    readTag: (path, seq) => read(() => memory.readTag(path, seq)),
    listDocuments: (prefix, options) => read(() => memory.listDocuments(prefix, options)),
    listChanges: (after, limit) => read(() => memory.listChanges(after, limit)),
    readPosition: () => memory.readPosition(),
    readListing: (prefix, options) => read(() => memory.readListing(prefix, options)),
    listPending: () => read(() => memory.listPending()),
    listQuarantine: (code) => read(() => memory.listQuarantine(code)),
    readQuarantine: (path) => read(() => memory.readQuarantine(path)),
    readMeta: (name) => read(() => memory.readMeta(name)),
    close: () => memory.close(),
    onLost: () => () => undefined,
  };
}
