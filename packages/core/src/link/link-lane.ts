/**
 * One document on the way up: sends what is pending here, takes what the hub above says, and
 * knows where the document stands. Every message is a work in the device hub's queue, so that it
 * is stored with the cursor it belongs to before anything follows from it.
 */

import type { Cursor, Denied, LaterCode, Opened, Upstream } from "../protocol/document-messages.ts";
import type { Lane, LaneHandler, LaneMessage } from "../session/lane.ts";
import type { Draft } from "../hub/draft.ts";
import type { HubDocument } from "../hub/hub-document.ts";
import type { PresenceMember } from "../hub/presence-room.ts";
import { ShownPresence } from "../hub/shown-presence.ts";
import { type Above, takeAck, takeEntries, takeRegained, takeSnapshot } from "./from-above.ts";
import { Intake, type IntakeOwner } from "./intake.ts";
import type { Link } from "./link.ts";
import { eraseLost, isReadLost } from "./lost-read.ts";
import { quarantineDenied, renamePending } from "./pending.ts";
import { PendingSender } from "./pending-sender.ts";
import { keepAside, Recovery } from "./recovery.ts";
import { takeOpened } from "./take-opened.ts";

/** Shortest wait before a refused-for-now submission is tried again, in milliseconds. */
const MIN_RETRY = 500;

/** See the top of this file. */
export class LinkLane implements LaneHandler, IntakeOwner, PresenceMember {
  readonly document: HubDocument;
  readonly #link: Link;
  readonly #lane: Lane;
  /** Opens sent and not answered yet; only the answer to the last one counts. */
  #awaiting = 0;
  #opened: Opened | undefined;
  /** Where this device stood when it opened last. */
  #asked: Cursor | undefined;
  /** Whether nothing was opened in this session yet. */
  #isFirst = true;
  readonly #recovery: Recovery;
  readonly #intake: Intake;
  readonly #sender: PendingSender;
  #told = false;
  #state: Upstream["state"] = "offline";
  #problem: Upstream["problem"];
  #cancelRetry: (() => void) | undefined;
  #closed = false;
  /** What the hub above was told of presence in this session. */
  readonly #shown = new ShownPresence((state) => this.#lane.presence(state));
  readonly #waiting: (() => void)[] = [];
  readonly #settling: (() => void)[] = [];

  constructor(link: Link, document: HubDocument) {
    this.#link = link;
    this.document = document;
    this.#recovery = new Recovery(link.hub, document);
    this.#intake = new Intake(link.hub, document, this);
    // Asks for the cursor at once.
    this.#lane = link.session.attach(document.path, this);
    this.#sender = new PendingSender(link.session, this.#lane, document);
  }

