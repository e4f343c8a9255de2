/**
 * Which hub a document lives by: the device's, or the one above it while the device's has no room on its
 * disk (SYNC rule 3). Makes the content and the numbers of what is not acknowledged fit the hub that it turns to.
 */

import type { Clock } from "../clock.ts";
import type { DocPath } from "../doc-path.ts";
import type { Basis, Numbered } from "../protocol/document-messages.ts";
import type { LaneHandler, LaneMessage } from "../session/lane.ts";
import type { DocumentContent } from "./document-content.ts";
import { DocumentLane, type HubWay } from "./document-lane.ts";
import type { HubAbove } from "./hub-above.ts";
import { NOTHING_ACKNOWLEDGED, type Submissions } from "./submissions.ts";

/** How often a hub may say that its disk is full before a document goes past it. */
const FULL_PATIENCE = 4;

/** What lives by a hub. */
export interface Dweller extends LaneHandler {
  /** What the device's hub says while the document lives past it. */
  hearHome(message: LaneMessage): void;
}

/** Where ways lead. */
export interface WaysHost {
  readonly clock: Clock;
  /** The hub that the replica is joined to. */
  readonly home: HubWay;
  /** The way past it, for what it cannot store. */
  readonly above: HubAbove | undefined;
}

/** See the top of this file. */
export class DocumentWays {
  /** The lane at the device's hub. */
  readonly home: DocumentLane;
  readonly #path: DocPath;
  readonly #host: WaysHost;
  readonly #content: DocumentContent;
  readonly #submissions: Submissions;
  readonly #dweller: Dweller;
  readonly #stop: () => void;
  #lane: DocumentLane;
  /** What was shown when the device's hub was left, while nothing of the hub above is shown. */
  #left: { readonly basis: Basis } | undefined;
  /** How often in a row the hub could not store for want of room. */
  #timesFull = 0;
  #staysHome = false;

  constructor(
    path: DocPath,
    host: WaysHost,
    content: DocumentContent,
    submissions: Submissions,
    dweller: Dweller,
  ) {
    this.#path = path;
    this.#host = host;
    this.#content = content;
    this.#submissions = submissions;
    this.#dweller = dweller;
    this.home = new DocumentLane(path, host.home, dweller, {
      clock: host.clock,
      leads: true,
      aside: (message) => dweller.hearHome(message),
    });
    this.#lane = this.home;
    this.#stop = host.above?.onChange(() => this.reconsider()) ?? (() => undefined);
  }

  /** The lane that the document lives by. */
  get lane(): DocumentLane {
    return this.#lane;
  }

  /** Whether the document lives by the hub above, past the device's. */
  get isPast(): boolean {
    return this.#lane !== this.home;
  }

  /** The last number that the device's hub acknowledged. */
  get acknowledged(): Numbered {
    return this.isPast ? this.home.acknowledged : this.#submissions.acknowledged;
  }

  /** The replica has a new writer at the device's hub. */
  newWriter(): void {
    if (this.isPast) this.home.acknowledged = NOTHING_ACKNOWLEDGED;
    else this.#submissions.newWriter();
  }

  /** The hub stored something. */
  stored(): void {
    this.#timesFull = 0;
  }

  /**
   * The device's hub has no room for submission `n`. Returns whether the document goes past it: when it is time,
   * nothing forbids it, and the way is open.
   */
  full(n: number, isReady: boolean): boolean {
    this.#timesFull++;
    // Nothing that this hub has not stored may still be taken by it: it said no just now, and
    // is deaf until the lane is opened again. What came before it may be stored, and its answer on the way.
    const answered = this.#submissions.isNext(n);
    const free = answered && !this.#content.isRebuilding && !this.#submissions.isDoomed;
    const patient = this.#staysHome || !free || !isReady || this.#timesFull < FULL_PATIENCE;
    const { above } = this.#host;
    if (patient || above?.ask() !== true) return false;
    this.#goPast(above);
    return true;
  }

  /** What is shown is what the hub has that the document lives by. */
  shown(): void {
    if (this.isPast) this.#left = undefined;
  }

  /** Back to the device's hub, when it has room again and has what went past it. */
  reconsider(): void {
    if (!this.isPast || !this.#content.isSettled) return;
    if (this.#host.above?.wanted !== true && this.home.upstream === "live") this.#goHome();
  }

  /** The hub above will not take it: the device stores it when it can, and keeps what is refused. */
  giveUpAbove(): void {
    this.#staysHome = true;
    this.#goHome();
  }

  /**
   * The device's hub has a log of `epoch`, or another one than before where that is not known. What is waited for
   * above may have been deleted, and something else written since.
   */
  homeHas(epoch: Basis): void {
    if (!this.#content.expectsContent) return;
    const isOther = epoch === undefined || (this.#left && this.#left.basis !== epoch);
    if (isOther) this.giveUpAbove();
  }

  dispose(): void {
    this.#stop();
    if (this.isPast) this.#lane.close();
    this.home.close();
  }

  #goPast(above: HubAbove): void {
    this.#left = { basis: this.#content.basis };
    this.#turnTo(NOTHING_ACKNOWLEDGED);
    this.#content.startOverElsewhere();
    this.home.stepBack();
    this.#lane = new DocumentLane(this.#path, above, this.#dweller, {
      clock: this.#host.clock,
      leads: true,
      aside: () => undefined,
    });
  }

  #goHome(): void {
    const { acknowledged } = this.home;
    const left = this.#left;
    this.#left = undefined;
    this.#timesFull = 0;
    this.#lane.stepBack();
    this.#lane.close();
    this.#turnTo(acknowledged);
    if (left) this.#content.startOverFrom(left.basis);
    else this.#content.startOverElsewhere();
    this.home.leads = true;
    this.#lane = this.home;
    this.#lane.resume();
  }

  /** Prepares for another hub, which has `acknowledged` of what its writer submitted. */
  #turnTo(acknowledged: Numbered): void {
    this.#lane.acknowledged = this.#submissions.acknowledged;
    this.#content.opened = undefined;
    this.#submissions.goOnFrom(acknowledged);
  }
}
