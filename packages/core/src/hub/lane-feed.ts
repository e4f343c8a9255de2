/**
 * What a hub sends of one document on one session: a position in the log, which moves by one entry at a time,
 * and answers, which wait until it has reached the last entry that was committed before them (SYNC
 * rule 10). Sends only while the session has room, so a slow reader costs nothing but its position.
 */

import { CroftError } from "../errors.ts";
import type { Epoch, WriterId } from "../ids.ts";
import type { RelayedEntry } from "../protocol/document-messages.ts";
import { MAX_UPDATES_PER_MESSAGE } from "../protocol/limits.ts";
import type { DownMessage } from "../protocol/message.ts";
import type { LogEntry, StoredSnapshot } from "../store/store.ts";
import type { HubCore } from "./hub-core.ts";
import type { HubDocument } from "./hub-document.ts";
import type { PresenceState } from "./presence-room.ts";
import { ShownPresence } from "./shown-presence.ts";

/** Bytes of updates in one message of entries. */
const MESSAGE_BYTES = 48 * 1024;
/** Bytes read from the log at once. */
const READ_BYTES = 1024 * 1024;

/** A message to a lane of a peer. */
export type LaneDown = Extract<DownMessage, { readonly doc: number }>;
/** A message without the number of its lane. */
export type Unaddressed<M> = M extends LaneDown ? Omit<M, "doc"> : never;

/** Who is fed. */
export interface FedLane {
  readonly writer: WriterId;
  /** Whether the peer's last opening was answered, and nothing ended it. */
  readonly isOpen: boolean;
  /** Whether the peer, as last told, may read. */
  readonly mayRead: boolean;
  /** Whether the session takes more. */
  readonly hasRoom: boolean;
  send(message: Unaddressed<LaneDown>): void;
  /** What was to be sent cannot be read. */
  fail(): void;
}

interface Answer {
  /** Sent when the position has reached this sequence. */
  readonly after: number;
  readonly message: () => Unaddressed<LaneDown>;
  /** After it the peer is not heard until it opens again: it must hear it. */
  readonly refuses: boolean;
  /** Set where it acknowledges everything up to this number. */
  readonly acknowledges?: number;
}

/** See the top of this file. */
export class LaneFeed {
  readonly #hub: HubCore;
  readonly #document: HubDocument;
  readonly #lane: FedLane;
  #position = 0;
  #answers: Answer[] = [];
  #upstreamQueued = false;
  #reading = false;
  /** The store has another log than memory by now: there is no use in reading on. */
  #isReplaced = false;
  /** Stands for the last opening: what was read for an earlier one is not sent. */
  #opening: object = {};
  /**
   * The writer's last number then. Older entries of its own the peer gets as bytes: it may have opened
   * again because it threw its document away.
   */
  #lastAtOpening = 0;
  /** The last number that was accepted on this lane. */
  #accepted = 0;
  /** Presence ids of which there is news, and whether they left since the peer was told of them. */
  readonly #presence = new Map<number, boolean>();
  readonly #shown: ShownPresence;

  constructor(hub: HubCore, document: HubDocument, lane: FedLane) {
    this.#hub = hub;
    this.#document = document;
    this.#lane = lane;
    this.#shown = new ShownPresence((state) => lane.send({ type: "presence", ...state }));
  }

