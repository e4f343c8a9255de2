/**
 * Joins a device's hub to the hub above it: pending entries go up, accepted ones come down. Being
 * offline is nothing but a link that is down.
 */

import type { PluginLabel } from "../access/stamp.ts";
import type { Connect } from "../channel/channel.ts";
import { type DocPath, isUnder } from "../doc-path.ts";
import { CroftError, toCroftError } from "../errors.ts";
import { createWriterId, type WriterId } from "../ids.ts";
import { CloseCode } from "../protocol/close-code.ts";
import type { History } from "../protocol/history-messages.ts";
import type { Deleted } from "../protocol/deletion-messages.ts";
import type { Upstream } from "../protocol/document-messages.ts";
import type { DocumentRecord, PendingMark } from "../store/store.ts";
import type { BackOffOptions } from "../session/back-off.ts";
import { type ClientSession, createClientSession } from "../session/client-session.ts";
import type { HubRequest } from "../session/requests.ts";
import type { Draft } from "../hub/draft.ts";
import type { HubCore } from "../hub/hub-core.ts";
import type { Uplink } from "../hub/work.ts";
import type { ReadPage } from "../hub/history.ts";
import type { HubDocument } from "../hub/hub-document.ts";
import { Following, type KeepOptions } from "./following.ts";
import { LinkEvents } from "./link-events.ts";
import { adoptDeletion, startAfter } from "./take-opened.ts";
import { LinkLane } from "./link-lane.ts";
import { adoptWriter } from "./pending.ts";

/** The name under which a store keeps its writer id. */
export const WRITER_META = "writer";

/** Options of {@link Link}. */
export interface LinkOptions {
  readonly hub: HubCore;
  readonly workspace: string;
  readonly user: string;
  /** The store's writer, minted in the transaction that created the store (SYNC rule 1). */
  readonly writer: WriterId;
  readonly agent: string;
  readonly connect: Connect;
  readonly token: (() => string | Promise<string>) | undefined;
  readonly backOff?: BackOffOptions | undefined;
  readonly onProblem: (problem: CroftError) => void;
  /** Whether to stay offline at first. */
  readonly paused: boolean;
  /** Whether what may not be read any more goes from this store. */
  readonly erasesLost: boolean;
  readonly keep: KeepOptions;
}

/** How long a fork that could not be stored waits, in milliseconds. */
const FORK_RETRY = 1_000;

const A_DAY = 86_400_000;

/** See the top of this file. */
export class Link implements Uplink {
  readonly hub: HubCore;
  readonly session: ClientSession;
  /** Whose device this is. */
  readonly user: string;
  /** Whether what may not be read any more goes from this store. */
  readonly erasesLost: boolean;
  readonly #following: Following;
  readonly #events: LinkEvents;
  readonly #keepsTrack: boolean;
  #writer: WriterId;
  readonly #lanes = new Map<HubDocument, LinkLane>();
  readonly #onProblem: (problem: CroftError) => void;
  #forking = false;
  #paused: boolean;
  #cancelRetry: () => void = () => undefined;
  #fenced = false;
  #areDeletedStored: boolean;
  /** Whether this device has never met the hub above. */
  #isNewcomer: boolean;
  #disposed = false;

  constructor(options: LinkOptions) {
    const { hub, user } = options;
    this.hub = hub;
    this.user = user;
    this.erasesLost = options.erasesLost;
    this.#writer = options.writer;
    this.#onProblem = options.onProblem;
    this.#paused = options.paused;
    this.#areDeletedStored = hub.subtrees.wereKnown;
    this.#isNewcomer = !hub.subtrees.wereKnown;
    this.session = createClientSession({
      connect: options.connect,
      workspace: options.workspace,
      writer: () => this.#writer,
      term: hub.term,
      token: options.token,
      agent: options.agent,
      clock: hub.clock,
      random: hub.random,
      backOff: options.backOff,
      onWelcome(welcome) {
        if (welcome.user === user) return;
        throw new CroftError(
          "auth/other-user",
          `The token belongs to ${welcome.user}, and what is stored on this device to ${user}.`,
          { hint: "Sign in as that user, or open the workspace with the other user's own store." },
        );
      },
      onDeleted: (told) => this.#learnDeleted(told),
    });
    this.session.onState((state) => {
      if (state.name === "refused" && state.code === CloseCode.replaced) this.fork();
      if (state.name === "refused" || state.name === "stopped") this.#tellAll();
      if (state.name !== "open") this.#following.down();
    });
    this.#following = new Following(this, options.keep);
    this.#keepsTrack = options.keep.budget < Number.POSITIVE_INFINITY;
    this.#events = new LinkEvents(hub.events, this.session.events);
    hub.uplink = this;
  }

