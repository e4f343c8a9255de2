/**
 * One live document in a replica: applies what the hub tells, captures what is edited here, and
 * builds the document anew, under a new client id, when a refusal left it ahead of the hub.
 */

import * as Y from "yjs";
import type { Access } from "../access/access.ts";
import type { Clock } from "../clock.ts";
import type { DocPath } from "../doc-path.ts";
import { createEmitter, type Emitter } from "../emitter.ts";
import { CroftError } from "../errors.ts";
import { createClientId, type RandomBytes } from "../ids.ts";
import type {
  Ack,
  Basis,
  Cursor,
  Denied,
  Entries,
  Later,
  Numbered,
  Opened,
  Snapshot,
  Upstream,
} from "../protocol/document-messages.ts";
import type { LaneHandler, LaneMessage } from "../session/lane.ts";
import type { Denial, DocumentReset, DocumentState, SaveLevel } from "./document-handle.ts";
import { DocumentLane, type HubWay } from "./document-lane.ts";
import { levelOf } from "./document-level.ts";
import type { HubAbove } from "./hub-above.ts";
import { laterError, upstreamError } from "./problems.ts";
import { createReplicaPresence, type ReplicaPresence } from "./presence.ts";
import { siblingClientId } from "../update/sibling-id.ts";
import { NOTHING_ACKNOWLEDGED, Submissions } from "./submissions.ts";
import { createWaiters, type Waiters } from "./waiters.ts";

/** Bytes of updates in one message of submissions. */
const MESSAGE_BYTES = 48 * 1024;
/** How often a hub may say that its disk is full before a document goes past it. */
const FULL_PATIENCE = 4;
/** Transactions with this origin come from the hub and are not submitted. */
const FROM_HUB = { name: "croft hub" };

/** What a replica document needs from its replica. */
export interface ReplicaDocumentHost {
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** The hub that the replica is joined to. */
  readonly home: HubWay;
  /** The way past it, for what it cannot store. */
  readonly above: HubAbove | undefined;
  /** The hub knows this writer with other numbers than ours. */
  readonly fork: () => void;
  /** Everything is saved and nobody holds the document. */
  readonly idle: (document: ReplicaDocument) => void;
}

/** See the top of this file. */
export class ReplicaDocument implements LaneHandler {
  readonly path: DocPath;
  readonly presence: ReplicaPresence;
  readonly states: Emitter<DocumentState> = createEmitter();
  readonly resets: Emitter<DocumentReset> = createEmitter();
  readonly denials: Emitter<Denial> = createEmitter();
  readonly ready: Promise<void>;
  doc: Y.Doc;
  state: DocumentState = INITIAL_STATE;
  readonly #host: ReplicaDocumentHost;
  readonly #home: DocumentLane;
  /** The lane that the document lives by: {@link ReplicaDocument.#home}, or one past a full disk. */
  #lane: DocumentLane;
  readonly #submissions: Submissions;
  readonly #waiters: Record<Exclude<SaveLevel, "memory">, Waiters>;
  readonly #live: Waiters;
  /** Built from the hub's content while {@link ReplicaDocument.doc} is still shown. */
  #fresh: Y.Doc | undefined;
  /** Runs when the fresh document is shown: what becomes of edits made to the former one. */
  #onSwap: (() => void) | undefined;
  #cursor: Cursor | undefined;
  #opened: Opened | undefined;
  #access: Access = "write";
  #upstream: Omit<Upstream, "doc"> = { state: "offline", saved: 0, waiting: 0, problem: undefined };
  #error: CroftError | undefined;
  #scheduled = false;
  #isReady = false;
  #upstreamTold = false;
  #markReady: () => void = () => undefined;
  #cancelRetry: (() => void) | undefined;
  /** How often in a row the hub could not store for want of room. */
  #timesFull = 0;
  /** The hub above did not take what it was given: it goes through the quarantine of the device. */
  #staysHome = false;
  /** Clocks that the hub gone over to must have before its content is shown. */
  #mustHave: ReadonlyMap<number, number> = new Map();
  readonly #stopAbove: () => void;
  #disposed = false;

  constructor(path: DocPath, host: ReplicaDocumentHost) {
    this.path = path;
    this.#host = host;
    this.#submissions = new Submissions(host.random);
    this.#waiters = {
      device: createWaiters(() => this.#submissions.atHub),
      server: createWaiters(() => this.#atTop),
    };
    this.#live = createWaiters(() => (this.state.live ? 1 : 0));
    this.ready = new Promise((resolve) => {
      this.#markReady = resolve;
    });
    this.doc = this.#createDoc();
    this.presence = createReplicaPresence(path, host.random, (state) => {
      if (this.#home.isOpen) this.#home.presence(state);
    });
    this.#home = new DocumentLane(path, host.home, this, {
      leads: true,
      aside: (message) => this.#hearHome(message),
    });
    this.#lane = this.#home;
    this.#stopAbove = host.above?.onChange(() => this.#considerHome()) ?? (() => undefined);
  }

