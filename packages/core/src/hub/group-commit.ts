/**
 * The group commit of a hub: everything that arrives in one turn is judged, committed in one transaction,
 * and only then answered and relayed (SYNC rules 8 and 14): judging happens right before the
 * commit, against the access of that moment. So nothing is read in between: a document whose content
 * is needed goes back into the queue, and takes part in the next commit, with its content.
 */

import { reportUncaught } from "../emitter.ts";
import { CroftError, toCroftError } from "../errors.ts";
import type { LaterCode } from "../protocol/document-messages.ts";
import type { LogEntry, StoreBatch } from "../store/store.ts";
import { readContent } from "./content.ts";
import { type DocumentContent, Draft, NeedsContent } from "./draft.ts";
import type { HubCore } from "./hub-core.ts";
import { wentBack } from "./neighbours.ts";
import { type HubDocument, loadHubDocument, TAIL_BYTES } from "./hub-document.ts";
import type { Work } from "./work.ts";

/** First wait after a failed commit, in milliseconds; doubles up to the longest. */
const RETRY_FIRST = 250;
const RETRY_MAX = 10_000;
/** Bytes of content held for one commit, and one document more. */
const CONTENT_BYTES = 16 * 1024 * 1024;
/** Documents whose content is read for one commit: everybody else's changes wait for that. */
const CONTENT_READS = 64;

/** What comes of commits. */
export interface CommitEffects {
  /** The store has it, and memory; `dirty` are those with something to store. */
  committed(drafts: readonly Draft[], dirty: readonly Draft[]): void;
  /** It was not stored, or nobody knows; memory is what the store has. */
  discarded(documents: readonly HubDocument[]): void;
  /** Memory has what other hubs on the same store did; these entries are the newest. */
  readOn(document: HubDocument, entries: readonly LogEntry[]): void;
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
  /** Documents that other hubs on the same store have changed: what memory has is right, and not all. */
  readonly #behind = new Set<HubDocument>();
  /** Documents that are in the queue, and of which a work needs the content. */
  #starved = new Set<HubDocument>();
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
    this.#behind.delete(document);
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

