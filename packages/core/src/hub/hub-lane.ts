/**
 * One document on one session, at the hub's end: openings, what the peer may do, and what it is told. What it
 * submits is {@link LaneSubmissions}', what it is sent, in which order, {@link LaneFeed}'s.
 */

import { type Access, allows } from "../access/access.ts";
import { stampOf } from "../access/stamp.ts";
import type { DocPath } from "../doc-path.ts";
import { CroftError } from "../errors.ts";
import type { WriterId } from "../ids.ts";
import type { Compare, Cursor, Opened, Recover } from "../protocol/document-messages.ts";
import { ProtocolError } from "../protocol/codec.ts";
import type { Presence } from "../protocol/presence-messages.ts";
import type { Claim } from "../store/store.ts";
import { freeClaim, listLeasable } from "./client-ids.ts";
import type { HubCore } from "./hub-core.ts";
import { type HubDocument, NO_TAG, type RefusedNumber } from "./hub-document.ts";
import type { HubSession } from "./hub-session.ts";
import { type LaneDown, LaneFeed, type Unaddressed } from "./lane-feed.ts";
import { LaneSubmissions, type SubmittingLane } from "./lane-submissions.ts";
import { type RecoveryRefusal, takeRecovered } from "./recovery.ts";
import type { PresenceMember } from "./presence-room.ts";

/** How long a peer waits before it offers its state again, in milliseconds. */
const RECOVERY_WAIT = 30_000;

/** A document on a session. */
export class HubLane implements PresenceMember, SubmittingLane {
  readonly id: number;
  readonly session: HubSession;
  readonly document: HubDocument;
  /** What the peer submits goes here. */
  readonly submissions: LaneSubmissions;
  readonly #hub: HubCore;
  readonly #feed: LaneFeed;
  /** As last told to the peer. */
  #access: Access = "none";
  #joined = false;
  /** Openings are answered in their order. */
  #joining: Promise<void> = Promise.resolve();
  #cursor: Cursor | undefined;
  #closed = false;
  /** What the peer was told of its own submissions when it could not read. */
  #toldOutcome = "";
  /** At which sequence the peer was told that it shows something else. */
  #differed = 0;
  /** The client id that the peer was offered at its last opening. */
  #lease: Claim | undefined;
  /** The peer was told that this hub lost entries, and may send what it has, once. */
  #behind = false;