  /** Whether all local changes are at the hub. */
  get settled(): boolean {
    return this.#submissions.settled && !this.#fresh;
  }

  /** Resolves when all changes made until now are safe at `level`. */
  async saved(level: Exclude<SaveLevel, "memory">, signal: AbortSignal | undefined): Promise<void> {
    await this.#waiters[level].wait(this.#submissions.made, signal);
  }

  async caughtUp(signal: AbortSignal | undefined): Promise<void> {
    await this.#live.wait(1, signal);
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
      if (this.#isPast) this.#giveUpAbove();
      else this.#restart();
      return;
    }
    if (!this.#opened) return;
    switch (message.type) {
      case "snapshot":
        this.#takeSnapshot(message);
        break;
      case "entries":
        this.#takeEntries(message);
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
      case "upstream":
        this.#upstream = message;
        this.#upstreamTold = true;
        this.#reached();
        this.#submissions.savedAbove(message.saved);
        break;
      case "presence":
        // Past the device everybody is seen twice; presence needs no disk, and stays with it.
        if (!this.#isPast) this.presence.receive(message);
        break;
    }
    this.#changed();
  }

  down(): void {
    this.#opened = undefined;
    this.#cancelRetry?.();
    this.#submissions.down();
    if (!this.#home.isOpen) this.presence.forget();
    this.#upstream = { ...this.#upstream, state: "offline" };
    this.#changed();
  }

  room(): void {
    this.#send();
  }

  /** The replica has a new writer; what is not acknowledged is submitted under it. */
  newWriter(): void {
    if (this.#isPast) this.#home.acknowledged = NOTHING_ACKNOWLEDGED;
    else this.#submissions.newWriter();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#cancelRetry?.();
    this.#stopAbove();
    this.presence.dispose();
    if (this.#isPast) this.#lane.close();
    this.#home.close();
    const gone = new CroftError("disposed", `${this.path} was closed.`, { path: this.path });
    this.#waiters.device.fail(gone);
    this.#waiters.server.fail(gone);
    this.#live.fail(gone);
    this.states.clear();
    this.resets.clear();
    this.denials.clear();
    this.#fresh?.destroy();
    this.doc.destroy();
  }

  #createDoc(): Y.Doc {
    const doc = new Y.Doc({ guid: this.path });
    doc.clientID = createClientId(this.#host.random);
    doc.on("update", (update: Uint8Array, origin: unknown) => {
      if (origin === FROM_HUB || this.#disposed) return;
      // An edit of a document that a reset replaced: it is dead, as onReset says.
      if (doc !== this.doc) return;
      this.#submissions.capture(update);
      this.#schedule();
    });
    return doc;
  }

  /** The document that the hub's content goes into. */
  get #target(): Y.Doc {
    return this.#fresh ?? this.doc;
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
    if (!this.#opened || this.#fresh) return;
    this.#submissions.number(this.#basis());
    while (this.#lane.way.hasRoom) {
      const submission = this.#submissions.take(MESSAGE_BYTES);
      if (!submission) return;
      this.#lane.submit({ ...submission, plugin: "" });
    }
  }

  #takeOpened(opened: Opened): void {
    const hadCursor = this.#cursor !== undefined;
    this.#access = opened.access;
    if (!this.#submissions.opened(opened.last)) {
      if (this.#isPast) this.#giveUpAbove();
      else this.#host.fork();
      return;
    }
    if (hadCursor && (opened.answer === "superseded" || opened.answer === "deleted")) {
      this.#restart();
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
    if (!this.#isPast && opened.access !== "none") this.presence.announce();
    this.#reached();
    this.#changed();
  }

  #takeSnapshot({ seq, tag, format, update }: Snapshot): void {
    const apply = format === "v1" ? Y.applyUpdate : Y.applyUpdateV2;
    apply(this.#target, update, FROM_HUB);
    this.#advance(seq, tag);
  }

  #takeEntries({ first, entries }: Entries): void {
    const target = this.#target;
    target.transact(() => {
      for (const { update } of entries) Y.applyUpdate(target, update, FROM_HUB);
    }, FROM_HUB);
    const last = entries.at(-1);
    if (last) this.#advance(first + entries.length - 1, last.tag);
  }

  #takeAck({ n, at }: Ack): void {
    const done = this.#submissions.acked(n, this.#isPast);
    if (done.length > 0) this.#timesFull = 0;
    // Accepted after all (access came back): the document was built without it.
    for (const { doomed, update } of done) {
      if (doomed) Y.applyUpdate(this.#target, update, FROM_HUB);
    }
    if (at) this.#advance(at.seq, at.tag);
    this.#error = undefined;
    this.#send();
    this.#considerHome();
  }

  #advance(seq: number, tag: Cursor["tag"]): void {
    if (this.#opened) this.#cursor = { epoch: this.#opened.epoch, seq, tag };
    this.#reached();
  }

  /** Everything that the hub had at opening is here: the document can be shown. */
  #reached(): void {
    const opened = this.#opened;
    // A hub says where the hub above stands after everything that it had at the opening.
    if (!opened || !(this.#upstreamTold || opened.answer === "hidden")) return;
    if (this.#fresh) {
      if (!has(this.#fresh, this.#mustHave)) return;
      this.#swap(this.#fresh);
    }
    if (!this.#isReady) {
      this.#isReady = true;
      this.#markReady();
    }
    this.#send();
  }

  #takeDenied({ n, code, reason }: Denied): void {
    if (this.#isPast) {
      this.#giveUpAbove();
      return;
    }
    const denied = this.#submissions.denied(n);
    if (!denied) {
      this.#lane.resume();
      return;
    }
    const error = new CroftError(
      "access/denied",
      `A change of ${this.path} was refused: ${reason}.`,
      {
        path: this.path,
        hint: "It is kept in the quarantine of this device.",
      },
    );
    this.#waiters.device.fail(error);
    this.#waiters.server.fail(error);
    this.denials.emit({ code, reason, updates: [denied.update] });
    if (denied.doomed) {
      this.#lane.resume();
      return;
    }
    const basis = this.#basis();
    this.#rebuild(() => {
      this.#submissions.numberAll(basis, false);
      this.#submissions.doomDependants(denied.update);
    });
  }

  #takeIdTaken(client: number): void {
    const known = Y.decodeStateVector(Y.encodeStateVector(this.doc));
    const fresh = siblingClientId(client, [...known.keys()], this.#host.random);
    if (fresh === undefined) {
      // Between two neighbours there is no third id: the hub's quarantine takes the edits.
      this.#restart();
      return;
    }
    const basis = this.#basis();
    this.#rebuild(() => {
      this.#submissions.numberAll(basis, false);
      this.#submissions.rename(client, fresh);
    });
  }

  /** The hub gave the log a new identity: what builds on the former one will be refused. */
  #restart(): void {
    const basis = this.#basis();
    this.#rebuild(() => this.#submissions.doomAll(basis));
  }

  /** Whether the document lives by the hub above, past the device's. */
  get #isPast(): boolean {
    return this.#lane !== this.#home;
  }

  #takeLater({ code, reason, wait }: Later): void {
    if (code === "disk-full" && !this.#isPast) {
      this.#timesFull++;
      const { above } = this.#host;
      // Nothing that this hub has not stored may still be taken by it: it said no just now, and
      // is deaf until the lane is opened again.
      const free = !this.#staysHome && !this.#fresh && !this.#submissions.isDoomed;
      if (above && free && this.#isReady && this.#timesFull >= FULL_PATIENCE && above.ask()) {
        this.#goOver(NOTHING_ACKNOWLEDGED);
        this.#home.leads = false;
        this.#lane = new DocumentLane(this.path, above, this, {
          leads: true,
          aside: () => undefined,
        });
        return;
      }
    }
    this.#retryLater(wait, laterError(code, reason, this.path));
  }

