/**
 * One device's part in who has the turn of a task in a workspace.
 *
 * The document says who took it last, and changes only when it goes over. That the holder lives is said by ephemeral
 * renewals: who hears none for the length of the lease, while it is in touch, by its own clock, takes the turn. Of two who
 * took it without knowing of each other the one with the higher fence keeps it, whatever the document's merge says.
 *
 *     waiting ──free, or nothing heard for the lease──► claiming ──at the server, and still ours──► holding
 *        ▲                                                 │                                           │
 *        └──── another one has a higher fence, the claim was refused, or we were away for too long ────┘
 */

import { type Clock, CroftError, type Unsubscribe } from "@croft/core";
import { delayUnlessAborted, onAborted } from "../abort.ts";
import { type LeaseEntry, nextFence } from "./lease-entry.ts";

/** Where the devices of a workspace tell each other of one task. */
export interface LeaseBoard {
  /** Whether the entry may be read yet. */
  readonly ready: boolean;
  /** Whether all that the server has came down, and it is there; without a server always. */
  readonly live: boolean;
  /** Whether this device may take the turn at all. */
  readonly writable: boolean;
  readonly entry: LeaseEntry | undefined;
  write(entry: LeaseEntry): void;
  /** Resolves when what was written is at the server, or on the device where there is none. */
  written(signal: AbortSignal): Promise<void>;
  /** Says that the holder of `fence` lives. */
  renew(fence: number): void;
  /** Tells that one of the above may have changed. */
  onChange(listener: () => void): Unsubscribe;
  /** Tells that the holder of a fence lives. */
  onRenewed(listener: (fence: number) => void): Unsubscribe;
}

/** Options of {@link Lease}. */
export interface LeaseOptions {
  readonly board: LeaseBoard;
  readonly clock: Pick<Clock, "now" | "delay">;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** In milliseconds. */
  readonly lease: number;
  readonly offline: "wait" | "run";
  /** Tells this activation from all others. */
  readonly holder: string;
  /** The turn is here; `signal` is aborted when it is not any more. Must not throw. */
  readonly onTurn: (turn: { readonly fence: number; readonly signal: AbortSignal }) => void;
  /** What was to say that the turn is ours was not taken: the turn is not, or not any more. Must not throw. */
  readonly onRefused: (error: unknown) => void;
}

/** The part of a lease after which its holder says that it lives. */
const RENEWALS = 3;
/** Who claims waits for those who claimed at the same time: this part of a lease, a second at most. */
const SETTLE = { part: 20, most: 1_000 };
/** Those who wait claim one after the other, spread over this part of a lease. */
const SPREAD = 10;

