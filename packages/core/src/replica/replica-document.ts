/**
 * One live document in a replica: applies what the hub tells, captures what is edited here, and
 * builds the document anew, under a new client id, when a refusal left it ahead of the hub.
 */

import type * as Y from "yjs";
import type { Access } from "../access/access.ts";
import type { Clock } from "../clock.ts";
import type { DocPath } from "../doc-path.ts";
import { createEmitter, type Emitter } from "../emitter.ts";
import { CroftError } from "../errors.ts";
import type { RandomBytes } from "../ids.ts";
import type {
  Ack,
  Basis,
  Cursor,
  Denied,
  Entries,
  Later,
  Numbered,
  Opened,
  Refused,
  Snapshot,
  Upstream,
} from "../protocol/document-messages.ts";
import type { LaneMessage } from "../session/lane.ts";
import { ContentCheck, type Compared } from "./content-check.ts";
import type { Denial, DocumentReset } from "./document-handle.ts";
import type { HubWay } from "./document-lane.ts";
import { DocumentStatus, type Known } from "./document-status.ts";
import { DocumentWays, type Dweller } from "./document-ways.ts";
import type { HubAbove } from "./hub-above.ts";
import { type Clocks, LiveDoc } from "./live-doc.ts";
import { laterError, refusedError } from "./problems.ts";
import { createReplicaPresence, type ReplicaPresence } from "./presence.ts";
import { siblingClientId } from "../update/sibling-id.ts";
import { type ClientIds, HeldIds } from "./client-ids.ts";
import { type Changes, NOTHING_ACKNOWLEDGED, Submissions } from "./submissions.ts";

/** Bytes of updates in one message of submissions. */
const MESSAGE_BYTES = 48 * 1024;

/** What a replica document needs from its replica. */
export interface ReplicaDocumentHost {
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** How often what is shown is compared with what the hub has, in milliseconds; 0 for never. */
  readonly compareEvery: number;
  readonly clientIds: ClientIds | undefined;
  /** The hub that the replica is joined to. */
  readonly home: HubWay;
  /** The way past it, for what it cannot store. */
  readonly above: HubAbove | undefined;
  /** What the hub has of this replica's writer from an earlier time that the document was open. */
  readonly acknowledged: Numbered | undefined;
  /** The hub knows this writer with other numbers than ours. */
  readonly fork: () => void;
  /** Everything is saved. */
  readonly idle: () => void;
}

/** See the top of this file. */
export class ReplicaDocument implements Dweller, Compared {
  readonly path: DocPath;
  readonly presence: ReplicaPresence;
  readonly status: DocumentStatus;
  readonly resets: Emitter<DocumentReset> = createEmitter();
  readonly denials: Emitter<Denial> = createEmitter();
  readonly #host: ReplicaDocumentHost;
  readonly #live: LiveDoc;
  readonly #ids: HeldIds;
  readonly #ways: DocumentWays;
  readonly #check: ContentCheck;
  readonly #submissions: Submissions;
  #cursor: Cursor | undefined;
  /** Whether edits of ours were acknowledged, and no cursor says which log they are in. */
  #isUncovered = false;
  #opened: Opened | undefined;
  #access: Access = "write";
  #upstream: Omit<Upstream, "doc"> = { state: "offline", saved: 0, waiting: 0, problem: undefined };
  #error: CroftError | undefined;
  #scheduled = false;
  #upstreamTold = false;
  /** What was shown when the device's hub was left, while nothing of the hub above is shown. */
  #left: { readonly basis: Basis } | undefined;
  #cancelRetry: (() => void) | undefined;
  /** What was refused above before its acknowledgement by the hub was heard. */
  readonly #refusedEarly: Omit<Refused, "doc">[] = [];
  #disposed = false;