  /** Where the hub above stands. */
  get status(): Pick<Upstream, "state" | "problem"> {
    const refused = this.#link.session.error;
    if (this.#link.session.state.name === "refused" && refused) {
      return { state: "failed", problem: { code: refused.code, message: refused.message } };
    }
    return { state: this.#state, problem: this.#problem };
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  cursor(): Cursor | undefined {
    this.#awaiting++;
    this.#opened = undefined;
    const cursor = this.#recovery.regains ? undefined : this.document.record.upstream?.cursor;
    this.#asked = cursor;
    return cursor;
  }

  down(): void {
    this.#isFirst = true;
    this.#recovery.down();
    this.#answer();
    this.#awaiting = 0;
    this.#opened = undefined;
    this.#cancelRetry?.();
    this.document.room.leave(this);
    this.#shown.clear();
    this.#setState("offline", this.#isViolated ? undefined : this.#problem);
  }

  room(): void {
    this.send();
  }

  close(): void {
    this.#closed = true;
    this.#answer();
    this.#settle();
    this.#cancelRetry?.();
    this.document.room.leave(this);
    this.#lane.close();
  }

  presenceChanged(id: number): void {
    const state = this.document.room.get(id);
    if (state && this.#opened) this.#shown.show(state);
  }

  /** A replica shows content with this hash, and nothing is pending. */
  compare(hash: string): void {
    const cursor = this.document.record.upstream?.cursor;
    if (cursor && this.#state === "live") this.#lane.compare({ seq: cursor.seq, hash });
  }

  /** What is here is not what the hub above has: the document is taken anew, once nothing is pending. */
  #takeAnew(): void {
    const { writer } = this.#link;
    const opened = this.#opened;
    let taken = false;
    this.#change(
      (draft) => {
        taken = draft.pending.length === 0;
        if (!taken) return;
        draft.clear();
        draft.setUpstream({ cursor: undefined, regained: undefined }, writer);
        this.outdate(draft);
      },
      () => {
        if (!taken) return;
        this.#intake.leave(opened);
        if (this.#state === "live") this.#setState("catching-up", this.#problem);
        this.#lane.resume();
      },
    );
  }

  /** The document is emptied: nothing that follows the opening fits any more. */
  outdate(draft: Draft): void {
    if (this.#opened) draft.outdated.add(this.#opened);
  }

  /** Resolves when the hub above has answered the last opening, or cannot. */
  async answered(): Promise<void> {
    if (this.#opened || this.#closed || this.#isViolated) return;
    if (this.#link.session.state.name !== "open") return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves when all that the hub above had at the last opening is here, or when that cannot be now. */
  async caughtUp(): Promise<void> {
    await this.answered();
    if (this.#isComing()) await new Promise<void>((resolve) => this.#settling.push(resolve));
  }

  /** The hub above sent what cannot be taken: only another session may be better. */
  get #isViolated(): boolean {
    return this.#problem?.code === "protocol/violation";
  }

  #isComing(): boolean {
    if (this.#closed || this.#link.session.state.name !== "open") return false;
    // What the hub above lost is given back first; if that is to wait, it says so.
    if (this.#problem) return this.#state === "failed" && this.#problem.code === "hub/behind";
    return this.#awaiting > 0 || this.#state !== "live";
  }

  #settle(): void {
    if (!this.#isComing()) for (const resolve of this.#settling.splice(0)) resolve();
  }

  #answer(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  receive(message: LaneMessage): void {
    if (message.type === "opened") {
      if (message.asked) this.#awaiting = Math.max(0, this.#awaiting - 1);
      // What the hub above says unasked goes on from an earlier opening, where this device may not stand any more.
      if (this.#awaiting === 0) this.#takeOpened(message);
      return;
    }
    if (message.type === "restart") {
      this.#recovery.restarted();
      // What is here may be of a former life of the document: nobody is to take it for all that there is.
      if (this.#state === "live") this.#setState("catching-up", this.#problem);
      this.#lane.resume();
      return;
    }
    if (message.type === "presence") {
      // Of no opening, and said once: somebody may be gone.
      this.document.room.set(this, message);
      return;
    }
    const opened = this.#opened;
    if (!opened || this.#awaiting > 0) return;
    const above: Above = {
      epoch: opened.epoch,
      writer: this.#link.writer,
      random: this.#link.hub.random,
      regains: this.#recovery.regains,
      opening: opened,
      renamed: () => {
        this.#intake.leave(opened);
        if (!this.#closed) this.#lane.resume();
      },
    };
    switch (message.type) {
      case "entries":
        this.#change((draft) => takeEntries(draft, above, message));
        break;
      case "snapshot":
        this.#change((draft) => takeSnapshot(draft, above, message));
        break;
      case "ack":
        this.#change(
          (draft) => takeAck(draft, above, message),
          () => this.#tellSaved(),
        );
        break;
      case "denied":
        if (message.n === 0) {
          this.#giveUpRecovery(message, opened);
          break;
        }
        this.#change(
          (draft) => {
            takeAck(draft, above, { n: message.n - 1, at: undefined });
            quarantineDenied(draft, message.n, message.code, message.reason);
          },
          () => this.#lane.resume(),
        );
        break;
      case "id-taken":
        this.#change(
          (draft) => renamePending(draft, message.client, this.#link.hub.random),
          () => this.#lane.resume(),
        );
        break;
      case "later": {
        const code = message.code === "recovery" ? "hub/behind" : message.code;
        this.#retryLater(message.wait, { code, message: message.reason });
        break;
      }
      case "access":
        this.#setAccess(message.access);
        break;
      case "differs":
        this.#takeAnew();
        break;
      case "refused":
        // Only devices' hubs say so, and none of them is above this one.
        break;
      case "upstream":
        // Told after everything that the hub had at the opening.
        this.#change(
          (draft) => {
            if (above.regains) takeRegained(draft, above);
          },
          () => {
            this.#told = true;
          },
        );
        this.#recovery.regained();
        break;
    }
  }

  /** Sends what is pending and was not sent on this session yet. */
  send(): void {
    const opened = this.#opened;
    if (!opened || this.#closed || opened.answer === "behind") return;
    this.#sender.send();
  }

  #takeOpened(opened: Opened): void {
    const { writer } = this.#link;
    const { regains, formerDeletion } = this.#recovery;
    const asked = { cursor: this.#asked, isFirst: this.#isFirst, regains, formerDeletion };
    this.#isFirst = false;
    if (this.#state === "failed") this.#setState("catching-up", undefined);
    this.#intake.open(
      opened,
      (draft) => takeOpened(draft, writer, opened, asked),
      (verdict) => {
        // Another opening was answered while this one was being stored: that one counts.
        if (this.#awaiting > 0 || this.#opened !== opened) return;
        if (verdict === "outdated") {
          this.#lane.resume();
          return;
        }
        for (const lane of [...this.document.lanes]) lane.recheck();
        if (verdict === "foreign") {
          this.#link.fork();
          return;
        }
        this.#start(opened);
        this.#answer();
      },
    );
    // What follows on the lane is queued behind it and belongs to this epoch.
    this.#opened = opened;
    this.#told = false;
    this.#sender.hold();
  }

  #start(opened: Opened): void {
    if (opened.answer === "behind") {
      const message = "The server has lost changes that this device has.";
      this.#setState("failed", { code: "hub/behind", message });
      this.#recovery.offer(this.#lane, opened, () => !this.#closed && this.#opened === opened);
      return;
    }
    if (opened.answer === "deleted" && this.#asked) {
      this.#lane.resume();
      return;
    }
    const cursor = this.#recovery.regains ? undefined : this.document.record.upstream?.cursor;
    if (cursor && opened.answer === "continue" && cursor.epoch !== opened.epoch) {
      // Told unasked, when read access came back: the log became another one meanwhile.
      this.#lane.resume();
      return;
    }
    this.#sender.goOnFrom(opened.last.n);
    this.document.room.join(this);
    // Who left while the lane was being opened again is gone above, too.
    for (const id of this.#shown.ids) if (!this.document.room.get(id)) this.#shown.hide(id);
    this.#caughtUp();
    this.send();
  }

  /** What was offered to the hub above, which lost entries, can never be taken there. */
  #giveUpRecovery(denied: Denied, opened: Opened): void {
    const offered = this.#recovery.refused();
    if (!offered) return;
    const { user, writer } = this.#link;
    this.#change(
      (draft) => keepAside(draft, offered, opened, denied, { user, writer }),
      () => this.#lane.resume(),
    );
  }

  /** Takes a message that follows the last opening. */
  #change(run: (draft: Draft) => void, done: () => void = () => undefined): void {
    this.#intake.follow(this.#opened, run, done);
  }

  stored(): void {
    this.#eraseIfLost();
    this.#caughtUp();
  }

  violated(reason: string): void {
    this.#opened = undefined;
    this.#setState("failed", { code: "protocol/violation", message: reason });
  }

  failed(code: LaterCode, reason: string, wait: number): void {
    this.#retryLater(wait, {
      code: code === "disk-full" ? "store/full" : "store/failed",
      message: reason,
    });
  }

  /** What may not be read any more goes, where this device is to keep no such thing. */
  #eraseIfLost(): void {
    if (!this.#link.erasesLost || !isReadLost(this.document)) return;
    const { writer } = this.#link;
    let erased = false;
    this.#intake.change(
      this.#opened,
      (draft) => {
        erased = eraseLost(draft, writer);
      },
      // When access comes back the hub above goes on from where it was told that this device stands.
      () => {
        if (erased) this.#lane.resume();
      },
    );
  }

  #caughtUp(): void {
    const opened = this.#opened;
    if (!opened || this.#awaiting > 0 || this.#state === "failed") return;
    const live = this.#told || opened.answer === "hidden";
    this.#setState(live ? "live" : "catching-up", live ? undefined : this.#problem);
    this.#settle();
  }

  #setAccess(access: Opened["access"]): void {
    this.#change(
      (draft) => draft.setUpstream({ access }, this.#link.writer),
      () => {
        for (const lane of [...this.document.lanes]) lane.recheck();
      },
    );
  }

  #retryLater(wait: number, problem: NonNullable<Upstream["problem"]>): void {
    this.#opened = undefined;
    this.#setState("catching-up", problem);
    this.#cancelRetry?.();
    this.#cancelRetry = this.#link.hub.clock.delay(Math.max(MIN_RETRY, wait), () => {
      if (!this.#closed) this.#lane.resume();
    });
  }

  #setState(state: Upstream["state"], problem: Upstream["problem"]): void {
    if (state === this.#state && problem === this.#problem) return;
    this.#state = state;
    this.#problem = problem;
    this.#settle();
    for (const lane of [...this.document.lanes]) lane.tellUpstream();
  }

  #tellSaved(): void {
    for (const lane of [...this.document.lanes]) lane.tellUpstream();
    this.#link.settled(this.document);
  }
}
