/** What is told of an open document: its state, whoever waits for it, and whoever waits until changes are safe. */

import type { Access } from "../access/access.ts";
import type { DocPath } from "../doc-path.ts";
import { createEmitter, type Emitter } from "../emitter.ts";
import { CroftError } from "../errors.ts";
import type { Opened, Upstream } from "../protocol/document-messages.ts";
import type { DocumentState, SaveLevel } from "./document-handle.ts";
import { upstreamError } from "./problems.ts";
import { createWaiters, type Waiters } from "./waiters.ts";

/** What a {@link DocumentState} is made from. */
export interface Known {
  readonly access: Access;
  /** How the hub answered the opening; nothing while it has not. */
  readonly answer: Opened["answer"] | undefined;
  /** Whether anything of the hub's log is shown. */
  readonly hasContent: boolean;
  readonly upstream: Omit<Upstream, "doc">;
  readonly error: CroftError | undefined;
  /** Whether the hub that the document lives by is the one above the device's. */
  readonly isPast: boolean;
  /** Whether that hub has everything that was made here. */
  readonly settled: boolean;
  /** How many changes were made here. */
  readonly made: number;
  /** How many of the first ones are at the device's hub, or above it. */
  readonly atHub: number;
  /** How many of the first ones are known to be at the top. */
  readonly atTop: number;
}

/** See the top of this file. */
export class DocumentStatus {
  readonly states: Emitter<DocumentState> = createEmitter();
  /** Resolves when the document is shown. */
  readonly ready: Promise<void>;
  readonly #path: DocPath;
  readonly #know: () => Known;
  readonly #saved: Record<Exclude<SaveLevel, "memory">, Waiters>;
  readonly #caughtUp: Waiters;
  #state: DocumentState = INITIAL_STATE;
  #isReady = false;
  #markReady: () => void = () => undefined;
  #problem:
    | { readonly from: NonNullable<Upstream["problem"]>; readonly error: CroftError }
    | undefined;

  /** `know`: what is known now. */
  constructor(path: DocPath, know: () => Known) {
    this.#path = path;
    this.#know = know;
    this.#saved = {
      device: createWaiters(() => know().atHub),
      server: createWaiters(() => know().atTop),
    };
    this.#caughtUp = createWaiters(() => (this.#state.live ? 1 : 0));
    this.ready = new Promise((resolve) => {
      this.#markReady = resolve;
    });
  }

  get state(): DocumentState {
    return this.#state;
  }

  /** Whether the document is shown. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** The document is shown. */
  show(): void {
    this.#isReady = true;
    this.#markReady();
  }

  /** Resolves when all changes made until now are safe at `level`. */
  async saved(level: Exclude<SaveLevel, "memory">, signal: AbortSignal | undefined): Promise<void> {
    await this.#saved[level].wait(this.#know().made, signal);
  }

  async caughtUp(signal: AbortSignal | undefined): Promise<void> {
    await this.#caughtUp.wait(1, signal);
  }

  /** Changes were refused: whoever waits until they are safe at one of `levels` hears it. */
  refused(error: CroftError, ...levels: readonly Exclude<SaveLevel, "memory">[]): void {
    for (const level of levels) this.#saved[level].fail(error);
  }

  /** Something may have changed. */
  update(): void {
    const known = this.#know();
    const next = this.#describe(known);
    const same = (Object.keys(next) as (keyof DocumentState)[]).every(
      (key) => next[key] === this.#state[key],
    );
    if (!same) this.#state = next;
    this.#saved.device.reached(known.atHub);
    this.#saved.server.reached(known.atTop);
    if (next.live) this.#caughtUp.reached(1);
    if (!same) this.states.emit(next);
  }

  /** The document was closed; `settled`: with everything at the hub. */
  dispose(settled: boolean): void {
    const gone = new CroftError("disposed", `${this.#path} was closed.`, { path: this.#path });
    this.refused(gone, "device", "server");
    this.#caughtUp.fail(gone);
    const saved = settled ? this.#state.saved : "memory";
    this.#state = { ...this.#state, access: "none", live: false, saved, error: gone };
    this.states.emit(this.#state);
    this.states.clear();
  }

  #describe(known: Known): DocumentState {
    const { access, answer, upstream, error, hasContent } = known;
    const { state, waiting, problem } = upstream;
    return {
      access,
      ready: this.#isReady,
      live: this.#isReady && answer !== undefined && (state === "live" || state === "none"),
      saved: levelOf(known),
      waiting,
      deleted: answer === "deleted" && !hasContent,
      error: error ?? (problem ? this.#problemAbove(problem) : undefined),
    };
  }

  /** One error for one problem: nothing changes while it is the same. */
  #problemAbove(problem: NonNullable<Upstream["problem"]>): CroftError {
    if (this.#problem?.from !== problem) {
      this.#problem = { from: problem, error: upstreamError(problem, this.#path) };
    }
    return this.#problem.error;
  }
}

/** The lowest level that holds all local changes. */
function levelOf({ settled, isPast, upstream, atTop, made }: Known): SaveLevel {
  if (!settled) return "memory";
  const isAtTop = atTop >= made;
  if (isPast) return isAtTop ? "server" : "device";
  return upstream.state !== "none" && isAtTop && upstream.waiting === 0 ? "server" : "device";
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
