/**
 * The other hubs that work on the same store, each in a process of its own. None of them is asked for anything: what they did is
 * read from the store, at a hint, and every few seconds without one (SYNC rule 15). What all hubs must know before they judge or
 * relay, the facts, has a version that each read and each commit tells (rule 14).
 */

import type { DocPath } from "../doc-path.ts";
import { reportUncaught } from "../emitter.ts";
import { CroftError, toCroftError } from "../errors.ts";
import type { WriterId } from "../ids.ts";
import type { SharedConditions, SharedStore, StoreNews } from "../store/store.ts";
import { finishDeletions } from "./deletion.ts";
import type { Draft } from "./draft.ts";
import type { HubCore } from "./hub-core.ts";
import type { HubDocument } from "./hub-document.ts";
import { NeighbourTalk } from "./neighbour-talk.ts";

/** How often what is open is compared with the store, in milliseconds. */
const COMPARE_EVERY = 3000;
/** How many documents are compared in one question. */
const AT_ONCE = 1000;
/**
 * How far apart the clocks of hubs may be, in milliseconds: positions follow the clock, so changes up to so long before the last one
 * that is known may come from another hub.
 */
export const CLOCK_SLACK = 60_000;

/** Another hub is needed: what this one knows of the store is not so any more. */
export function wentBack(path: DocPath | undefined): CroftError {
  return new CroftError(
    "store/fenced",
    "The store has less than it had: it went back to an earlier state.",
    {
      path,
      hint: "It is opened anew by itself. After a restore from a backup devices give back what they have, where the recovery is open.",
    },
  );
}

/** See the top of this file. */
export class Neighbours {
  readonly #hub: HubCore;
  readonly #shared: SharedStore;
  readonly #onFacts: () => Promise<void>;
  /** What is said to them besides documents. */
  readonly talk: NeighbourTalk;
  readonly #stop: () => void;
  #cancelCompare: () => void = () => undefined;
  /** The version of the facts that this hub knows. */
  #facts: number;
  #learning: Promise<void> | undefined;
  #comparing = false;
  /** Positions of rows that were told lately, by path: what is at or below is not told again. */
  readonly #told = new Map<DocPath, number>();
  #newest = 0;
  #disposed = false;

  /** `onFacts` reads what whoever runs the hub keeps in the store, as grants. */
  constructor(hub: HubCore, shared: SharedStore, facts: number, onFacts: () => Promise<void>) {
    this.#hub = hub;
    this.#shared = shared;
    this.#facts = facts;
    this.#onFacts = onFacts;
    this.talk = new NeighbourTalk(hub, shared);
    this.#stop = shared.onNews((news) => this.#hear(news));
    this.#compareLater();
  }

  /** Whether this hub knows the facts under which everything stands that it has read. */
  get isUpToDate(): boolean {
    return this.#facts === this.#shared.facts;
  }

