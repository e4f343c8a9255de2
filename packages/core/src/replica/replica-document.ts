/**
 * One open document in a replica: takes what its hub says, sends what is edited here, and tells how it stands. What
 * it is made of is {@link DocumentContent}'s, which hub it lives by {@link DocumentWays}'.
 */

import type * as Y from "yjs";
import type { DocPath } from "../doc-path.ts";
import { createEmitter, type Emitter } from "../emitter.ts";
import type { RandomBytes } from "../ids.ts";
import type {
  Ack,
  Cursor,
  Later,
  Numbered,
  Opened,
  Upstream,
} from "../protocol/document-messages.ts";
import type { LaneMessage } from "../session/lane.ts";
import type { ClientIds } from "./client-ids.ts";
import { ContentCheck, type Compared } from "./content-check.ts";
import { DocumentContent, type LogMessage } from "./document-content.ts";
import type { Denial, DocumentReset } from "./document-handle.ts";
import { DocumentStatus } from "./document-status.ts";
import { DocumentWays, type Dweller, type WaysHost } from "./document-ways.ts";
import { judgeOpening } from "./judge-opening.ts";
import { createReplicaPresence, type ReplicaPresence } from "./presence.ts";
import { behindError, laterError, unloadableError } from "./problems.ts";
import { type RefusedAbove, Refusals } from "./refusals.ts";
import { Submissions } from "./submissions.ts";

/** Bytes of updates in one message of submissions. */
const MESSAGE_BYTES = 48 * 1024;

/** What a replica document needs from its replica. */
export interface ReplicaDocumentHost extends WaysHost {
  readonly random: RandomBytes;
  /** How often what is shown is compared with what the hub has, in milliseconds; 0 for never. */
  readonly compareEvery: number;
  readonly clientIds: ClientIds | undefined;
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
  readonly #host: ReplicaDocumentHost;
  readonly #submissions: Submissions;
  readonly #content: DocumentContent;
  readonly #ways: DocumentWays;
  readonly #refusals: Refusals;
  readonly #check: ContentCheck;
  /** Whether the hub has told, since the opening, where the one above it stands. */
  #upstreamTold = false;
  #scheduled = false;
  #disposed = false;

