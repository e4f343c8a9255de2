/**
 * Which hub a document lives by: the device's, or the one above it while the device's has no room on its
 * disk (SYNC rule 3).
 */

import type { DocPath } from "../doc-path.ts";
import type { LaneHandler, LaneMessage } from "../session/lane.ts";
import { DocumentLane, type HubWay } from "./document-lane.ts";
import type { HubAbove } from "./hub-above.ts";

/** How often a hub may say that its disk is full before a document goes past it. */
const FULL_PATIENCE = 4;

/** What lives by a hub. */
export interface Dweller extends LaneHandler {
  /** What the device's hub says meanwhile. */
  hearHome(message: LaneMessage): void;
  /** The way home may be free, or another way is needed. */
  reconsider(): void;
}

/** See the top of this file. */
export class DocumentWays {
  /** The lane at the device's hub. */
  readonly home: DocumentLane;
  readonly #path: DocPath;
  readonly #dweller: Dweller;
  readonly #above: HubAbove | undefined;
  readonly #stop: () => void;
  #lane: DocumentLane;
  /** How often in a row the hub could not store for want of room. */
  #timesFull = 0;
  #staysHome = false;

  constructor(
    path: DocPath,
    { home, above }: { readonly home: HubWay; readonly above: HubAbove | undefined },
    dweller: Dweller,
  ) {
    this.#path = path;
    this.#dweller = dweller;
    this.#above = above;
    this.home = new DocumentLane(path, home, dweller, {
      leads: true,
      aside: (message) => dweller.hearHome(message),
    });
    this.#lane = this.home;
    this.#stop = above?.onChange(() => dweller.reconsider()) ?? (() => undefined);
  }

  /** The lane that the document lives by. */
  get lane(): DocumentLane {
    return this.#lane;
  }

  /** Whether the document lives by the hub above, past the device's. */
  get isPast(): boolean {
    return this.#lane !== this.home;
  }

  /** Whether the device's hub has room again, and has what went past it. */
  get isHomeFree(): boolean {
    return this.#above?.wanted !== true && this.home.upstream === "live";
  }

  /** The hub stored something. */
  stored(): void {
    this.#timesFull = 0;
  }

  /**
   * The device's hub has no room. Returns whether it is time to go past it, and the way is open; then
   * call {@link DocumentWays.goPast}.
   */
  isFull(mayLeave: boolean): boolean {
    this.#timesFull++;
    const patient = this.#staysHome || !mayLeave || this.#timesFull < FULL_PATIENCE;
    return !patient && this.#above?.ask() === true;
  }

  goPast(): void {
    if (!this.#above) return;
    this.home.leads = false;
    this.#lane = new DocumentLane(this.#path, this.#above, this.#dweller, {
      leads: true,
      aside: () => undefined,
    });
  }

  /** The hub above does not take what it is given: it goes through the quarantine of the device. */
  stayHome(): void {
    this.#staysHome = true;
  }

  /** Back to the device's hub: its lane is to be resumed. `prepare` is called while neither lane leads. */
  goHome(prepare: () => void): void {
    this.#timesFull = 0;
    this.#lane.leads = false;
    this.#lane.close();
    prepare();
    this.home.leads = true;
    this.#lane = this.home;
    this.#lane.resume();
  }

  dispose(): void {
    this.#stop();
    if (this.isPast) this.#lane.close();
    this.home.close();
  }
}
