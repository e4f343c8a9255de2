/**
 * One document on one session, at the hub's end: openings, submissions, what the peer may do, and
 * what it is told. What it is sent, in which order, is {@link LaneFeed}'s.
 */

import { type Access, allows, stampOf } from "../access/access.ts";
import type { DocPath } from "../doc-path.ts";
import { CroftError } from "../errors.ts";
import type { WriterId } from "../ids.ts";
import type { Compare, Cursor, Opened, Recover, Submit } from "../protocol/document-messages.ts";
import { ProtocolError } from "../protocol/codec.ts";
import type { Presence } from "../protocol/presence-messages.ts";
import type { Claim, LogEntry } from "../store/store.ts";
import { freeClaim, listLeasable } from "./client-ids.ts";
import type { Draft } from "./draft.ts";
import type { HubCore } from "./hub-core.ts";
import type { Work } from "./work.ts";
import { type HubDocument, NO_TAG, type RefusedNumber } from "./hub-document.ts";
import type { HubSession } from "./hub-session.ts";
import { judgeSubmission, type SubmissionVerdict } from "./judge-submission.ts";
import { type FedLane, type LaneDown, LaneFeed, type Unaddressed } from "./lane-feed.ts";
import { type RecoveryRefusal, takeRecovered } from "./recovery.ts";
import type { PresenceMember } from "./presence-room.ts";

/** How long a peer waits before it offers its state again, in milliseconds. */
const RECOVERY_WAIT = 30_000;

/** How long a peer waits that sends too fast, in milliseconds. */
const RATE_WAIT = 500;

