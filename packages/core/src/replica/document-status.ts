/** What is told of an open document: its state, whoever waits for it, and whoever waits until changes are safe. */

import type { Access } from "../access/access.ts";
import type { DocPath } from "../doc-path.ts";
import { createEmitter, type Emitter } from "../emitter.ts";
import { CroftError } from "../errors.ts";
import type { Upstream } from "../protocol/document-messages.ts";
import type { DocumentContent } from "./document-content.ts";
import type { DocumentState, SaveLevel } from "./document-handle.ts";
import type { DocumentWays } from "./document-ways.ts";
import { upstreamError } from "./problems.ts";
import type { Submissions } from "./submissions.ts";
import { createWaiters, type Waiters } from "./waiters.ts";

/** See the top of this file. */
export class DocumentStatus {
  readonly states: Emitter<DocumentState> = createEmitter();
  /** Resolves when the document is shown. */
  readonly ready: Promise<void>;
  /** What the hub lets do here. */
  access: Access = "write";
  /** Where the hub stands to the one above it. */
  upstream: Omit<Upstream, "doc"> = { state: "offline", saved: 0, waiting: 0, problem: undefined };
  /** What is wrong with the document itself. */
  error: CroftError | undefined;
  readonly #path: DocPath;
  readonly #submissions: Submissions;
  readonly #content: DocumentContent;
  readonly #ways: DocumentWays;
  readonly #saved: Record<Exclude<SaveLevel, "memory">, Waiters>;
  readonly #caughtUp: Waiters;
  #state: DocumentState = INITIAL_STATE;
  #isReady = false;
  #markReady: () => void = () => undefined;
  #problem:
    | { readonly from: NonNullable<Upstream["problem"]>; readonly error: CroftError }
    | undefined;

  constructor(
    path: DocPath,
    submissions: Submissions,
    content: DocumentContent,
    ways: DocumentWays,
  ) {
    this.#path = path;
    this.#submissions = submissions;
    this.#content = content;
    this.#ways = ways;
    this.#saved = {
      device: createWaiters(() => submissions.atHub),
      server: createWaiters(() => this.#atTop),
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

  /** Up to which sequence the hub's log is shown; nothing while what is shown may be something else. */
  get comparableAt(): number | undefined {
    const { live } = this.#state;
    const same =
      live && this.#content.isSettled && this.upstream.waiting === 0 && !this.#ways.isPast;
    return same ? this.#content.cursor?.seq : undefined;
  }

  /** The document is shown. */
  show(): void {
    this.#isReady = true;
    this.#markReady();
  }

  /** Resolves when all changes made until now are safe at `level`. */
  async saved(level: Exclude<SaveLevel, "memory">, signal: AbortSignal | undefined): Promise<void> {
    await this.#saved[level].wait(this.#submissions.made, signal);
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
    const next = this.#describe();
    const same = (Object.keys(next) as (keyof DocumentState)[]).every(
      (key) => next[key] === this.#state[key],
    );
    if (!same) this.#state = next;
    this.#saved.device.reached(this.#submissions.atHub);
    this.#saved.server.reached(this.#atTop);
    if (next.live) this.#caughtUp.reached(1);
    if (!same) this.states.emit(next);
  }

  /** The document was closed. */
  dispose(): void {
    const gone = new CroftError("disposed", `${this.#path} was closed.`, { path: this.#path });
    this.refused(gone, "device", "server");
    this.#caughtUp.fail(gone);
    const saved = this.#submissions.settled ? this.#state.saved : "memory";
    this.#state = { ...this.#state, access: "none", live: false, saved, error: gone };
    this.states.emit(this.#state);
    this.states.clear();
  }

  #describe(): DocumentState {
    const { state, waiting, problem } = this.upstream;
    const answer = this.#content.opened?.answer;
    return {
      access: this.access,
      ready: this.#isReady,
      live: this.#isReady && answer !== undefined && (state === "live" || state === "none"),
      saved: this.#level,
      waiting,
      deleted: answer === "deleted" && this.#content.cursor === undefined,
      error: this.error ?? (problem ? this.#problemAbove(problem) : undefined),
    };
  }

  /** The lowest level that holds all local changes. */
  get #level(): SaveLevel {
    if (!this.#submissions.settled) return "memory";
    const isAtTop = this.#atTop >= this.#submissions.made;
    if (this.#ways.isPast) return isAtTop ? "server" : "device";
    const { state, waiting } = this.upstream;
    return state !== "none" && isAtTop && waiting === 0 ? "server" : "device";
  }

  /** How many of the first changes are known to be at the top. */
  get #atTop(): number {
    return this.#ways.isPast || this.upstream.state !== "none" ? this.#submissions.atTop : 0;
  }

  /** One error for one problem: nothing changes while it is the same. */
  #problemAbove(problem: NonNullable<Upstream["problem"]>): CroftError {
    if (this.#problem?.from !== problem) {
      this.#problem = { from: problem, error: upstreamError(problem, this.#path) };
    }
    return this.#problem.error;
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