  constructor(hub: HubCore, session: HubSession, document: HubDocument, id: number) {
    this.#hub = hub;
    this.session = session;
    this.document = document;
    this.id = id;
    this.#feed = new LaneFeed(hub, document, this);
    this.submissions = new LaneSubmissions(hub, session, document, this, this.#feed);
    document.lanes.add(this);
  }

  get path(): DocPath {
    return this.document.path;
  }

  get writer(): WriterId {
    return this.session.writer;
  }

  get isOpen(): boolean {
    return this.#joined && !this.#closed;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  get leased(): number | undefined {
    return this.#lease?.client;
  }

  get mayRead(): boolean {
    return allows(this.#access, "read");
  }

  get hasRoom(): boolean {
    return this.session.hasRoom;
  }

  /** Opens, or opens again: answered after everything that came before it. */
  open(cursor: Cursor | undefined): void {
    this.#open(cursor, true);
  }

  /** `asked`: by the peer, which so has heard all refusals and is heard again (SYNC rule 20). */
  #open(cursor: Cursor | undefined, asked: boolean): void {
    this.#cursor = cursor;
    this.#joined = false;
    if (asked) this.submissions.resume();
    this.#feed.dropAnswers(asked);
    this.#hub.enqueue(this.document, {
      run: () => undefined,
      committed: () => this.#join(cursor, asked),
      failed: () => this.#join(cursor, asked),
    });
  }

  /** What the peer has of a document of which this hub lost entries. */
  recover(message: Recover): void {
    if (!this.#behind) throw new ProtocolError("a recovery that was not asked for");
    this.#behind = false;
    if (!this.#hub.recovering) {
      this.send({
        type: "later",
        n: 0,
        code: "recovery",
        reason:
          "the server was restored from a backup, and its operator has not opened the recovery",
        wait: RECOVERY_WAIT,
      });
      return;
    }
    const author = stampOf(this.session.principal);
    let failure: RecoveryRefusal | undefined;
    this.#hub.enqueue(this.document, {
      run: (draft) => {
        failure = takeRecovered(draft, { ...message, writer: this.writer, author });
      },
      committed: () => {
        if (failure === undefined) this.send({ type: "restart" });
        else this.send({ type: "denied", n: 0, ...failure });
      },
      failed: (code, reason, wait) => this.send({ type: "later", n: 0, code, reason, wait }),
    });
  }

  /** The peer tells the hash of what it shows. */
  compare({ seq, hash }: Omit<Compare, "doc">): void {
    const { document } = this;
    const { record, pending } = document;
    if (!this.#joined || !this.mayRead || seq !== record.head) return;
    const { uplink } = this.#hub;
    if (uplink) {
      if (pending.length === 0) uplink.compare(document, hash);
      return;
    }
    if (seq === this.#differed) return;
    this.#hub.comparison.compare(document, seq, hash, () => {
      this.#differed = seq;
      this.#hub.report(
        new CroftError(
          "update/invalid",
          `A device of ${stampOf(this.session.principal)} showed something else of ${this.path} than its log yields.`,
          { path: this.path, hint: "It takes the document anew; edits are not affected." },
        ),
      );
      this.send({ type: "differs", seq });
    });
  }

  /** A presence state from the peer. */
  setPresence(presence: Presence): void {
    if (!this.mayRead) return;
    const { principal } = this.session;
    const stamp = stampOf(principal);
    // Which plugin on the device it is, is the device's word; who the user is, is not.
    const believed = principal.plugin === undefined && presence.author.startsWith(`${stamp}/`);
    this.document.room.set(this, { ...presence, author: believed ? presence.author : stamp });
  }

  presenceChanged(id: number): void {
    this.#feed.presenceChanged(id);
  }

  /**
   * The log has a new identity: the peer opens again, and is not heard until then. `erased`: what was
   * read before is to go, whatever may be read now.
   */
  restart(erased = false): void {
    // Who may not read is not told that there was anything; it opens anew when it may.
    if (!this.#joined || !(erased || this.mayRead)) return;
    this.#joined = false;
    this.submissions.ignore();
    this.#feed.dropAnswers();
    this.send({ type: "restart" });
  }

  /** The hub above refused a submission of this lane's writer. */
  tellRefused(refused: RefusedNumber): void {
    if (!this.#closed) this.send({ type: "refused", ...refused });
  }

  /** The gate's answer or the access above may have changed. */
  recheck(): void {
    if (!this.#joined) return;
    const access = this.#hub.accessOf(this.session.principal, this.document);
    if (access === this.#access) return;
    const wasHidden = this.#access === "none";
    this.#access = access;
    if (wasHidden) {
      this.#open(this.#cursor, false);
      return;
    }
    this.send({ type: "access", access });
    this.#feed.flushAnswers();
    if (access === "none") {
      this.document.room.leave(this);
      this.settle();
      if (this.#hub.uplink) {
        // What was stored above with the same commit was not told yet.
        this.#toldOutcome = "";
        this.tellUpstream();
      }
    }
    this.pump();
  }

  /**
   * Tells where the hub above stands. Who may not read hears what becomes of its own submissions (SYNC rule 22), and
   * not when others write.
   */
  tellUpstream(): void {
    if (!this.mayRead) {
      const outcome = this.#outcome;
      if (outcome === this.#toldOutcome) return;
      this.#toldOutcome = outcome;
    }
    this.#feed.tellUpstream();
  }

  /** How many submissions of this writer are stored above, and how many wait. */
  get #outcome(): string {
    const { document, writer } = this;
    const waiting = document.waiting.filter((entry) => entry.writer === writer).length;
    return `${document.savedAbove(writer)} ${waiting}`;
  }

  /** Sends what can be sent. */
  pump(): void {
    this.#feed.pump();
  }

  fail(): void {
    this.session.fail();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.document.room.leave(this);
    this.document.lanes.delete(this);
    this.document.forgetIdle(this.writer);
    this.#dropLease();
    this.#hub.release(this.path);
  }

  async #joinNow(cursor: Cursor | undefined, asked: boolean): Promise<void> {
    const { document } = this;
    // Not to be behind what the peer heard at another hub on the same store (SYNC rule 13).
    if (this.#hub.neighbours) await this.#hub.readOn(document);
    const last = await this.#hub.lastOf(document, this.writer);
    const leasable = await listLeasable(this.#hub, document, this.session.principal);
    let confirmed: Opened["answer"];
    let epoch: string;
    do {
      ({ epoch } = document.record);
      confirmed = await this.#hub.confirm(document, cursor);
    } while (document.record.epoch !== epoch);
    if (this.#closed) {
      document.forgetIdle(this.writer);
      return;
    }
    this.#hub.uplink?.used(document);
    this.#access = this.#hub.accessOf(this.session.principal, document);
    if (asked) this.submissions.hear();
    this.#differed = 0;
    this.#joined = true;
    this.#feed.open(last.n, asked);
    if (!this.mayRead) {
      this.#sendOpened("hidden", asked, last);
      this.settle();
      // What became of its own submissions above it hears whatever its access is (SYNC rule 22).
      this.#toldOutcome = this.#outcome;
      if (this.#hub.uplink && last.n > 0) this.#feed.tellUpstream();
      this.pump();
      return;
    }
    this.#feed.goOnFrom(confirmed === "continue" && cursor ? cursor.seq : 0);
    this.#takeLease(leasable);
    this.#sendOpened(confirmed, asked, last);
    if (confirmed === "behind" || (confirmed === "deleted" && cursor)) {
      // Behind: nothing is taken and nothing is given until the peer's state was recovered;
      // judged now, its submissions would be refused for building on what this hub lost.
      // Deleted: the peer drops what it has, and opens again without a cursor.
      this.#joined = false;
      this.submissions.ignore();
      this.#behind = confirmed === "behind";
      return;
    }
    this.#feed.promiseLast();
    document.room.join(this);
    this.tellUpstream();
  }

  /** A client id is offered: until this lane is closed, nobody else is offered it. */
  #takeLease(leasable: readonly Claim[]): void {
    const { document, session } = this;
    this.#dropLease();
    this.#lease = freeClaim(this.#hub, document, session.principal, leasable);
    if (this.#lease) document.leases.set(this.#lease.client, this);
  }

  #dropLease(): void {
    if (this.#lease) this.document.leases.delete(this.#lease.client);
    this.#lease = undefined;
  }

  #join(cursor: Cursor | undefined, asked: boolean): void {
    this.#joining = this.#joining.then(() => this.#joinNow(cursor, asked));
    this.#hub.run(this.#joining, () => this.session.fail());
  }

  #sendOpened(answer: Opened["answer"], asked: boolean, last: Opened["last"]): void {
    const { record, refused } = this.document;
    const hidden = answer === "hidden";
    this.send({
      type: "opened",
      asked,
      access: this.#access,
      answer,
      epoch: hidden
        ? NO_TAG
        : answer === "deleted"
          ? (record.tombstone ?? record.epoch)
          : record.epoch,
      tombstone: hidden ? undefined : record.tombstone,
      head: hidden ? 0 : record.head,
      last,
      lease: hidden || !this.#lease ? undefined : leaseOf(this.#lease),
    });
    for (const each of refused.get(this.writer) ?? []) this.tellRefused(each);
  }

  /** Tells a writer that may not read what is stored of it: that is its business still (rule 22). */
  settle(): void {
    const n = this.#feed.committed;
    if (n > 0) this.send({ type: "ack", n, at: undefined });
  }

  send(message: Unaddressed<LaneDown>): void {
    this.session.send(this.id, { ...message, doc: this.id });
  }
}

function leaseOf({ client, clock }: Claim): NonNullable<Opened["lease"]> {
  return { client, clock };
}