  constructor(path: DocPath, host: ReplicaDocumentHost) {
    this.path = path;
    this.#host = host;
    this.#submissions = new Submissions(host.random, host.acknowledged);
    this.#content = new DocumentContent(path, host, this.#submissions, (update) => {
      if (this.#disposed) return;
      this.#content.capture(update);
      this.#schedule();
    });
    this.presence = createReplicaPresence(path, host.random, (state) => {
      if (this.#ways.home.isOpen) this.#ways.home.presence(state);
    });
    this.#ways = new DocumentWays(path, host, this.#content, this.#submissions, this);
    this.status = new DocumentStatus(path, this.#submissions, this.#content, this.#ways);
    this.#refusals = new Refusals(path, this.#submissions, this.#content, this.status);
    this.#check = new ContentCheck(this, host.compareEvery, host);
  }

  get doc(): Y.Doc {
    return this.#content.doc;
  }

  get denials(): Emitter<Denial> {
    return this.#refusals.denials;
  }

  /** Whether the document is gone for whoever still holds a handle. */
  get disposed(): boolean {
    return this.#disposed;
  }

  /** Whether all local changes are at the hub. */
  get settled(): boolean {
    return this.#content.isSettled;
  }

  /** The last number that the hub acknowledged. */
  get acknowledged(): Numbered {
    return this.#ways.acknowledged;
  }

  /** Resolves when what is shown is what is edited: not while the document is built anew. */
  async rebuilt(): Promise<void> {
    if (!this.#content.isRebuilding || this.#disposed) return;
    await new Promise<void>((resolve) => {
      const stop = this.status.states.on(() => {
        if (this.#content.isRebuilding && !this.#disposed) return;
        stop();
        resolve();
      });
    });
  }

  cursor(): Cursor | undefined {
    this.#content.opened = undefined;
    return this.#content.cursor;
  }

  receive(message: LaneMessage): void {
    if (message.type === "opened") {
      this.#takeOpened(message);
      return;
    }
    if (message.type === "restart") {
      // The log has a new identity: what builds on the former one will be refused.
      if (this.#ways.isPast) this.#ways.giveUpAbove();
      else this.#openDoomed();
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
    if (!this.#content.opened) return;
    switch (message.type) {
      case "snapshot":
      case "entries":
        this.#takeLog(message);
        break;
      case "ack":
        this.#takeAck(message);
        break;
      case "denied":
        if (this.#ways.isPast) {
          this.#ways.giveUpAbove();
        } else {
          this.#refusals.denied(message);
          this.#ways.lane.resume();
        }
        break;
      case "later":
        this.#takeLater(message);
        break;
      case "id-taken":
        this.#openRenamed(message.client);
        break;
      case "access":
        this.status.access = message.access;
        break;
      case "differs":
        // Only a hub that has none above it says so of a replica's own document.
        this.#openAnew();
        break;
      case "upstream":
        this.status.upstream = message;
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

  /** What the device's hub says while the document lives past it. */
  hearHome(message: LaneMessage): void {
    switch (message.type) {
      case "opened":
        if (message.access !== "none") this.presence.announce();
        if (message.answer !== "hidden") this.#ways.homeHas(message.epoch);
        break;
      case "upstream":
        this.#submissions.savedAbove(message.saved, this.#waitingFor(message));
        this.#ways.reconsider();
        this.#changed();
        break;
      case "presence":
        this.presence.receive(message);
        break;
      case "refused":
        this.#takeRefused(message);
        break;
      case "restart":
        this.#ways.homeHas(undefined);
        break;
      default:
        // Its log is read again when the document comes back.
        break;
    }
  }

  down(): void {
    this.#content.opened = undefined;
    this.#submissions.down();
    if (!this.#ways.home.isOpen) this.presence.forget();
    this.status.upstream = { ...this.status.upstream, state: "offline" };
    this.#changed();
  }

  room(): void {
    this.#send();
  }

  get comparableAt(): number | undefined {
    return this.#disposed ? undefined : this.status.comparableAt;
  }

  compare(shown: Parameters<Compared["compare"]>[0]): void {
    this.#ways.lane.compare(shown);
  }

  /** The replica has a new writer; what is not acknowledged is submitted under it. */
  newWriter(): void {
    this.#ways.newWriter();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#check.dispose();
    this.presence.dispose();
    this.#ways.dispose();
    this.status.dispose();
    this.resets.clear();
    this.denials.clear();
    this.#content.dispose();
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

  #send(): void {
    // While the document is built anew, edits to the former one wait for what the reset decides.
    if (!this.#content.opened || this.#content.isRebuilding) return;
    this.#submissions.number(this.#content.basis);
    while (this.#ways.lane.way.hasRoom) {
      const submission = this.#submissions.take(MESSAGE_BYTES);
      if (!submission) return;
      this.#ways.lane.submit({ ...submission, plugin: "" });
    }
  }

  #takeOpened(opened: Opened): void {
    this.status.access = opened.access;
    const { cursor, isUncovered, expectsContent } = this.#content;
    const verdict = judgeOpening(opened, {
      cursor,
      isUncovered,
      expectsContent,
      isPast: this.#ways.isPast,
      isOurs: this.#submissions.opened(opened.last),
      isTaken: this.#submissions.isTaken(opened.last.n),
    });
    switch (verdict) {
      case "fork":
        this.#host.fork();
        break;
      case "go-home":
        this.#ways.giveUpAbove();
        break;
      case "open-again":
        this.#ways.lane.resume();
        break;
      case "open-anew":
        this.#openAnew();
        break;
      case "open-doomed":
        this.#openDoomed();
        break;
      case "go-on-anew":
        this.#content.startOver();
        this.#goOn(opened);
        break;
      case "go-on-doomed":
        this.#content.startOverDoomed();
        this.#goOn(opened);
        break;
      case "go-on":
        this.#goOn(opened);
        break;
      case "behind":
        this.#content.opened = undefined;
        this.#upstreamTold = false;
        this.status.error = behindError(this.path);
        this.#changed();
        break;
    }
  }

  #goOn(opened: Opened): void {
    this.#content.opened = opened;
    this.#upstreamTold = false;
    if (this.#submissions.settled) this.status.error = undefined;
    if (!this.#ways.isPast && opened.access !== "none") this.presence.announce();
    this.#reached();
    this.#changed();
  }

  /** Asks for the document anew, to show what is not acknowledged on top of it. */
  #openAnew(): void {
    this.#content.startOver();
    this.#ways.lane.resume();
  }

  /** Asks for the document anew, and gives what is not acknowledged to the hub's quarantine. */
  #openDoomed(): void {
    this.#content.startOverDoomed();
    this.#ways.lane.resume();
  }

  /** Asks for the document anew, where a client id of ours is another author's. */
  #openRenamed(client: number): void {
    this.#content.startOverRenamed(client);
    this.#ways.lane.resume();
  }

  #takeLog(message: LogMessage): void {
    try {
      const taken = this.#content.take(message);
      if (taken === undefined) this.#reached();
      else this.#openRenamed(taken);
    } catch (error) {
      // Hubs check bytes; that a hostile peer put items into impossible places only a document shows, and
      // Yjs may throw. That ends this document here, not the session, nor the program.
      this.#content.opened = undefined;
      this.status.error = unloadableError(this.path, error);
    }
  }

  #takeAck({ n, at }: Ack): void {
    const done = this.#submissions.acked(n, this.#ways.isPast);
    if (done.length > 0) this.#ways.stored();
    this.#content.takeOwn(done);
    for (const refused of this.#refusals.takeEarly()) this.#takeRefused(refused);
    if (at) {
      this.#content.advance(at.seq, at.tag);
      this.#reached();
    } else if (done.length > 0) {
      this.#content.tookUnseen();
    }
    this.status.error = undefined;
    this.#send();
    this.#ways.reconsider();
  }

  /** Everything that the hub had at opening is here: the document can be shown. */
  #reached(): void {
    const { opened } = this.#content;
    // A hub says where the hub above stands after everything that it had at the opening.
    if (!opened || !(this.#upstreamTold || opened.answer === "hidden")) return;
    if (this.#content.isRebuilding) {
      const former = this.#content.swap();
      if (!former) return;
      this.#ways.shown();
      this.resets.emit({ doc: this.doc, former });
      former.destroy();
    }
    if (!this.status.isReady) this.status.show();
    this.#send();
    if (!this.#ways.isPast) void this.#content.takeLease(opened);
  }

  #takeRefused(refused: RefusedAbove): void {
    // Past the device's hub, what is pending has numbers at the one above, and this tells of numbers at the device's.
    const mayBePending = !this.#ways.isPast;
    if (this.#refusals.refusedAbove(refused, mayBePending)) this.#changed();
  }

  #takeLater({ n, code, reason, wait }: Later): void {
    const isFull = code === "disk-full" && !this.#ways.isPast;
    if (isFull && this.#ways.full(n, this.status.isReady)) return;
    this.#content.opened = undefined;
    this.status.error = laterError(code, reason, this.path);
    this.#submissions.down();
    this.#ways.lane.resumeAfter(wait);
  }

  /** How many entries of anybody on the device are on their way up; many, where that is not told. */
  #waitingFor({ waiting }: Upstream): number {
    return this.status.access === "none" ? Number.POSITIVE_INFINITY : waiting;
  }

  #changed(): void {
    if (this.#disposed) return;
    this.status.update();
    this.#check.later();
    if (this.settled) this.#host.idle();
  }
}