  /** The lane was opened, by the peer or without its asking; `last`: its writer's last number. */
  open(last: number, asked: boolean): void {
    this.#opening = {};
    this.#lastAtOpening = last;
    this.dropAnswers(asked);
    // The log may be another one meanwhile, and never be as long as the one that a refusal was to come after.
    const { head } = this.#document.record;
    this.#answers = this.#answers.map((answer) => ({
      ...answer,
      after: Math.min(answer.after, head),
    }));
    // Some may have left while the peer could not read.
    for (const id of this.#shown.ids) this.#presence.set(id, this.#presence.get(id) ?? false);
  }

  /** The peer has everything up to a position. */
  goOnFrom(position: number): void {
    this.#position = position;
  }

  /** What waits is not said any more; refusals are, unless the peer `asked` for an opening meanwhile. */
  dropAnswers(asked = true): void {
    this.#answers = asked ? [] : this.#answers.filter(({ refuses }) => refuses);
    this.#upstreamQueued = false;
  }

  /** Refuses something once the peer has everything up to `after`. */
  refuse(after: number, message: Unaddressed<LaneDown>): void {
    this.#answers.push({ after, message: () => message, refuses: true });
    this.pump();
  }

  /** Number `n` was accepted on this very lane, and is committed. */
  accept(n: number): void {
    this.#accepted = n;
  }

  /** Up to which number the peer's submissions are committed, as far as they are its own. */
  get committed(): number {
    // Another hub on the same store may have taken some of a copy of it, under the same numbers.
    if (this.#hub.neighbours) return Math.max(this.#lastAtOpening, this.#accepted);
    return this.#document.writers.get(this.#lane.writer)?.n ?? 0;
  }

  /** Acknowledges number `n` once the peer has everything up to `after`. */
  acknowledge(after: number, n: number): void {
    this.#answers.push(this.#takeTogether(after, n));
    this.pump();
  }

  /** What the writer has submitted is told once the position has passed it all. */
  promiseLast(): void {
    const n = this.committed;
    if (n > 0) this.#answers.push(this.#takeTogether(this.#document.record.head, n));
  }

  /**
   * The acknowledgement of number `n`, in place of the last one that waits, if that comes right before it. It answers
   * everything up to `n`, and may come later than it could (SYNC rule 10); of a peer that repeats itself and
   * does not read, any number would wait.
   */
  #takeTogether(after: number, n: number): Answer {
    const before = this.#answers.at(-1)?.acknowledges;
    if (before !== undefined) this.#answers.pop();
    const acknowledges = Math.max(n, before ?? 0);
    return { after, message: () => this.ack(acknowledges), refuses: false, acknowledges };
  }

  /**
   * Tells where the hub above stands, after everything that is in the log now; of what others do
   * nothing to who may not read.
   */
  tellUpstream(): void {
    if (this.#upstreamQueued || !this.#lane.isOpen) return;
    this.#upstreamQueued = true;
    this.#answers.push({
      after: this.#document.record.head,
      message: () => {
        this.#upstreamQueued = false;
        const { state, problem } = this.#hub.upstreamOf(this.#document);
        const saved = state === "none" ? 0 : this.#document.savedAbove(this.#lane.writer);
        const { waiting } = this.#document;
        // It tells of numbers whose acknowledgement is yet to come: what it says is said once more after that.
        if (this.#lane.mayRead && this.#position < this.#document.record.head) {
          this.tellUpstream();
        }
        if (!this.#lane.mayRead) {
          const own = waiting.filter(({ writer }) => writer === this.#lane.writer).length;
          return { type: "upstream", state, saved, waiting: own, problem: undefined };
        }
        return { type: "upstream", state, saved, waiting: waiting.length, problem };
      },
      refuses: false,
    });
    this.pump();
  }

  /** A presence state changed. */
  presenceChanged(id: number): void {
    const left = this.#whoIs(id) === undefined;
    // Of who came and went while there was no room nobody needs to hear.
    if (left && this.#shown.clockOf(id) === undefined) this.#presence.delete(id);
    else this.#presence.set(id, left || (this.#presence.get(id) ?? false));
    this.pump();
  }

  /** Sends what can be sent. */
  pump(): void {
    if (!this.#lane.isOpen || this.#reading) return;
    const document = this.#document;
    while (this.#lane.hasRoom) {
      this.flushAnswers();
      if (!this.#lane.mayRead) return;
      if (this.#presence.size > 0) this.#sendPresence();
      if (this.#position >= document.record.head) return;
      const tail =
        this.#position < document.record.base ? undefined : document.tailAfter(this.#position);
      if (!tail || tail.length === 0) {
        this.#read();
        return;
      }
      this.#sendEntries(tail);
    }
  }

  /** What acknowledges number `n`: with a position, if the peer has everything. */
  ack(n: number): Unaddressed<LaneDown> {
    const { record } = this.#document;
    const readable = this.#lane.mayRead && this.#position === record.head && record.head > 0;
    return { type: "ack", n, at: readable ? { seq: record.head, tag: record.headTag } : undefined };
  }

  /** Says what is due. */
  flushAnswers(): void {
    // Who may not read is told the outcome at once; its position does not move any more.
    const frozen = !this.#lane.mayRead;
    for (let answer = this.#answers[0]; answer; answer = this.#answers[0]) {
      if (!frozen && answer.after > this.#position) return;
      this.#answers.shift();
      this.#lane.send(answer.message());
    }
  }

  #sendEntries(entries: readonly LogEntry[]): void {
    let run: LogEntry[] = [];
    let bytes = 0;
    const flush = (): void => {
      if (run.length > 0) this.#sendRun(run);
      run = [];
      bytes = 0;
    };
    for (let index = 0; index < entries.length; index++) {
      const entry = entries[index];
      if (!entry || !this.#lane.hasRoom) break;
      const own = this.#isOwn(entry);
      const gap = entry.seq !== this.#position + 1;
      const answerDue = this.#answers[0] !== undefined && this.#answers[0].after <= this.#position;
      if (
        run.length > 0 &&
        (own ||
          gap ||
          answerDue ||
          run.length === MAX_UPDATES_PER_MESSAGE ||
          bytes + entry.update.length > MESSAGE_BYTES)
      )
        flush();
      this.flushAnswers();
      this.#position = entry.seq;
      if (own) {
        const following = entries[index + 1];
        const more = following && this.#isOwn(following) && following.seq === entry.seq + 1;
        if (!more || this.#answers.length > 0) {
          this.#lane.send({ type: "ack", n: entry.n, at: { seq: entry.seq, tag: entry.tag } });
        }
      } else {
        run.push(entry);
        bytes += entry.update.length;
      }
    }
    flush();
  }

  /** Whether the peer has made an entry since it opened last: there it has the bytes. */
  #isOwn({ writer, n }: LogEntry): boolean {
    const isOwn = writer === this.#lane.writer && n > this.#lastAtOpening;
    return isOwn && n <= this.committed;
  }

  #sendRun(run: readonly LogEntry[]): void {
    let author: string | undefined;
    const entries = run.map((entry): RelayedEntry => {
      const changed = entry.author !== author;
      author = entry.author;
      return { tag: entry.tag, author: changed ? author : undefined, update: entry.update };
    });
    this.#lane.send({ type: "entries", first: run[0]?.seq ?? 0, entries });
  }

  #sendPresence(): void {
    for (const [id, left] of [...this.#presence]) {
      if (!this.#lane.hasRoom) return;
      this.#presence.delete(id);
      const state = this.#whoIs(id);
      if (left || !state) this.#shown.hide(id);
      if (state) this.#shown.show(state);
    }
  }

  /** The state of who is here under a presence id. */
  #whoIs(id: number): PresenceState | undefined {
    const state = this.#document.room.get(id);
    return state && state.state.length > 0 ? state : undefined;
  }

  #read(): void {
    this.#reading = true;
    this.#isReplaced = false;
    this.#hub.run(
      this.#readMore().finally(() => {
        this.#reading = false;
      }),
      () => this.#lane.fail(),
      () => {
        if (!this.#isReplaced) this.pump();
      },
    );
  }

  async #readMore(): Promise<void> {
    const document = this.#document;
    const opening = this.#opening;
    const { base, epoch, head } = document.record;
    if (this.#position < base) {
      const snapshot = await this.#hub.store.readSnapshot(this.#document.path);
      await this.#readOn();
      if (document.record.epoch !== epoch || !this.#canRead(opening)) return;
      if (snapshot && snapshot.seq >= base) this.#sendSnapshot(snapshot);
      else await this.#missSnapshot(epoch);
      return;
    }
    const entries = await this.#hub.store.readLog(this.#document.path, this.#position, READ_BYTES);
    await this.#readOn();
    if (document.record.epoch !== epoch || !this.#canRead(opening)) return;
    if (entries[0]?.seq !== this.#position + 1) {
      const snapshot = await this.#hub.store.readSnapshot(this.#document.path);
      await this.#readOn();
      if (document.record.epoch !== epoch || !this.#canRead(opening)) return;
      if (snapshot && snapshot.seq > this.#position) {
        this.#sendSnapshot(snapshot);
        return;
      }
    }
    if (entries.length > 0) this.#sendEntries(entries);
    // Entries were removed at the end of the log (after a denial): there is nothing to send up to
    // where the log ended when it was read. What was committed since is another matter.
    else this.#position = Math.max(this.#position, head);
  }

  #sendSnapshot({ seq, tag, format, update }: StoredSnapshot): void {
    this.#lane.send({ type: "snapshot", seq, tag, format, update });
    this.#position = seq;
    this.promiseLast();
  }

  /**
   * The snapshot of which the document's row tells is not there: the log is being replaced, and the peer is told to
   * open again when that is stored; or the store is damaged, and will be so when it is read again.
   */
  async #missSnapshot(epoch: Epoch): Promise<void> {
    const { path } = this.#document;
    const stored = await this.#hub.store.loadDocument(path);
    this.#isReplaced = stored !== undefined && stored.record.epoch !== epoch;
    if (this.#isReplaced) return;
    throw new CroftError("store/corrupt", `The snapshot of ${path} is missing.`, {
      path,
      hint: "Go back to a backup, or delete the document.",
    });
  }

  /** Where several hubs share the store, what was read may be of a log that this one does not know of yet. */
  async #readOn(): Promise<void> {
    if (this.#hub.neighbours) await this.#hub.readOn(this.#document);
  }

  #canRead(opening: object): boolean {
    const isFresh = this.#opening === opening && this.#hub.isUpToDate;
    return isFresh && this.#lane.isOpen && this.#lane.mayRead;
  }
}