/** See the top of this file. */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #stops: Unsubscribe[];
  /** The fence of what we took. */
  #mine: number | undefined;
  #turn: AbortController | undefined;
  /** Ends what is waited for since the last claim. */
  #claim: AbortController | undefined;
  #highest = 0;
  #renewedAt = 0;
  #wasLive = false;
  /** Nothing is claimed before. */
  #notBefore = 0;
  #cancelWait: Unsubscribe | undefined;
  /** What is waited for: the same is not waited for anew. */
  #waitsFor = "";
  #cancelRenewal: Unsubscribe = () => undefined;
  #stopped = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
    const { board } = options;
    this.#stops = [
      board.onChange(() => this.#look()),
      board.onRenewed((fence) => this.#heard(fence)),
    ];
    this.#look();
  }

  /** Gives the turn back, or waits for it no more. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    for (const stop of this.#stops) stop();
    this.#wait("", 0);
    const { board, lease } = this.#options;
    const mine = this.#mine;
    this.#lose();
    if (mine !== undefined && board.writable && board.entry?.fence === mine) {
      board.write({ holder: "", fence: mine, lease });
    }
  }

  /** Something may have changed. */
  #look(): void {
    if (this.#stopped) return;
    const { board, holder, lease } = this.#options;
    const cameUp = board.live && !this.#wasLive;
    this.#wasLive = board.live;
    if (!board.ready) return;
    const { entry } = board;
    this.#highest = Math.max(this.#highest, entry?.fence ?? 0);
    if (this.#mine !== undefined) {
      const isOurs = entry?.holder === holder && entry.fence === this.#mine;
      if (isOurs && board.writable) {
        if (cameUp) this.#renew();
        return;
      }
      if (entry && entry.fence < this.#mine && board.writable) {
        // The merge preferred one who did not know of us.
        board.write({ holder, fence: this.#mine, lease });
        return;
      }
      this.#lose();
    }
    this.#await(entry);
  }

  /** Waits for the turn, as long as it is somebody else's. */
  #await(entry: LeaseEntry | undefined): void {
    const { board, holder, lease, offline, random } = this.#options;
    if (!board.writable) {
      this.#wait("", 0);
      return;
    }
    const spread = (random() * (entry?.lease ?? lease)) / SPREAD;
    const isFree = !entry || entry.holder === "" || entry.holder === holder;
    if (isFree) {
      // Connecting takes a moment, and what is free here may be another's there.
      const pause = board.live ? spread / SPREAD : lease / RENEWALS;
      this.#wait(`free ${board.live} ${entry?.fence}`, pause);
    } else if (board.live || offline === "run") {
      this.#wait(`${entry.fence} ${board.live}`, entry.lease + spread);
    } else {
      this.#wait("", 0);
    }
  }

  /** Claims after `ms`, unless something else is waited for by then; nothing for "". */
  #wait(what: string, ms: number): void {
    if (what !== "" && what === this.#waitsFor) return;
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    this.#waitsFor = what;
    if (what === "") return;
    const { clock } = this.#options;
    const pause = Math.max(ms, this.#notBefore - clock.now());
    this.#cancelWait = clock.delay(pause, () => {
      this.#waitsFor = "";
      this.#take();
    });
  }

  #heard(fence: number): void {
    const { entry } = this.#options.board;
    if (this.#stopped || this.#mine !== undefined) return;
    // Of a holder that we know: it lives. Of one who took the turn after that: the document will say so.
    if (!entry || fence < entry.fence) return;
    this.#waitsFor = "";
    this.#await(entry);
  }

  #take(): void {
    const { board, holder, lease, random } = this.#options;
    const fence = nextFence(this.#highest, random());
    this.#wait("", 0);
    this.#highest = fence;
    this.#mine = fence;
    this.#claim = new AbortController();
    const { signal } = this.#claim;
    board.write({ holder, fence, lease });
    void this.#hold(fence, signal);
  }

  /** Begins the turn once the claim stands. */
  async #hold(fence: number, signal: AbortSignal): Promise<void> {
    const { board, clock, lease, offline, onTurn } = this.#options;
    if (board.live) {
      // Should the connection go just now, a claim on something free stands by itself, as it would have without one.
      await Promise.race([
        board.written(signal).catch((error: unknown) => this.#notWritten(fence, signal, error)),
        this.#apart(signal, offline === "run" ? lease : lease / RENEWALS),
      ]);
      await delayUnlessAborted(clock, Math.min(lease / SETTLE.part, SETTLE.most), signal);
    }
    if (signal.aborted || this.#mine !== fence) return;
    const turn = new AbortController();
    this.#turn = turn;
    this.#renewedAt = clock.now();
    this.#renew();
    onTurn({ fence, signal: turn.signal });
  }

  /** The claim is not where others would see it. That may be told after the turn began, when the connection went meanwhile. */
  #notWritten(fence: number, signal: AbortSignal, error: unknown): void {
    if (signal.aborted || this.#mine !== fence) return;
    // Whether it stands is seen when the connection is back.
    if (error instanceof CroftError && error.code === "link/offline") return;
    const { clock, lease, onRefused } = this.#options;
    this.#lose();
    // It would most likely be refused again.
    this.#notBefore = clock.now() + lease;
    onRefused(error);
    this.#look();
  }

  /** Resolves after `ms` without a connection. */
  #apart(signal: AbortSignal, ms: number): Promise<void> {
    const { board, clock } = this.#options;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      let cancel: Unsubscribe | undefined;
      const look = (): void => {
        if (board.live) {
          cancel?.();
          cancel = undefined;
        } else {
          cancel ??= clock.delay(ms, end);
        }
      };
      const stop = board.onChange(look);
      const end = (): void => {
        stop();
        cancel?.();
        unlisten();
        resolve();
      };
      const unlisten = onAborted(signal, end);
      look();
    });
  }

  /** Says that we live, now and again. */
  #renew(): void {
    const { board, clock, lease } = this.#options;
    this.#cancelRenewal();
    if (this.#mine === undefined || !this.#turn) return;
    const now = clock.now();
    if (now - this.#renewedAt > lease) {
      // A laptop was closed, a tab frozen: others have most likely gone on without us.
      this.#lose();
      this.#look();
      return;
    }
    this.#renewedAt = now;
    board.renew(this.#mine);
    this.#cancelRenewal = clock.delay(lease / RENEWALS, () => this.#renew());
  }

  #lose(): void {
    this.#mine = undefined;
    this.#cancelRenewal();
    this.#claim?.abort();
    this.#claim = undefined;
    const turn = this.#turn;
    this.#turn = undefined;
    turn?.abort();
  }
}