  /** The hub above will not take it: the device stores it when it can, and keeps what is refused. */
  #giveUpAbove(): void {
    this.#staysHome = true;
    this.#goHome();
  }

  /** Back to the device's hub, when it has room again and has what went past it. */
  #considerHome(): void {
    if (!this.#isPast || this.#fresh || !this.#submissions.settled) return;
    if (this.#host.above?.wanted === true || this.#home.upstream !== "live") return;
    this.#goHome();
  }

  #goHome(): void {
    this.#timesFull = 0;
    this.#lane.leads = false;
    this.#lane.close();
    this.#goOver(this.#home.acknowledged);
    this.#home.leads = true;
    this.#lane = this.#home;
    this.#lane.resume();
  }

  /**
   * Prepares for another hub, which has `acknowledged` of what its writer submitted. Its content is shown once it has all that the document has,
   * and what the former hub did not accept goes to it under fresh client ids (SYNC rule 3).
   */
  #goOver(acknowledged: Numbered): void {
    this.#lane.acknowledged = this.#submissions.acknowledged;
    this.#opened = undefined;
    this.#cancelRetry?.();
    const own = this.#submissions.unacknowledged;
    const clocks = Y.decodeStateVector(Y.encodeStateVector(this.doc));
    this.#mustHave = new Map(
      [...clocks].map(([client, clock]) => [client, Math.min(clock, own.get(client) ?? clock)]),
    );
    this.#submissions.goOnFrom(acknowledged);
    const former = this.doc;
    this.#startOver(() => {
      this.#mustHave = new Map();
      this.#submissions.rebase(this.#basis());
      const known = new Set(Y.decodeStateVector(Y.encodeStateVector(former)).keys());
      for (const client of this.#submissions.unacknowledged.keys()) {
        const renamed = siblingClientId(client, known, this.#host.random);
        if (renamed === undefined) continue;
        known.add(renamed);
        this.#submissions.rename(client, renamed);
      }
    });
  }

  /** What the device's hub says while the document lives past it. */
  #hearHome(message: LaneMessage): void {
    switch (message.type) {
      case "opened":
        if (message.access !== "none") this.presence.announce();
        break;
      case "upstream":
        this.#submissions.savedAbove(message.saved);
        this.#considerHome();
        this.#changed();
        break;
      case "presence":
        this.presence.receive(message);
        break;
      default:
        // Its log is read again when the document comes back.
        break;
    }
  }

  /** How many of the first changes are known to be at the top. */
  get #atTop(): number {
    return this.#isPast || this.#upstream.state !== "none" ? this.#submissions.atTop : 0;
  }

  #rebuild(onSwap: () => void): void {
    this.#startOver(onSwap);
    this.#lane.resume();
  }

  #startOver(onSwap: () => void): void {
    const before = this.#onSwap;
    this.#onSwap = () => {
      before?.();
      onSwap();
    };
    this.#fresh?.destroy();
    this.#fresh = this.#createDoc();
    this.#cursor = undefined;
  }

  #swap(fresh: Y.Doc): void {
    const former = this.doc;
    this.#onSwap?.();
    this.#onSwap = undefined;
    this.#fresh = undefined;
    for (const update of this.#submissions.shown) Y.applyUpdate(fresh, update, FROM_HUB);
    this.doc = fresh;
    // Its client id is never used again, and what refers to it is dead.
    this.resets.emit({ doc: fresh, former });
    former.destroy();
  }

  #retryLater(wait: number, error: CroftError): void {
    this.#opened = undefined;
    this.#error = error;
    this.#submissions.down();
    this.#cancelRetry?.();
    this.#cancelRetry = this.#host.clock.delay(wait, () => {
      if (!this.#disposed) this.#lane.resume();
    });
  }

  #changed(): void {
    if (this.#disposed) return;
    const next = this.#describe();
    const same = (Object.keys(next) as (keyof DocumentState)[]).every(
      (key) => next[key] === this.state[key],
    );
    if (!same) this.state = next;
    this.#waiters.device.reached(this.#submissions.atHub);
    this.#waiters.server.reached(this.#atTop);
    if (next.live) this.#live.reached(1);
    if (!same) this.states.emit(next);
    if (this.settled) this.#host.idle(this);
  }

  #describe(): DocumentState {
    const { state, waiting, problem } = this.#upstream;
    const live =
      this.#isReady && this.#opened !== undefined && (state === "live" || state === "none");
    return {
      access: this.#access,
      ready: this.#isReady,
      live,
      saved: this.#level(),
      waiting,
      deleted: this.#opened?.answer === "deleted" && this.#cursor === undefined,
      error: this.#error ?? (problem ? this.#problemAbove(problem) : undefined),
    };
  }

  #level(): SaveLevel {
    return levelOf({
      settled: this.#submissions.settled,
      above: this.#isPast,
      hasTop: this.#upstream.state !== "none",
      atTop: this.#submissions.atTop >= this.#submissions.made,
      waiting: this.#upstream.waiting,
    });
  }

  #lastProblem:
    | { readonly from: NonNullable<Upstream["problem"]>; readonly error: CroftError }
    | undefined;

  #problemAbove(problem: NonNullable<Upstream["problem"]>): CroftError {
    if (this.#lastProblem?.from !== problem) {
      this.#lastProblem = { from: problem, error: upstreamError(problem, this.path) };
    }
    return this.#lastProblem.error;
  }
}

/** Whether a document has all structs up to the given clocks. */
function has(doc: Y.Doc, clocks: ReadonlyMap<number, number>): boolean {
  if (clocks.size === 0) return true;
  const own = Y.decodeStateVector(Y.encodeStateVector(doc));
  return [...clocks].every(([client, clock]) => (own.get(client) ?? 0) >= clock);
}

const INITIAL_STATE: DocumentState = {
  access: "write",
  ready: false,
  live: false,
  saved: "server",
  waiting: 0,
  deleted: false,
  error: undefined,
};