  /** Resolves once this hub is up to date; rejects when the store cannot be read. */
  upToDate(): Promise<void> {
    this.#learning ??= this.#learn().finally(() => {
      this.#learning = undefined;
    });
    return this.#learning;
  }

  /**
   * The store said that the facts are others than those of version `judged`, and so it has told of newer ones.
   *
   * @throws CroftError `store/fenced` when it has not: the store went back, to a backup or a standby that was behind.
   */
  checkMoved(judged: number): void {
    if (this.#shared.facts <= judged) throw wentBack(undefined);
  }

  /** What a commit of these drafts depends on. */
  conditions(drafts: readonly Draft[]): SharedConditions {
    const sessions = new Map(drafts.flatMap((draft) => [...draft.sessions]));
    return {
      facts: this.#facts,
      changesFacts: false,
      sessions: [...sessions].map(([writer, session]) => ({ writer, session })),
    };
  }

  /** Begins a session of a writer, which ends those at other hubs. */
  beginSession(
    writer: WriterId,
    greeting: { readonly term: number; readonly attempt: number },
  ): Promise<number | "replaced" | "overtaken"> {
    return this.#shared.beginSession(writer, greeting);
  }

  /** Takes over what other hubs did to a document, if they did anything. */
  async readOn(document: HubDocument): Promise<void> {
    const revisions = await this.#shared.readRevisions([document.path]);
    if (revisions.get(document.path) !== document.inStore?.revision) {
      await this.#hub.refresh(document);
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.talk.dispose();
    this.#stop();
    this.#cancelCompare();
  }

  #hear(news: StoreNews): void {
    switch (news.kind) {
      case "documents": {
        const open = new Map(this.#hub.documents.map((each) => [each.path, each]));
        for (const path of news.paths) {
          const document = open.get(path);
          if (document) this.#run(this.#hub.refresh(document));
        }
        // Of the others only whoever lists them wants to know.
        this.#hub.touches.emit(news.paths.filter((path) => !open.has(path)));
        break;
      }
      case "facts":
        this.#run(this.upToDate());
        break;
      case "missed":
        this.#run(this.#compare());
        break;
    }
  }

  async #learn(): Promise<void> {
    while (!this.isUpToDate) {
      const facts = this.#shared.facts;
      await this.#hub.learnDeletions();
      await this.#onFacts();
      this.#facts = facts;
    }
    this.#hub.learned();
  }

  #compareLater(): void {
    if (this.#disposed) return;
    this.#cancelCompare = this.#hub.clock.delay(COMPARE_EVERY, () => {
      this.#run(this.#compare().finally(() => this.#compareLater()));
    });
  }

  async #compare(): Promise<void> {
    if (this.#comparing) return;
    this.#comparing = true;
    try {
      const open = this.#hub.documents;
      // At least once: each answer tells which facts there are.
      for (let at = 0; at === 0 || at < open.length; at += AT_ONCE) {
        const some = open.slice(at, at + AT_ONCE);
        const revisions = await this.#shared.readRevisions(some.map(({ path }) => path));
        for (const document of some) {
          if (revisions.get(document.path) !== document.inStore?.revision) {
            this.#run(this.#hub.refresh(document));
          }
        }
      }
      // They could not be read when they were told.
      if (!this.isUpToDate) await this.upToDate();
      await this.#lookForOthers();
      this.#finishDeletions();
    } finally {
      this.#comparing = false;
    }
  }

  /** The hub that deleted a subtree may have died before it had carried that out. */
  #finishDeletions(): void {
    const { subtrees, clock } = this.#hub;
    const isOld = subtrees.unfinished.some(({ at }) => at + CLOCK_SLACK < clock.now());
    if (isOld) subtrees.finishLater(this.#hub, () => finishDeletions(this.#hub));
  }

  /** Tells of documents that are not open here, and changed since this hub looked last. */
  async #lookForOthers(): Promise<void> {
    const { store, touches } = this.#hub;
    if (this.#newest === 0) {
      this.#newest = await store.readPosition();
      return;
    }
    const since = this.#newest - CLOCK_SLACK;
    const changed = await store.listChanges(since, Number.MAX_SAFE_INTEGER);
    const fresh = changed.filter(
      ({ path, position }) => position > (this.#told.get(path) ?? since),
    );
    for (const { path, position } of changed) {
      this.#told.set(path, position);
      this.#newest = Math.max(this.#newest, position);
    }
    for (const [path, position] of [...this.#told]) {
      if (position <= this.#newest - CLOCK_SLACK) this.#told.delete(path);
    }
    touches.emit(fresh.map(({ path }) => path));
  }

  #run(task: Promise<void>): void {
    if (this.#disposed) {
      task.catch(() => undefined);
      return;
    }
    this.#hub.run(
      task.catch((error: unknown) => {
        // The store cannot be read: it is compared again, and nothing is told before that.
        this.#hub.report(toCroftError(error, "store/failed", "Reading on in the store failed"));
      }),
      () => reportUncaught(new Error("reading on in the store failed")),
    );
  }
}
