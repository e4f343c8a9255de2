/**
 * The group commit of a hub: everything that arrives in one turn is judged, committed in one transaction,
 * and only then answered and relayed (SYNC rules 8 and 14): judging happens right before the
 * commit, against the access of that moment.
 */

import type { DocPath } from "../doc-path.ts";
import { reportUncaught } from "../emitter.ts";
import { CroftError, toCroftError } from "../errors.ts";
import type { LaterCode } from "../protocol/document-messages.ts";
import type { StoreBatch } from "../store/store.ts";
import { readContent } from "./content.ts";
import { type DocumentContent, Draft, NeedsContent } from "./draft.ts";
import type { HubCore } from "./hub-core.ts";
import { type HubDocument, loadHubDocument } from "./hub-document.ts";
import type { Work } from "./work.ts";

/** First wait after a failed commit, in milliseconds; doubles up to the longest. */
const RETRY_FIRST = 250;
const RETRY_MAX = 10_000;

/** What comes of commits. */
export interface CommitEffects {
  /** The store has it, and memory; `dirty` are those with something to store. */
  committed(drafts: readonly Draft[], dirty: readonly Draft[]): void;
  /** It was not stored, or nobody knows; memory is what the store has. */
  discarded(documents: readonly HubDocument[]): void;
  /** Nothing is left to do. */
  idle(): void;
}

interface Taken {
  readonly document: HubDocument;
  readonly works: readonly Work[];
}

/** See the top of this file. */
export class GroupCommit {
  readonly #hub: HubCore;
  readonly #effects: CommitEffects;
  #queues = new Map<HubDocument, Work[]>();
  /** Documents that could not be read again after a failed commit: what memory has may be wrong. */
  readonly #unread = new Set<HubDocument>();
  #scheduled = false;
  #flushing: Promise<void> | undefined;
  #failures = 0;

  constructor(hub: HubCore, effects: CommitEffects) {
    this.#hub = hub;
    this.#effects = effects;
  }

  /** Whether a document must stay in memory for this. */
  holds(document: HubDocument): boolean {
    return this.#queues.has(document) || this.#flushing !== undefined;
  }

  /** Whether what memory has of a document may be wrong. */
  isUnread(document: HubDocument): boolean {
    return this.#unread.has(document);
  }

  /** A document leaves memory. */
  forget(document: HubDocument): void {
    this.#unread.delete(document);
  }

  /** Adds work to a document; it takes part in the next commit. */
  enqueue(document: HubDocument, work: Work): void {
    const queue = this.#queues.get(document);
    if (queue) queue.push(work);
    else this.#queues.set(document, [work]);
    if (this.#scheduled || this.#flushing) return;
    this.#scheduled = true;
    this.#hub.clock.soon(() => {
      this.#scheduled = false;
      if (!this.#flushing) this.#start();
    });
  }

  /** The store has taken something. */
  worked(): void {
    this.#failures = 0;
  }