  constructor(path: DocPath, host: ReplicaDocumentHost) {
    this.path = path;
    this.#host = host;
    this.#submissions = new Submissions(host.random, host.acknowledged);
    this.status = new DocumentStatus(path, () => this.#known());
    this.#check = new ContentCheck(this, host.compareEvery, host);
    this.#ids = new HeldIds(path, host.clientIds);
    this.#live = new LiveDoc(path, host.random, (update) => {
      if (this.#disposed) return;
      this.#ids.note(this.doc.clientID);
      this.#submissions.capture(update);
      this.#schedule();
    });
    this.presence = createReplicaPresence(path, host.random, (state) => {
      if (this.#ways.home.isOpen) this.#ways.home.presence(state);
    });
    this.#ways = new DocumentWays(path, host, this);
  }

  get doc(): Y.Doc {
    return this.#live.shown;
  }

  /** Whether the document is gone for whoever still holds a handle. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /** Whether all local changes are at the hub. */
  get settled(): boolean {
    return this.#submissions.settled && !this.#live.isRebuilding;
  }

  /** The last number that the hub acknowledged. */
  get acknowledged(): Numbered {
    return this.#ways.isPast ? this.#ways.home.acknowledged : this.#submissions.acknowledged;
  }

  /** Resolves when what is shown is what is edited: not while the document is built anew. */
  async rebuilt(): Promise<void> {
    if (!this.#live.isRebuilding || this.#disposed) return;
    await new Promise<void>((resolve) => {
      const stop = this.status.states.on(() => {
        if (this.#live.isRebuilding && !this.#disposed) return;
        stop();
        resolve();
      });
    });
  }

  cursor(): Cursor | undefined {
    this.#opened = undefined;
    return this.#cursor;
  }

  receive(message: LaneMessage): void {
    if (message.type === "opened") {
      this.#takeOpened(message);
      return;
    }
    if (message.type === "restart") {
      if (this.#ways.isPast) this.#giveUpAbove();
      else this.#restart();
      return;
    }
    if (message.type === "refused") {
      this.#takeRefused(message);
      return;
    }
    if (message.type === "presence") {
      // Past the device everybody is seen twice; presence needs no disk, and stays with it.
      if (!this.#ways.isPast) this.presence.receive(message);
      this.#changed();
      return;
    }
    if (!this.#opened) return;
    switch (message.type) {
      case "snapshot":
        this.#unlessPoisoned(() => this.#takeSnapshot(message));
        break;
      case "entries":
        this.#unlessPoisoned(() => this.#takeEntries(message));
        break;
      case "ack":
        this.#takeAck(message);
        break;
      case "denied":
        this.#takeDenied(message);
        break;
      case "later":
        this.#takeLater(message);
        break;
      case "id-taken":
        this.#takeIdTaken(message.client);
        break;
      case "access":
        this.#access = message.access;
        break;
      case "differs": {
        // Only a hub that has none above it says so of a replica's own document.
        const basis = this.#basis();
        this.#rebuild(() => this.#submissions.numberAll(basis, false));
        break;
      }
      case "upstream":
        this.#upstream = message;
        this.#upstreamTold = true;
        this.#reached();
        // What the device has on its way up only its own hub knows.
        if (!this.#ways.isPast) {
          this.#submissions.savedAbove(message.saved, this.#waitingFor(message));
        }
        break;
    }
    this.#changed();
  }

  down(): void {
    this.#opened = undefined;
    this.#cancelRetry?.();
    this.#submissions.down();
    if (!this.#ways.home.isOpen) this.presence.forget();
    this.#upstream = { ...this.#upstream, state: "offline" };
    this.#changed();
  }

  room(): void {
    this.#send();
  }

  /** The replica has a new writer; what is not acknowledged is submitted under it. */
  newWriter(): void {
    if (this.#ways.isPast) this.#ways.home.acknowledged = NOTHING_ACKNOWLEDGED;
    else this.#submissions.newWriter();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#cancelRetry?.();
    this.#check.dispose();
    this.presence.dispose();
    this.#ways.dispose();
    this.status.dispose(this.#submissions.settled);
    this.resets.clear();
    this.denials.clear();
    this.#live.dispose();
    this.#ids.release();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (this.#disposed) return;
      this.#send();
      this.#changed();
    });
  }

  #basis(): Basis {
    const known = this.#cursor !== undefined || this.#opened?.answer === "deleted";
    return known ? (this.#cursor?.epoch ?? this.#opened?.epoch) : undefined;
  }

  #send(): void {
    // While the document is built anew, edits to the former one wait for what the reset decides.
    if (!this.#opened || this.#live.isRebuilding) return;
    this.#submissions.number(this.#basis());
    while (this.#ways.lane.way.hasRoom) {
      const submission = this.#submissions.take(MESSAGE_BYTES);
      if (!submission) return;
      this.#ways.lane.submit({ ...submission, plugin: "" });
    }
  }

  #takeOpened(opened: Opened): void {
    const hadCursor = this.#cursor !== undefined;
    this.#access = opened.access;
    if (!this.#submissions.opened(opened.last)) {
      if (this.#ways.isPast) this.#giveUpAbove();
      else this.#host.fork();
      return;
    }
    if (hadCursor && (opened.answer === "superseded" || opened.answer === "deleted")) {
      this.#restart();
      return;
    }
    if (this.#cursor && opened.answer === "continue" && this.#cursor.epoch !== opened.epoch) {
      // Told unasked, when read access came back: the log became another one meanwhile.
      this.#ways.lane.resume();
      return;
    }
    if (opened.answer === "deleted" && this.#live.expectsContent) {
      // On its way between two hubs the document was deleted: what it should have had is gone, and
      // edits that did not know go where the device keeps what is refused.
      if (this.#ways.isPast) {
        this.#giveUpAbove();
        return;
      }
      const basis = this.#basis();
      this.#startOver(() => this.#submissions.doomAll(basis));
    }
    const isTold = opened.answer === "continue" || opened.answer === "deleted";
    if (!hadCursor && isTold && this.#submissions.isTaken(opened.last.n)) {
      // Taken while nobody could tell, and maybe refused above since: only the log knows what is left of it.
      const basis = this.#basis();
      const isGone = opened.answer === "deleted";
      this.#startOver(() => {
        if (isGone) this.#submissions.doomAll(basis);
        else this.#submissions.numberAll(basis, false);
      });
    }
    if (this.#isUncovered && opened.answer === "deleted") {
      this.#restart();
      return;
    }
    if (this.#isUncovered && opened.answer === "continue") {
      // Of edits that were acknowledged while nothing could be read, some may have been refused above.
      const basis = this.#basis();
      this.#rebuild(() => this.#submissions.numberAll(basis, false));
      return;
    }
    this.#opened = opened;
    this.#upstreamTold = false;
    if (opened.answer === "behind") {
      this.#opened = undefined;
      this.#error = new CroftError("hub/behind", `The hub has lost changes of ${this.path}.`, {
        path: this.path,
      });
      this.#changed();
      return;
    }
    if (this.#submissions.settled) this.#error = undefined;
    if (!this.#ways.isPast && opened.access !== "none") this.presence.announce();
    this.#reached();
    this.#changed();
  }

  /**
   * Hubs check bytes; that a hostile peer put items into impossible places only a document shows, and
   * Yjs may throw. That ends this document here, not the session, nor the program.
   */
  #unlessPoisoned(take: () => void): void {
    try {
      take();
    } catch (error) {
      this.#opened = undefined;
      this.#error = new CroftError(
        "update/invalid",
        `${this.path} holds content that cannot be loaded.`,
        {
          path: this.path,
          hint: "Another author has damaged it. Go back to a backup, or delete the document.",
          cause: error,
        },
      );
    }
  }

  #takeSnapshot(snapshot: Snapshot): void {
    this.#live.applySnapshot(snapshot);
    this.#advance(snapshot.seq, snapshot.tag);
  }

  #takeEntries({ first, entries }: Entries): void {
    // Applied, Yjs would take ours for theirs, and what is shown would be neither.
    const updates = entries.map(({ update }) => update);
    const taken = this.#live.isRebuilding ? undefined : this.#submissions.takenBy(updates);
    if (taken !== undefined) {
      this.#takeIdTaken(taken);
      return;
    }
    this.#live.applyEntries(entries);
    const last = entries.at(-1);
    if (last) this.#advance(first + entries.length - 1, last.tag);
  }

  #takeAck({ n, at }: Ack): void {
    const done = this.#submissions.acked(n, this.#ways.isPast);
    if (done.length > 0) this.#ways.stored();
    // Accepted after all (access came back): the document was built without it. What the hub had at
    // the opening comes from its log, or was refused by the hub above since.
    const before = this.#opened?.last.n ?? 0;
    const late = done.filter((each) => each.doomed && each.n > before);
    this.#live.applyEntries(late.map(({ update }) => ({ update, author: undefined })));
    for (const refused of this.#refusedEarly.splice(0)) this.#takeRefused(refused);
    if (at) this.#advance(at.seq, at.tag);
    else if (done.length > 0 && !this.#cursor) this.#isUncovered = true;
    this.#error = undefined;
    this.#send();
    this.reconsider();
  }

  #advance(seq: number, tag: Cursor["tag"]): void {
    if (this.#opened) this.#cursor = { epoch: this.#opened.epoch, seq, tag };
    this.#isUncovered = false;
    this.#reached();
  }

  /** Everything that the hub had at opening is here: the document can be shown. */
  #reached(): void {
    const opened = this.#opened;
    // A hub says where the hub above stands after everything that it had at the opening.
    if (!opened || !(this.#upstreamTold || opened.answer === "hidden")) return;
    if (this.#live.isRebuilding) {
      const former = this.#live.swap(() => this.#submissions.shown);
      if (!former) return;
      if (this.#ways.isPast) this.#left = undefined;
      this.resets.emit({ doc: this.doc, former });
      former.destroy();
    }
    if (!this.status.isReady) this.status.show();
    this.#send();
    if (!this.#ways.isPast) void this.#takeLease(opened);
  }

  /** Goes on under the client id that the hub offers, if nothing was written under the one that is there. */
  async #takeLease(opened: Opened): Promise<void> {
    const { lease } = opened;
    this.#live.dropUnusedLease(lease?.client);
    if (!lease) return;
    const fits = (): boolean =>
      this.#opened === opened && this.#submissions.settled && this.#live.canTake(lease);
    if (fits() && (await this.#ids.take(lease.client)) && fits()) this.#live.take(lease);
  }

  #takeDenied({ n, code, reason }: Denied): void {
    if (this.#ways.isPast) {
      this.#giveUpAbove();
      return;
    }
    const shown = this.#submissions.shown.length;
    const denied = this.#submissions.denied(n);
    if (!denied) {
      this.#ways.lane.resume();
      return;
    }
    const error = refusedError(this.path, reason);
    this.status.refused(error, "device", "server");
    this.denials.emit({ code, reason, updates: [denied.update], ...cutOff(denied) });
    if (denied.doomed && this.#submissions.shown.length === shown) {
      // The document was built without it, and nothing that is shown depends on it.
      this.#ways.lane.resume();
      return;
    }
    const basis = this.#basis();
    this.#rebuild(() => {
      this.#submissions.numberAll(basis, false);
      this.#submissions.doomDependants(denied.update);
    });
  }

  /** The server did not take what the device's hub had taken, and keeps in its quarantine. */
  #takeRefused(refused: Omit<Refused, "doc">): void {
    const { n, code, reason } = refused;
    // Past the device's hub, what is pending has numbers at the one above, and this tells of numbers at the device's.
    if (!this.#ways.isPast && this.#submissions.isPending(n)) {
      // The acknowledgement is still to come.
      this.#refusedEarly.push(refused);
      return;
    }
    const changes = this.#submissions.refusedAbove(n);
    if (!changes) return;
    this.status.refused(refusedError(this.path, reason), "server");
    this.denials.emit({ code, reason, updates: [], ...cutOff(changes) });
    this.#changed();
  }

  #takeIdTaken(client: number): void {
    const fresh = siblingClientId(client, this.#live.clocks.keys(), this.#host.random);
    if (fresh === undefined) {
      // Between two neighbours there is no third id: the hub's quarantine takes the edits.
      this.#restart();
      return;
    }
    const basis = this.#basis();
    this.#rebuild(() => {
      this.#submissions.numberAll(basis, false);
      this.#submissions.rename(client, fresh);
      this.#ids.note(fresh);
    });
  }

