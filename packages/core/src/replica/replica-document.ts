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
  Opened,
  Snapshot,
  Upstream,
} from "../protocol/document-messages.ts";
import type { Lane, LaneHandler, LaneMessage } from "../session/lane.ts";
import type { Denial, DocumentReset, DocumentState, SaveLevel } from "./document-handle.ts";
import { laterError, upstreamError } from "./problems.ts";
import { createReplicaPresence, type ReplicaPresence } from "./presence.ts";
import { siblingClientId } from "../update/sibling-id.ts";
import { Submissions } from "./submissions.ts";
import { createWaiters, type Waiters } from "./waiters.ts";

/** Bytes of updates in one message of submissions. */
const MESSAGE_BYTES = 48 * 1024;
/** Transactions with this origin come from the hub and are not submitted. */
const FROM_HUB = { name: "croft hub" };

/** What a replica document needs from its replica. */
export interface ReplicaDocumentHost {
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly hasRoom: () => boolean;
  readonly attach: (path: DocPath, handler: LaneHandler) => Lane;
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
  readonly #lane: Lane;
  readonly #submissions: Submissions;
  readonly #waiters: Record<Exclude<SaveLevel, "memory">, Waiters>;
  readonly #live: Waiters;
  /** Built from the hub's content while {@link ReplicaDocument.doc} is still shown. */
  #fresh: Y.Doc | undefined;
  /** Runs when the fresh document is shown: what becomes of edits made to the former one. */
  #onSwap: (() => void) | undefined;
  #cursor: Cursor | undefined;
  #opened: Opened | undefined;
  #awaiting = 0;
  #access: Access = "write";
  #upstream: Omit<Upstream, "doc"> = { state: "offline", saved: 0, waiting: 0, problem: undefined };
  #error: CroftError | undefined;
  #scheduled = false;
  #isReady = false;
  #upstreamTold = false;
  #markReady: () => void = () => undefined;
  #cancelRetry: (() => void) | undefined;
  #disposed = false;

  constructor(path: DocPath, host: ReplicaDocumentHost) {
    this.path = path;
    this.#host = host;
    this.#submissions = new Submissions(host.random);
    this.#waiters = {
      device: createWaiters(() => this.#submissions.atHub),
      server: createWaiters(() => (this.#upstream.state === "none" ? 0 : this.#submissions.atTop)),
    };
    this.#live = createWaiters(() => (this.state.live ? 1 : 0));
    this.ready = new Promise((resolve) => {
      this.#markReady = resolve;
    });
    this.doc = this.#createDoc();
    this.presence = createReplicaPresence(path, host.random, (state) => {
      if (this.#opened) this.#lane.presence(state);
    });
    this.#lane = host.attach(path, this);
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
    this.#awaiting++;
    this.#opened = undefined;
    return this.#cursor;
  }

  receive(message: LaneMessage): void {
    if (message.type === "opened") {
      this.#awaiting = Math.max(0, this.#awaiting - 1);
      if (this.#awaiting === 0) this.#takeOpened(message);
      return;
    }
    if (message.type === "restart") {
      this.#restart();
      return;
    }
    if (!this.#opened || this.#awaiting > 0) return;
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
        this.#retryLater(message.wait, laterError(message.code, message.reason, this.path));
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
        this.presence.receive(message);
        break;
    }
    this.#changed();
  }

  down(): void {
    this.#awaiting = 0;
    this.#opened = undefined;
    this.#cancelRetry?.();
    this.#submissions.down();
    this.presence.forget();
    this.#upstream = { ...this.#upstream, state: "offline" };
    this.#changed();
  }

  room(): void {
    this.#send();
  }

  /** The replica has a new writer; what is not acknowledged is submitted under it. */
  newWriter(): void {
    this.#submissions.newWriter();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#cancelRetry?.();
    this.presence.dispose();
    this.#lane.close();
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
    if (!this.#opened || this.#awaiting > 0 || this.#fresh) return;
    this.#submissions.number(this.#basis());
    while (this.#host.hasRoom()) {
      const submission = this.#submissions.take(MESSAGE_BYTES);
      if (!submission) return;
      this.#lane.submit({ ...submission, plugin: "" });
    }
  }

  #takeOpened(opened: Opened): void {
    const hadCursor = this.#cursor !== undefined;
    this.#access = opened.access;
    if (!this.#submissions.opened(opened.last)) {
      this.#host.fork();
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
    if (opened.access !== "none") this.presence.announce();
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
    const done = this.#submissions.acked(n);
    // Accepted after all (access came back): the document was built without it.
    for (const { doomed, update } of done) {
      if (doomed) Y.applyUpdate(this.#target, update, FROM_HUB);
    }
    if (at) this.#advance(at.seq, at.tag);
    this.#error = undefined;
    this.#send();
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
    if (this.#fresh) this.#swap(this.#fresh);
    if (!this.#isReady) {
      this.#isReady = true;
      this.#markReady();
    }
    this.#send();
  }

  #takeDenied({ n, code, reason }: Denied): void {
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

  #rebuild(onSwap: () => void): void {
    const before = this.#onSwap;
    this.#onSwap = () => {
      before?.();
      onSwap();
    };
    this.#fresh?.destroy();
    this.#fresh = this.#createDoc();
    this.#cursor = undefined;
    this.#lane.resume();
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
    if (this.#upstream.state !== "none") this.#waiters.server.reached(this.#submissions.atTop);
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
    if (!this.#submissions.settled) return "memory";
    if (this.#upstream.state === "none") return "device";
    const everythingAbove =
      this.#submissions.atTop >= this.#submissions.made && this.#upstream.waiting === 0;
    return everythingAbove ? "server" : "device";
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

const INITIAL_STATE: DocumentState = {
  access: "write",
  ready: false,
  live: false,
  saved: "server",
  waiting: 0,
  deleted: false,
  error: undefined,
};