  /** Commits what has arrived, and all that arrives meanwhile. */
  async finish(): Promise<void> {
    if (!this.#flushing) this.#start();
    await this.flushed();
  }

  /** Resolves when no commit is under way. */
  async flushed(): Promise<void> {
    while (this.#flushing) await this.#flushing;
  }

  #start(): void {
    this.#flushing = this.#flush()
      .catch(reportUncaught)
      .finally(() => {
        this.#flushing = undefined;
        if (this.#queues.size > 0) this.#start();
        else this.#effects.idle();
      });
  }

  async #flush(): Promise<void> {
    const taken = [...this.#queues].map(([document, works]): Taken => ({ document, works }));
    if (taken.length === 0) return;
    this.#queues = new Map();
    let drafts: Draft[];
    try {
      for (const { document } of taken) {
        if (this.#unread.has(document)) await this.#readAgain(document);
      }
      drafts = await this.#draftAll(taken);
    } catch (error) {
      await this.#fail(taken, [], error);
      return;
    }
    const dirty = drafts.filter((draft) => draft.dirty);
    if (dirty.length > 0) {
      const { store, timeline, clock } = this.#hub;
      try {
        const position = timeline.next(clock.now());
        const { stale } = await store.commit(this.#batch(dirty, position));
        timeline.saved();
        if (stale.length > 0)
          throw new CroftError("store/failed", `Another process changed ${stale.join(", ")}.`);
        timeline.committed(position);
      } catch (error) {
        await this.#fail(taken, drafts, error);
        return;
      }
      this.#hub.worked();
    }
    for (const draft of drafts) draft.committed();
    for (const { works } of taken) for (const work of works) work.committed();
    this.#effects.committed(drafts, dirty);
  }

  /** Runs all works; reads the content of documents where a work asks for it, and starts over. */
  async #draftAll(taken: readonly Taken[]): Promise<Draft[]> {
    const { clock, random, store } = this.#hub;
    const contents = new Map<DocPath, DocumentContent>();
    for (;;) {
      const drafts: Draft[] = [];
      let missing: HubDocument | undefined;
      for (const { document, works } of taken) {
        const draft = new Draft(document, clock.now(), random, contents.get(document.path));
        drafts.push(draft);
        try {
          for (const work of works) work.run(draft);
        } catch (error) {
          if (!(error instanceof NeedsContent)) throw error;
          missing = document;
          break;
        }
      }
      if (!missing) return drafts;
      for (const draft of drafts) draft.abort();
      contents.set(missing.path, await readContent(store, missing.path));
    }
  }

  #batch(drafts: readonly Draft[], position: number): StoreBatch {
    const { term, uplink, timeline } = this.#hub;
    return {
      term,
      // Devices keep no marks for others.
      meta: uplink ? [] : timeline.unsaved,
      documents: drafts.map((draft) => draft.toChange(position)),
      bind: drafts.flatMap((draft) =>
        [...draft.bind].map(([writer, principal]) => ({ writer, principal })),
      ),
      quarantine: drafts.flatMap((draft) => draft.quarantine),
      release: drafts.flatMap((draft) => draft.released),
    };
  }

  // SYNC rule 16: after a failed or unknown commit memory is discarded, sessions resume.
  async #fail(taken: readonly Taken[], drafts: readonly Draft[], error: unknown): Promise<void> {
    const problem = toCroftError(error, "store/failed", "The store failed");
    this.#hub.report(problem);
    for (const draft of drafts) draft.abort();
    const wait = Math.min(RETRY_MAX, RETRY_FIRST * 2 ** Math.min(10, this.#failures));
    this.#failures++;
    for (const { document } of taken) await this.#reload(document);
    this.#effects.discarded(taken.map(({ document }) => document));
    const code = laterCodeOf(problem);
    for (const { works } of taken)
      for (const work of works) work.failed(code, problem.message, wait);
  }

  async #reload(document: HubDocument): Promise<void> {
    this.#unread.add(document);
    try {
      await this.#readAgain(document);
    } catch (error) {
      // The store cannot even be read: nothing is judged until it can.
      this.#hub.report(toCroftError(error, "store/failed", "Reading a document failed"));
    }
  }

  async #readAgain(document: HubDocument): Promise<void> {
    const fresh = await loadHubDocument(this.#hub, document.path);
    for (const writer of document.writers.keys()) {
      const last = await this.#hub.store.readWriter(document.path, writer);
      if (last) fresh.writers.set(writer, last);
    }
    const before = document.record.epoch;
    document.replaceWith(fresh);
    this.#unread.delete(document);
    // The commit may have happened, with a new epoch or entries that nobody was told of.
    for (const lane of [...document.lanes]) {
      if (document.record.epoch !== before) lane.restart();
      else lane.pump();
    }
  }
}

function laterCodeOf({ code }: CroftError): LaterCode {
  if (code === "store/full") return "disk-full";
  return code === "store/fenced" ? "fenced" : "store-failed";
}