  get writer(): WriterId {
    return this.#writer;
  }

  /** Takes up the documents that have something to send. */
  async start(): Promise<void> {
    await this.#following.start();
    // A newcomer first: what waits is looked at when it hears of deletions.
    if (this.#isNewcomer) await this.#loadPending();
    this.#go();
    await this.#loadPending();
  }

  async #loadPending(): Promise<void> {
    for (const path of await this.hub.store.listPending()) {
      if (this.#disposed) return;
      await this.hub.acquire(path);
      this.hub.release(path);
    }
  }

  /** Whether anything in memory is still to be sent. */
  get waiting(): number {
    let count = 0;
    for (const { waiting } of this.hub.documents) count += waiting.length;
    return count;
  }

  prepare(draft: Draft): void {
    adoptWriter(draft, this.#writer);
  }

  mark(draft: Draft, plugin: PluginLabel): PendingMark {
    const { upstream } = draft.record;
    const n = (upstream?.numbered ?? 0) + 1;
    draft.setUpstream({ numbered: n }, this.#writer);
    const basis = upstream?.cursor?.epoch ?? upstream?.tombstone;
    return { n, tag: draft.newTag(), basis, plugin };
  }

  wake(document: HubDocument): void {
    if (this.#disposed) return;
    const lane = this.#lanes.get(document);
    if (lane) lane.send();
    else this.#lanes.set(document, new LinkLane(this, document));
  }

  used(document: HubDocument): void {
    if (!this.#lanes.has(document)) this.wake(document);
    const { stored, record } = document;
    const now = this.hub.clock.now();
    if (!this.#keepsTrack || !stored || now - (record.upstream?.usedAt ?? 0) < A_DAY) return;
    this.hub.enqueue(document, {
      run: (draft) => draft.setUpstream({ usedAt: now }, this.#writer),
      committed: () => undefined,
      // It is noted when it is opened next.
      failed: () => undefined,
    });
  }

  keeps(document: HubDocument): boolean {
    return document.pending.length > 0;
  }

  forget(document: HubDocument): void {
    this.#lanes.get(document)?.close();
    this.#lanes.delete(document);
  }

  async request(asked: HubRequest): Promise<number> {
    const { path } = asked;
    const count = await this.session.request(this.#named(asked));
    // What happened above has been told before the answer: done is done here too.
    const concerned = [...this.#lanes.values()].filter(({ document }) => {
      return document.path === path || isUnder(document.path, path);
    });
    const here = concerned.map(async (lane) => {
      await lane.answered();
      await this.hub.change(lane.document, () => undefined);
    });
    // That this store fails is told by the device's problem: above it was done all the same.
    await Promise.allSettled(here);
    return count;
  }

  /** By the epoch that this device knows: in another one it is another document. */
  #named(asked: HubRequest): HubRequest {
    if (asked.type !== "delete" || asked.subtree) return asked;
    const document = this.hub.documents.find(({ path }) => path === asked.path);
    const { cursor, tombstone } = document?.record.upstream ?? {};
    return { ...asked, epoch: cursor?.epoch ?? tombstone };
  }

  async history(question: Omit<History, "id">): Promise<ReadPage> {
    const { epoch, page, before, isFirst } = await this.session.history(question);
    return { epoch, page, before, isFirst };
  }

  state(document: HubDocument): Pick<Upstream, "state" | "problem"> {
    return this.#lanes.get(document)?.status ?? { state: "offline", problem: undefined };
  }

  /** Something of a document was acknowledged: it may not be needed in memory any more. */
  settled(document: HubDocument): void {
    this.hub.tidy(document.path);
  }

  /**
   * This store was copied, rolled back or replaced by a copy of itself: it takes a new writer, and
   * what was pending under the old one goes to the quarantine (SYNC rule 2). Documents take the
   * new writer over when they are opened next.
   */
  fork(): void {
    if (this.#forking || this.#disposed) return;
    this.#forking = true;
    this.session.stop();
    const writer = createWriterId(this.hub.random);
    const change = this.hub.setMeta([[WRITER_META, writer]]).then(() => {
      this.#writer = writer;
      this.#onProblem(
        new CroftError(
          "session/replaced",
          "This device's store is a copy of another one; it goes on under a name of its own.",
          {
            hint: "Edits that had not reached the server are in the quarantine.",
          },
        ),
      );
    });
    this.hub.run(
      change.finally(() => {
        this.#forking = false;
      }),
      () => {
        // The store may take the new writer later; until then the hub above says "replaced" again.
        this.#cancelRetry = this.hub.clock.delay(FORK_RETRY, () => this.#go());
      },
      () => this.#go(),
    );
  }

  compare(document: HubDocument, hash: string): void {
    this.#lanes.get(document)?.compare(hash);
  }

  /** Another process leads this store: what is here is not the device's any more. */
  fenced(): void {
    this.#fenced = true;
    this.#cancelRetry();
    this.session.stop();
  }

  /** Stays offline until {@link Link.resume}. */
  pause(): void {
    this.#paused = true;
    this.session.stop();
  }

  resume(): void {
    this.#paused = false;
    this.#go();
  }

  dispose(): void {
    this.#disposed = true;
    this.#cancelRetry();
    this.#following.close();
    this.#events.dispose();
    this.session.dispose();
    for (const lane of this.#lanes.values()) lane.close();
    this.#lanes.clear();
  }

  #go(): void {
    if (!this.#disposed && !this.#paused && !this.#forking && !this.#fenced) this.session.start();
  }

  /** Opens a document above, until it is known how it stands there and all that is new is here. */
  async visit(path: DocPath): Promise<void> {
    const document = await this.hub.acquire(path);
    try {
      await this.#lanes.get(document)?.caughtUp();
    } finally {
      this.hub.release(path);
    }
  }

  /**
   * Drops the content of a document that is above too, if it still is as it was read; returns whether it did.
   * What is open, waits, is in the quarantine or was lost above stays.
   */
  async drop({ path, upstream }: DocumentRecord): Promise<boolean> {
    const document = await this.hub.acquire(path);
    let dropped = false;
    try {
      await this.hub.change(document, (draft) => {
        const open = document.lanes.size > 0 || document.kept.size > 0;
        const isLost = this.#lanes.get(document)?.status.problem?.code === "hub/behind";
        const isSame = draft.record.upstream?.cursor?.tag === upstream?.cursor?.tag;
        dropped = !open && !isLost && isSame && draft.pending.length === 0 && draft.record.head > 0;
        if (!dropped) return;
        draft.clear();
        draft.setUpstream({ cursor: undefined, regained: undefined }, this.#writer);
        this.#lanes.get(document)?.outdate(draft);
      });
      // What still comes does not fit any more; whoever opens it next fetches it.
      if (dropped) this.forget(document);
    } finally {
      this.hub.release(path);
    }
    return dropped;
  }

  #learnDeleted(told: Deleted): void {
    const { hub } = this;
    const isNew = hub.subtrees.learn(told, hub.timeline.position);
    const isNewcomer = this.#isNewcomer;
    this.#isNewcomer = false;
    const starting = hub.documents.flatMap((document) => {
      const last = hub.subtrees.over(document.path);
      if (!last) return [];
      // After all that is under way: what was typed before it was known is pending then.
      return hub.change(document, (draft) => {
        if (isNewcomer) adoptDeletion(draft, this.#writer, last.tombstone);
        startAfter(draft, this.#writer, last);
      });
    });
    // What could not be stored is told again when the session comes up next.
    const done = Promise.allSettled(starting);
    if (!isNew && this.#areDeletedStored) return;
    const storing = done
      .then(() => hub.setMeta(hub.subtrees.meta))
      .then(
        () => {
          this.#areDeletedStored = true;
        },
        (error: unknown) => {
          this.#areDeletedStored = false;
          hub.report(
            toCroftError(error, "store/failed", "The list of deleted subtrees was not stored"),
          );
        },
      );
    hub.run(storing, () => undefined);
  }

  #tellAll(): void {
    for (const { lanes } of this.hub.documents) for (const lane of [...lanes]) lane.tellUpstream();
  }
}