/** A document on a session. */
export class HubLane implements PresenceMember, FedLane {
  readonly id: number;
  readonly session: HubSession;
  readonly document: HubDocument;
  readonly #hub: HubCore;
  readonly #feed: LaneFeed;
  /** As last told to the peer. */
  #access: Access = "none";
  #joined = false;
  /** Submissions are ignored until the peer opens again (SYNC rule 20). */
  #deaf = false;
  /** There was too much: what comes until the peer opens again is not taken. */
  #postpones = false;
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
    if (asked) this.#postpones = false;
    this.#feed.dropAnswers(asked);
    this.#hub.enqueue(this.document, {
      run: () => undefined,
      committed: () => this.#join(cursor, asked),
      failed: () => this.#join(cursor, asked),
    });
  }

  submit(message: Submit): void {
    if (this.#deaf || this.#postpones) return;
    const { backlog } = this.session;
    for (const [index, { tag, update }] of message.updates.entries()) {
      const n = message.first + index;
      if (!backlog.hasRoom) {
        this.#postpone(n);
        return;
      }
      const decided = backlog.add(update.length);
      const submission = { writer: this.writer, n, tag, basis: message.basis, update };
      const work: Work = {
        run: (draft) => this.#judge(draft, submission, message.plugin),
        committed: decided,
        failed: (code, reason, wait) => {
          decided();
          this.#refuse({ type: "later", n, code, reason, wait });
        },
      };
      this.#hub.enqueue(this.document, work);
    }
  }

  /** The peer sends faster than this hub stores: what it sent is decided first, and the rest is sent again. */
  #postpone(n: number): void {
    this.#postpones = true;
    const reason = "more was sent at once than can be stored";
    const later = { type: "later", n, code: "rate", reason, wait: RATE_WAIT } as const;
    this.#hub.enqueue(this.document, {
      run: (draft) => {
        if (!this.#closed && !this.#deaf && this.#joined) this.#refuseIn(draft, () => later);
      },
      committed: () => undefined,
      failed: () => this.#refuse(later),
    });
  }

  /**
   * Refuses a submission once the peer has everything that came before it. From here on the writer is not heard until
   * it opens again; set now, so that the rest of the same batch is ignored too.
   */
  #refuseIn(draft: Draft, message: () => Unaddressed<LaneDown>): void {
    this.#deaf = true;
    draft.onAbort(() => {
      this.#deaf = false;
    });
    const after = draft.record.head;
    draft.after(() => this.#feed.refuse(after, message));
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
    this.#deaf = true;
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
      this.#settle();
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
    this.#dropLease();
    this.#hub.release(this.path);
  }

  #judge(
    draft: Draft,
    submission: {
      writer: WriterId;
      n: number;
      tag: LogEntry["tag"];
      basis: Submit["basis"];
      update: Uint8Array;
    },
    plugin: string,
  ): void {
    if (this.#closed || this.#deaf || this.session.fenced || !this.#joined) return;
    const { principal } = this.session;
    const access = this.#hub.accessOf(principal, this.document);
    this.#hub.uplink?.prepare(draft);
    const verdict = judgeSubmission(draft, submission, {
      access,
      maxUpdateBytes: this.#hub.maxUpdateBytes,
      localEpochs: this.#hub.uplink !== undefined,
      leased: this.#lease?.client,
    });
    const by = { user: principal.user, plugin: principal.plugin ?? (plugin || undefined) };
    if (verdict.verdict === "accept") {
      this.#accept(draft, submission, verdict, by);
      return;
    }
    const { n } = submission;
    if (verdict.verdict === "duplicate") {
      const after = draft.record.head;
      draft.after(() => this.#feed.acknowledge(after, n));
      return;
    }
    if (verdict.verdict === "denied") {
      const { code, reason } = verdict;
      if (this.#hub.kept.takes(principal)) {
        draft.keep({
          id: submission.tag,
          author: stampOf(by),
          code,
          reason,
          basis: submission.basis,
          updates: [submission.update],
        });
      }
      const refusal = { type: "denied", n, code, reason } as const;
      this.#refuseIn(draft, () => refusal);
      return;
    }
    const { verdict: _kind, ...rest } = verdict;
    const message = (): Unaddressed<LaneDown> =>
      verdict.verdict === "later"
        ? { type: "later", n, code: verdict.code, reason: verdict.reason, wait: verdict.wait }
        : { type: "id-taken", n, client: verdict.client, ...rest };
    this.#refuseIn(draft, message);
  }

  #accept(
    draft: Draft,
    {
      writer,
      n,
      tag,
      update,
    }: { writer: WriterId; n: number; tag: LogEntry["tag"]; update: Uint8Array },
    { advance }: Extract<SubmissionVerdict, { verdict: "accept" }>,
    by: { user: string; plugin: string | undefined },
  ): void {
    for (const { client, clock } of advance) draft.setClaim(client, { client, writer, clock });
    draft.setLast(writer, { n, tag });
    // Refused before, and submitted again by a writer that did not hear of it.
    if (this.document.kept.has(tag)) draft.release(tag);
    if (!this.session.bound) draft.bind.set(writer, stampOf(this.session.principal));
    const pending = this.#hub.uplink?.mark(draft, by.plugin ?? "");
    // Messages are views of frames; what is kept must not hold the whole frame.
    draft.append({ update: update.slice(), writer, n, author: stampOf(by), pending });
    draft.after(() => {
      this.session.bound = true;
      // The position of who may not read any more does not come to it.
      if (!this.mayRead) this.#settle();
    });
  }

  async #joinNow(cursor: Cursor | undefined, asked: boolean): Promise<void> {
    const { document } = this;
    const last = await this.#hub.lastOf(document, this.writer);
    const leasable = await listLeasable(this.#hub, document, this.session.principal);
    let confirmed: Opened["answer"];
    let epoch: string;
    do {
      ({ epoch } = document.record);
      confirmed = await this.#hub.confirm(document, cursor);
    } while (document.record.epoch !== epoch);
    if (this.#closed) return;
    this.#hub.uplink?.used(document);
    this.#access = this.#hub.accessOf(this.session.principal, document);
    if (asked) this.#deaf = false;
    this.#differed = 0;
    this.#joined = true;
    this.#feed.open(last.n, asked);
    if (!this.mayRead) {
      this.#sendOpened("hidden", asked, last);
      this.#settle();
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
      this.#deaf = true;
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
  #settle(): void {
    const n = this.document.writers.get(this.writer)?.n ?? 0;
    if (n > 0) this.send({ type: "ack", n, at: undefined });
  }

  #refuse(message: Unaddressed<LaneDown>): void {
    if (this.#deaf || this.#closed) return;
    this.#deaf = true;
    this.#feed.dropAnswers();
    this.send(message);
  }

  send(message: Unaddressed<LaneDown>): void {
    this.session.send(this.id, { ...message, doc: this.id });
  }
}

function leaseOf({ client, clock }: Claim): NonNullable<Opened["lease"]> {
  return { client, clock };
}