  /** Reads a document on before anything else is judged in it: another hub on the same store changed it. */
  refresh(document: HubDocument): Promise<void> {
    this.#behind.add(document);
    return new Promise((resolve, reject) => {
      this.enqueue(document, {
        run: () => undefined,
        committed: resolve,
        failed: (_code, reason) =>
          reject(new CroftError("store/failed", reason, { path: document.path })),
      });
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
    const queued = [...this.#queues].map(([document, works]): Taken => ({ document, works }));
    if (queued.length === 0) return;
    this.#queues = new Map();
    const starved = this.#starved;
    this.#starved = new Set();
    let drafts: readonly Draft[] = [];
    let taken: readonly Taken[];
    try {
      for (const { document } of queued) {
        if (this.#unread.has(document)) await this.#readAgain(document);
        else if (this.#behind.has(document)) await this.#readOn(document);
      }
      // Under what is known now, and no commit happens under anything else (SYNC rule 14).
      if (!this.#hub.isUpToDate) await this.#hub.upToDate();
      const contents = await this.#readContents(starved);
      const all: Draft[] = [];
      drafts = all;
      taken = this.#draftAll(queued, starved, contents, all);
    } catch (error) {
      await this.#fail(queued, drafts, error);
      return;
    }
    // A hub that has its store alone commits what it has judged in the same turn.
    if (this.#hub.store.shared) {
      try {
        const behind = await this.#findBehind(drafts);
        this.#judgeAgain(taken.filter(behind), drafts.filter(behind));
        taken = taken.filter((each) => !behind(each));
        drafts = drafts.filter((each) => !behind(each));
      } catch (error) {
        await this.#fail(taken, drafts, error);
        return;
      }
    }
    let dirty = drafts.filter((draft) => draft.dirty);
    if (dirty.length > 0) {
      const { store, timeline, clock } = this.#hub;
      try {
        const position = timeline.next(clock.now());
        const batch = this.#batch(dirty, position);
        const { stale, refused } = await store.commit(batch);
        if (refused?.why === "sessions") {
          const numbers = new Map(drafts.flatMap((draft) => [...draft.sessions]));
          this.#hub.sessions.fence(refused.writers, numbers);
        }
        if (refused?.why === "facts") {
          this.#hub.neighbours?.checkMoved(batch.shared?.facts ?? 0);
        }
        if (refused) {
          this.#judgeAgain(taken, drafts);
          return;
        }
        timeline.saved();
        if (stale.length > 0 && !store.shared)
          throw new CroftError("store/failed", `Another process changed ${stale.join(", ")}.`);
        timeline.committed(position);
        const isStale = ({ document }: { readonly document: HubDocument }): boolean =>
          stale.includes(document.path);
        this.#judgeAgain(taken.filter(isStale), drafts.filter(isStale));
        taken = taken.filter((each) => !isStale(each));
        drafts = drafts.filter((each) => !isStale(each));
        dirty = dirty.filter((each) => !isStale(each));
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

  /**
   * Nothing is refused by what is behind the store, where several hubs share it (SYNC rule 13): tells which documents are, of those
   * of which something is refused; or all, where the facts are others.
   */
  async #findBehind(
    drafts: readonly Draft[],
  ): Promise<(of: { readonly document: HubDocument }) => boolean> {
    const { shared } = this.#hub.store;
    const refusing = drafts.filter(({ refuses }) => refuses).map(({ document }) => document);
    if (!shared || refusing.length === 0) return () => false;
    const revisions = await shared.readRevisions(refusing.map(({ path }) => path));
    if (!this.#hub.isUpToDate) return () => true;
    const behind = new Set(
      refusing.filter(({ path, inStore }) => revisions.get(path) !== inStore?.revision),
    );
    return ({ document }) => behind.has(document);
  }

  /** Reads what works asked for at the last commit, as much as may be held at once. */
  async #readContents(
    starved: ReadonlySet<HubDocument>,
  ): Promise<ReadonlyMap<HubDocument, DocumentContent>> {
    const contents = new Map<HubDocument, DocumentContent>();
    let bytes = 0;
    for (const document of starved) {
      if (contents.size === CONTENT_READS || bytes >= CONTENT_BYTES) break;
      const content = await readContent(this.#hub.store, document.path);
      contents.set(document, content);
      bytes += bytesOf(content);
    }
    return contents;
  }

  /**
   * Runs the works of all documents, of each in their order, and adds a draft for each. Returns whose works
   * take part in this commit; the others are in the queue again.
   */
  #draftAll(
    queued: readonly Taken[],
    starved: ReadonlySet<HubDocument>,
    contents: ReadonlyMap<HubDocument, DocumentContent>,
    drafts: Draft[],
  ): readonly Taken[] {
    const { clock, random } = this.#hub;
    const taken: Taken[] = [];
    const waiting: Taken[] = [];
    for (const each of queued) {
      const { document, works } = each;
      const content = contents.get(document);
      // Not run to no purpose: that would be once for each commit until it is its turn.
      if (!content && starved.has(document)) {
        waiting.push(each);
        continue;
      }
      const draft = new Draft(document, clock.now(), random, content);
      try {
        for (const work of works) work.run(draft);
        drafts.push(draft);
        taken.push(each);
      } catch (error) {
        draft.abort();
        if (content || !(error instanceof NeedsContent)) throw error;
        waiting.push(each);
      }
    }
    for (const { document } of waiting) this.#starved.add(document);
    this.#putBack(waiting);
    return taken;
  }

  /** Something else came first, at another hub on the same store: that is read, and all of it is judged once more. */
  #judgeAgain(taken: readonly Taken[], drafts: readonly Draft[]): void {
    for (const draft of drafts) draft.abort();
    for (const { document } of taken) this.#behind.add(document);
    this.#putBack(taken);
  }

  /** What was taken out of the queue comes before all that arrived meanwhile. */
  #putBack(waiting: readonly Taken[]): void {
    const arrived = this.#queues;
    this.#queues = new Map();
    for (const { document, works } of waiting) {
      this.#queues.set(document, [...works, ...(arrived.get(document) ?? [])]);
    }
    for (const [document, works] of arrived) {
      if (!this.#queues.has(document)) this.#queues.set(document, works);
    }
  }

  #batch(drafts: readonly Draft[], position: number): StoreBatch {
    const { term, uplink, timeline, neighbours } = this.#hub;
    return {
      term,
      // Devices keep no marks for others, and hubs that share a store tell none.
      meta: uplink || neighbours ? [] : timeline.unsaved,
      shared: neighbours?.conditions(drafts),
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

  /** Takes over what other hubs on the same store did to a document. */
  async #readOn(document: HubDocument): Promise<void> {
    const { path, inStore } = document;
    const { shared } = this.#hub.store;
    // Before it is read: a hint that comes meanwhile may tell of more.
    this.#behind.delete(document);
    const since = inStore && { ...inStore, revision: inStore.revision ?? 0 };
    const news = since && (await shared?.readNews(path, since, TAIL_BYTES));
    if (news && inStore && news.revision < (inStore.revision ?? 0)) throw wentBack(path);
    if (news?.record.epoch !== inStore?.epoch || !news) await this.#readAgain(document);
    else if (news.revision !== inStore?.revision) {
      const before = document.record.epoch;
      document.readOn(news);
      this.#hub.begin(document);
      for (const lane of [...document.lanes]) {
        if (document.record.epoch !== before) lane.restart();
        else lane.pump();
      }
    }
    this.#effects.readOn(document, news?.entries ?? []);
  }

  async #readAgain(document: HubDocument): Promise<void> {
    const fresh = await loadHubDocument(this.#hub, document.path);
    for (const writer of document.writers.keys()) {
      const last = await this.#hub.store.readWriter(document.path, writer);
      if (last) fresh.writers.set(writer, last);
    }
    const before = document.record.epoch;
    document.replaceWith(fresh);
    // Whoever has it open is to start over with it, which has to be stored.
    if (document.lanes.size === 0 || !this.#hub.uplink) this.#hub.begin(document);
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

function bytesOf({ base, entries }: DocumentContent): number {
  const stored = base.reduce((sum, update) => sum + update.length, 0);
  return entries.reduce((sum, { update }) => sum + update.length, stored);
}
