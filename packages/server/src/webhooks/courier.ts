/**
 * Tells one webhook of the changes in one workspace, in their order. What is still to be told is no queue: it is all rows that changed
 * after a position, which the workspace's store keeps. So nothing is lost by a restart, and what waits takes no room.
 */

import { createHash } from "node:crypto";
import type { Hub } from "@croft/core";
import type { Log } from "../log.ts";
import type { WebhookSettings } from "./webhook-options.ts";
import { messageOf, sendOnce, type WebhookMessage } from "./webhook-request.ts";

/** What a {@link Courier} needs. */
export interface CourierOptions {
  readonly workspace: string;
  readonly hub: Pick<Hub, "onMoved" | "listChanges" | "readPosition" | "readText" | "setMark">;
  readonly webhook: WebhookSettings;
  /** Waits until a request may be made; returns what lets the next one go. */
  readonly turn: () => Promise<() => void>;
  readonly log: Log;
}

/** Documents of one request, or all that changed in one commit. */
const PAGE = 200;
/** The first wait after a failure, in milliseconds; it doubles up to the longest. */
const FIRST_WAIT = 1000;
const MAX_WAIT = 300_000;
/** How often one that counts as dead is tried, in milliseconds. */
const DEAD_WAIT = 3_600_000;

/** See the top of this file. */
export class Courier {
  readonly #options: CourierOptions;
  readonly #stop = new AbortController();
  readonly #stopListening: () => void;
  readonly #name: string;
  /** Everything up to here was told; nothing before it is known. */
  #position: number | undefined;
  #stored: number | undefined;
  /** Whether something may have changed since it was looked last. */
  #touched = true;
  #running: Promise<void> | undefined;
  #failures = 0;
  #tried = Promise.withResolvers<void>();

  constructor(options: CourierOptions) {
    this.#options = options;
    const { url, paths, events } = options.webhook;
    // Two of them may have one address, and are told of different things.
    const told = JSON.stringify([url, paths.toSorted(), events.toSorted()]);
    const hash = createHash("sha256").update(told).digest("hex");
    this.#name = `webhooks/${hash.slice(0, 16)}`;
    this.#stopListening = options.hub.onMoved(() => {
      this.#touched = true;
      this.#start();
    });
    this.#start();
  }

  /** Whether it has nothing to tell. */
  get isSettled(): boolean {
    return !this.#touched && this.#running === undefined;
  }

  /** Resolves when it has nothing to tell, or could not. */
  get tried(): Promise<void> {
    return this.isSettled ? Promise.resolve() : this.#tried.promise;
  }

  /** Ends it; what was not told is told by the next one. */
  async stop(): Promise<void> {
    this.#stopListening();
    this.#stop.abort();
    await this.#running;
    await this.#store().catch(() => undefined);
    this.#tried.resolve();
  }

  #start(): void {
    if (this.#stop.signal.aborted) return;
    this.#running ??= this.#run()
      .then(
        () => this.#touched,
        (error: unknown) => {
          // The store failed, say; the next change starts it again.
          this.#touched = true;
          const { workspace, log } = this.#options;
          log("error", "webhook failed", { workspace, url: this.#url, error: String(error) });
          return false;
        },
      )
      .then((isTouched) => {
        this.#running = undefined;
        this.#tried.resolve();
        this.#tried = Promise.withResolvers();
        // Something changed while it came to its end.
        if (isTouched) this.#start();
      });
  }

  async #run(): Promise<void> {
    const { hub, webhook } = this.#options;
    this.#position ??= await this.#readPosition();
    while (this.#touched && !this.#stop.signal.aborted) {
      await this.#wait(webhook.collect);
      if (this.#stop.signal.aborted) return;
      this.#touched = false;
      // Of a document that changes meanwhile it is told again.
      for (;;) {
        const rows = await hub.listChanges(this.#position, PAGE);
        const last = rows.at(-1);
        if (!last) break;
        const message = messageOf(webhook, this.#options.workspace, rows, Date.now());
        if (message && !(await this.#deliver(message))) {
          this.#touched = true;
          return;
        }
        this.#position = last.position;
        if (message) await this.#store();
      }
    }
  }

  /** Sends it until it is taken; false when it was stopped before. */
  async #deliver(message: WebhookMessage): Promise<boolean> {
    const { webhook, workspace, log } = this.#options;
    while (!this.#stop.signal.aborted) {
      const done = await this.#options.turn();
      const outcome = await sendOnce(webhook, message, Date.now(), this.#stop.signal).finally(done);
      if (outcome.kind === "taken") {
        if (this.#failures >= webhook.attempts)
          log("info", "webhook works again", { workspace, url: this.#url });
        this.#failures = 0;
        return true;
      }
      if (this.#stop.signal.aborted) return false;
      this.#failures++;
      this.#tried.resolve();
      const isDead = this.#failures >= webhook.attempts;
      if (this.#failures === webhook.attempts) {
        const hint =
          "It is tried once an hour, and told of all that changed since when it answers.";
        log("error", "webhook is dead", { workspace, url: this.#url, error: outcome.reason, hint });
      } else if (!isDead) {
        log("warn", "webhook failed", { workspace, url: this.#url, error: outcome.reason });
      }
      const doubled = Math.min(MAX_WAIT, FIRST_WAIT * 2 ** (this.#failures - 1));
      const wait = isDead ? DEAD_WAIT : Math.max(doubled, outcome.wait ?? 0);
      // Spread, so that the couriers of many workspaces do not all come at once.
      await this.#wait(wait * (0.5 + Math.random() / 2));
    }
    return false;
  }

  /** A webhook that is new to a workspace hears of what comes from now on. */
  async #readPosition(): Promise<number> {
    const { hub } = this.#options;
    const stored = await hub.readText(this.#name);
    if (stored !== undefined) {
      this.#stored = Number(stored);
      return this.#stored;
    }
    const position = await hub.readPosition();
    this.#position = position;
    await this.#store();
    return position;
  }

  async #store(): Promise<void> {
    const position = this.#position;
    if (position === undefined || position === this.#stored) return;
    await this.#options.hub.setMark(this.#name, String(position));
    this.#stored = position;
  }

  /** An address may have a password in it. */
  get #url(): string {
    const { origin, pathname } = new URL(this.#options.webhook.url);
    return origin + pathname;
  }

  async #wait(ms: number): Promise<void> {
    if (ms === 0 || this.#stop.signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    const stop = this.#stop.signal;
    stop.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    clearTimeout(timer);
  }
}