  /** The hub gave the log a new identity: what builds on the former one will be refused. */
  #restart(): void {
    const basis = this.#basis();
    this.#rebuild(() => this.#submissions.doomAll(basis));
  }

  #takeLater({ n, code, reason, wait }: Later): void {
    if (code === "disk-full" && !this.#ways.isPast) {
      // Nothing that this hub has not stored may still be taken by it: it said no just now, and
      // is deaf until the lane is opened again. What came before it may be stored, and its answer on the way.
      const answered = this.#submissions.isNext(n);
      const free = answered && !this.#live.isRebuilding && !this.#submissions.isDoomed;
      if (this.#ways.isFull(free && this.status.isReady)) {
        this.#left = { basis: this.#basis() };
        this.#goOver(NOTHING_ACKNOWLEDGED);
        this.#ways.goPast();
        return;
      }
    }
    this.#retryLater(wait, laterError(code, reason, this.path));
  }

  /** The hub above will not take it: the device stores it when it can, and keeps what is refused. */
  #giveUpAbove(): void {
    this.#ways.stayHome();
    this.#goHome();
  }

  /** Back to the device's hub, when it has room again and has what went past it. */
  reconsider(): void {
    if (this.#ways.isPast && this.settled && this.#ways.isHomeFree) this.#goHome();
  }

  #goHome(): void {
    const { acknowledged } = this.#ways.home;
    const left = this.#left;
    this.#left = undefined;
    this.#ways.goHome(() =>
      left ? this.#comeBack(acknowledged, left.basis) : this.#goOver(acknowledged),
    );
  }

  /** Prepares for another hub, which has `acknowledged` of what its writer submitted. */
  #turnTo(acknowledged: Numbered): void {
    this.#ways.lane.acknowledged = this.#submissions.acknowledged;
    this.#opened = undefined;
    this.#cancelRetry?.();
    this.#submissions.goOnFrom(acknowledged);
  }

  /**
   * Prepares for the device's hub again when nothing of the hub above was shown meanwhile: all that is
   * shown is of its log as it was at `basis`. Under another epoch it has lost something, and what builds on
   * it will be refused.
   */
  #comeBack(acknowledged: Numbered, basis: Basis): void {
    this.#turnTo(acknowledged);
    this.#startOver(() => {
      if (basis !== undefined && this.#basis() !== basis) this.#submissions.doomAll(basis);
    });
  }

  /**
   * Prepares for another hub. Its content is shown once it has all that the document has, and what the
   * former hub did not accept goes to it under fresh client ids (SYNC rule 3).
   */
  #goOver(acknowledged: Numbered): void {
    this.#turnTo(acknowledged);
    const own = this.#submissions.unacknowledged;
    const { clocks } = this.#live;
    const mustHave = [...clocks].map(([client, clock]) => {
      return [client, Math.min(clock, own.get(client) ?? clock)] as const;
    });
    this.#startOver(() => {
      this.#submissions.rebase(this.#basis());
      const known = new Set(this.#live.clocks.keys());
      for (const client of this.#submissions.unacknowledged.keys()) {
        const renamed = siblingClientId(client, known, this.#host.random);
        if (renamed === undefined) continue;
        known.add(renamed);
        this.#submissions.rename(client, renamed);
        this.#ids.note(renamed);
      }
    }, new Map(mustHave));
  }

  /** Whether what is shown, and waited for above, is of another log than the device's hub has now, or may be. */
  #hasLeftOther(epoch: string): boolean {
    return this.#live.expectsContent && this.#left !== undefined && this.#left.basis !== epoch;
  }

  /** What the device's hub says while the document lives past it. */
  hearHome(message: LaneMessage): void {
    switch (message.type) {
      case "opened":
        if (message.access !== "none") this.presence.announce();
        if (message.answer !== "hidden" && this.#hasLeftOther(message.epoch)) this.#giveUpAbove();
        break;
      case "upstream":
        this.#submissions.savedAbove(message.saved, this.#waitingFor(message));
        this.reconsider();
        this.#changed();
        break;
      case "presence":
        this.presence.receive(message);
        break;
      case "refused":
        this.#takeRefused(message);
        break;
      case "restart":
        // What it waits for above may have been deleted, and something else written since.
        if (this.#live.expectsContent) this.#giveUpAbove();
        break;
      default:
        // Its log is read again when the document comes back.
        break;
    }
  }

  /** How many entries of anybody on the device are on their way up; many, where that is not told. */
  #waitingFor({ waiting }: Upstream): number {
    return this.#access === "none" ? Number.POSITIVE_INFINITY : waiting;
  }

  /** How many of the first changes are known to be at the top. */
  get #atTop(): number {
    return this.#ways.isPast || this.#upstream.state !== "none" ? this.#submissions.atTop : 0;
  }

  #rebuild(beforeSwap: () => void): void {
    this.#startOver(beforeSwap);
    this.#ways.lane.resume();
  }

  #startOver(beforeSwap: () => void, mustHave?: Clocks): void {
    this.#live.startOver(beforeSwap, mustHave);
    this.#cursor = undefined;
    this.#isUncovered = false;
  }

  #retryLater(wait: number, error: CroftError): void {
    this.#opened = undefined;
    this.#error = error;
    this.#submissions.down();
    this.#cancelRetry?.();
    this.#cancelRetry = this.#host.clock.delay(wait, () => {
      if (!this.#disposed) this.#ways.lane.resume();
    });
  }

  #changed(): void {
    if (this.#disposed) return;
    this.status.update();
    this.#check.later();
    if (this.settled) this.#host.idle();
  }

  get comparableAt(): number | undefined {
    const { live } = this.status.state;
    const same = live && this.settled && this.#upstream.waiting === 0 && !this.#ways.isPast;
    return same && !this.#disposed ? this.#cursor?.seq : undefined;
  }

  compare(shown: Parameters<Compared["compare"]>[0]): void {
    this.#ways.lane.compare(shown);
  }

  #known(): Known {
    return {
      access: this.#access,
      answer: this.#opened?.answer,
      hasContent: this.#cursor !== undefined,
      upstream: this.#upstream,
      error: this.#error,
      isPast: this.#ways.isPast,
      settled: this.#submissions.settled,
      made: this.#submissions.made,
      atHub: this.#submissions.atHub,
      atTop: this.#atTop,
    };
  }
}

function cutOff({ before, made }: Changes): Pick<Denial, "accepted" | "refused"> {
  return { accepted: before, refused: made - before };
}
