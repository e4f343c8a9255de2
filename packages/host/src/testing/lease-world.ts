/** Devices around a server, in virtual time, each with a document of its own and a lease in it. */

import { CroftError } from "@croft/core";
import * as Y from "yjs";
import { readEntry } from "../tasks/lease-entry.ts";
import { Lease, type LeaseBoard } from "../tasks/lease.ts";

export const LEASE = 60_000;
/** One way, in milliseconds. */
export const LATENCY = 200;
/**
 * For as long two in touch may both have the turn. The longest is of one who took it offline while it was connecting, too late
 * for what it sent up first: until that is with the other one by way of the server, and the answer is back.
 */
export const OVERLAP = 4 * LATENCY;

export const ACTIONS = ["connect", "disconnect", "crash", "want", "stop", "sleep", "wake"] as const;

/** Devices around a server. */
export class World {
  readonly server = new Y.Doc();
  readonly devices: readonly FakeDevice[];
  /** All fences under which a turn began. */
  readonly fences: number[] = [];
  readonly problems: string[] = [];
  /** Refusals that devices told of. */
  readonly told: unknown[] = [];
  /** What the server answers to all that is written, if it does not take it. */
  refusal: CroftError | undefined;
  /** Changes of documents, by leases. */
  writes = 0;
  now = 0;
  readonly #offline: "wait" | "run";
  #seed: number;
  readonly #timers = new Set<{
    readonly at: number;
    readonly n: number;
    readonly run: () => void;
  }>();
  #timerCount = 0;
  /** Since when two in touch have both had the turn. */
  #bothSince: number | undefined;

  constructor(count: number, offline: "wait" | "run" = "wait", seed = 1) {
    this.#offline = offline;
    this.#seed = seed >>> 0;
    this.devices = Array.from({ length: count }, () => new FakeDevice(this));
    for (const device of this.devices) device.want();
  }

  /** From 0 to below 1; the same numbers for the same seed (mulberry32). */
  random(): number {
    this.#seed = (this.#seed + 0x6d2b79f5) >>> 0;
    let mixed = this.#seed;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  newDoc(): Y.Doc {
    const doc = new Y.Doc();
    doc.clientID = 1 + Math.floor(this.random() * (2 ** 32 - 1));
    return doc;
  }

  get offline(): "wait" | "run" {
    return this.#offline;
  }

  /** Those that have the turn, as far as they know. */
  get holders(): readonly FakeDevice[] {
    return this.devices.filter(({ holds }) => holds);
  }

  get awake(): readonly FakeDevice[] {
    return this.holders.filter(({ asleep }) => !asleep);
  }

  delay(ms: number, run: () => void): () => void {
    const timer = { at: this.now + ms, n: ++this.#timerCount, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  async run(ms: number): Promise<void> {
    const end = this.now + ms;
    await settled();
    for (;;) {
      let next: { readonly at: number; readonly n: number; readonly run: () => void } | undefined;
      for (const timer of this.#timers) {
        if (!next || timer.at < next.at || (timer.at === next.at && timer.n < next.n)) next = timer;
      }
      if (!next || next.at > end) break;
      this.#watch(next.at);
      this.#timers.delete(next);
      this.now = Math.max(this.now, next.at);
      next.run();
      await settled();
      this.#watch(this.now);
    }
    this.#watch(end);
    this.now = end;
  }

  /** Until `at` nothing changes. */
  #watch(at: number): void {
    const inTouch = this.awake.filter(({ live }) => live);
    if (inTouch.length < 2) {
      this.#bothSince = undefined;
      return;
    }
    this.#bothSince ??= this.now;
    const both = at - this.#bothSince;
    if (both > OVERLAP) this.problems.push(`two in touch have the turn for ${both} ms`);
  }
}

/** A device with a document of its own. */
export class FakeDevice {
  connected = true;
  asleep = false;
  fence: number | undefined;
  lastFence: number | undefined;
  readonly #world: World;
  #doc: Y.Doc;
  /** Counts connections: what was on its way over a former one is lost. */
  #connection = 1;
  #isLive = true;
  #lease: Lease | undefined;
  #changes = new Set<() => void>();
  #renewals = new Set<(fence: number) => void>();
  #missed: (() => void)[] = [];
  #written = 0;
  #acknowledged = 0;

  constructor(world: World) {
    this.#world = world;
    this.#doc = world.newDoc();
    this.#listen();
  }

  get wants(): boolean {
    return this.#lease !== undefined;
  }

  get holds(): boolean {
    return this.fence !== undefined;
  }

  get live(): boolean {
    return this.#isLive;
  }

  act(action: (typeof ACTIONS)[number]): void {
    this[action]();
  }

  want(): void {
    if (this.#lease || this.asleep) return;
    const { offline } = this.#world;
    this.#lease = new Lease({
      board: this.#board(),
      clock: { now: () => this.#world.now, delay: (ms, run) => this.#delay(ms, run) },
      random: () => this.#world.random(),
      lease: LEASE,
      offline,
      holder: `holder ${this.#world.random()}`,
      onTurn: ({ fence, signal }) => {
        this.fence = fence;
        this.lastFence = fence;
        this.#world.fences.push(fence);
        signal.addEventListener("abort", () => {
          if (this.fence === fence) this.fence = undefined;
        });
      },
      onRefused: (error) => this.#world.told.push(error),
    });
  }

  stop(): void {
    if (this.asleep) return;
    this.#lease?.stop();
    this.#lease = undefined;
  }

  /** The process is gone, and comes back with what was on its disk. */
  crash(): void {
    this.wake();
    this.fence = undefined;
    this.#lease = undefined;
    this.#changes = new Set();
    this.#renewals = new Set();
    const former = this.#doc;
    this.#doc = this.#world.newDoc();
    Y.applyUpdate(this.#doc, Y.encodeStateAsUpdate(former));
    this.#listen();
    if (this.connected) this.connect(true);
  }

  disconnect(): void {
    this.connected = false;
    this.#connection++;
    this.#setLive(false);
  }

  connect(again = false): void {
    if (this.connected && !again) return;
    this.connected = true;
    this.#setLive(false);
    const connection = ++this.#connection;
    const written = this.#written;
    // What each lacks, there and back.
    this.#world.delay(LATENCY, () => {
      if (connection !== this.#connection) return;
      this.#toServer(Y.encodeStateAsUpdate(this.#doc));
      this.#acknowledged = Math.max(this.#acknowledged, written);
      const state = Y.encodeStateAsUpdate(this.#world.server);
      this.#world.delay(LATENCY, () => {
        if (connection !== this.#connection) return;
        this.#whenAwake(() => {
          Y.applyUpdate(this.#doc, state, "server");
          this.#setLive(true);
        });
      });
    });
  }

  /** The lid is closed: nothing runs, and the connection is gone. */
  sleep(): void {
    if (this.asleep) return;
    this.asleep = true;
    this.#connection++;
  }

  wake(): void {
    if (!this.asleep) return;
    this.asleep = false;
    for (const run of this.#missed.splice(0)) run();
    this.#setLive(false);
    if (this.connected) this.connect(true);
  }

  /** Everything is well again. */
  recover(): void {
    this.wake();
    this.connect();
  }

  hear(connection: number, run: () => void): void {
    this.#world.delay(LATENCY, () => {
      if (connection === this.#connection && this.connected) this.#whenAwake(run);
    });
  }

  get connection(): number {
    return this.#connection;
  }

  take(update: Uint8Array): void {
    Y.applyUpdate(this.#doc, update, "server");
  }

  renewed(fence: number): void {
    for (const listener of [...this.#renewals]) listener(fence);
  }

  #listen(): void {
    const doc = this.#doc;
    doc.on("update", (update: Uint8Array, origin: unknown) => {
      if (origin === "server" || doc !== this.#doc) {
        this.#tell();
        return;
      }
      this.#world.writes++;
      const written = ++this.#written;
      const connection = this.#connection;
      if (this.connected) {
        this.#world.delay(LATENCY, () => {
          if (connection !== this.#connection) return;
          this.#toServer(update);
          this.hear(connection, () => {
            this.#acknowledged = Math.max(this.#acknowledged, written);
            this.#tell();
          });
        });
      }
      this.#tell();
    });
  }

  #toServer(update: Uint8Array): void {
    Y.applyUpdate(this.#world.server, update);
    for (const other of this.#world.devices) {
      if (other !== this) other.hear(other.connection, () => other.take(update));
    }
  }

  #board(): LeaseBoard {
    const doc = this.#doc;
    const changes = this.#changes;
    const renewals = this.#renewals;
    const isLive = (): boolean => this.#isLive;
    const acknowledged = (): number => this.#acknowledged;
    return {
      ready: true,
      writable: true,
      get live() {
        return isLive();
      },
      get entry() {
        return readEntry(doc.getMap("leases").get("task"));
      },
      write: (entry) => {
        // What is refused is taken back again.
        if (!this.#world.refusal) doc.getMap("leases").set("task", { ...entry });
      },
      written: (signal) =>
        new Promise((resolve, reject) => {
          const wanted = this.#written;
          const look = (): void => {
            const { refusal } = this.#world;
            if (!refusal && acknowledged() < wanted) return;
            changes.delete(look);
            if (refusal) reject(refusal);
            else resolve();
          };
          changes.add(look);
          signal.addEventListener("abort", () => {
            changes.delete(look);
            reject(new Error("not waited for"));
          });
          look();
        }),
      renew: (fence) => {
        const connection = this.#connection;
        if (!this.#isLive) return;
        this.#world.delay(LATENCY, () => {
          if (connection !== this.#connection) return;
          for (const other of this.#world.devices) {
            if (other !== this) other.hear(other.connection, () => other.renewed(fence));
          }
        });
      },
      onChange: (listener) => {
        changes.add(listener);
        return () => changes.delete(listener);
      },
      onRenewed: (listener) => {
        renewals.add(listener);
        return () => renewals.delete(listener);
      },
    };
  }

  #setLive(live: boolean): void {
    if (this.#isLive === live) return;
    this.#isLive = live;
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#changes]) listener();
  }

  #delay(ms: number, run: () => void): () => void {
    const lease = this.#changes;
    let cancelled = false;
    const cancel = this.#world.delay(ms, () => {
      // Of a process that is gone.
      if (lease !== this.#changes) return;
      this.#whenAwake(() => {
        if (!cancelled) run();
      });
    });
    return () => {
      cancelled = true;
      cancel();
    };
  }

  /** Who sleeps does it when it wakes up. */
  #whenAwake(run: () => void): void {
    if (this.asleep) this.#missed.push(run);
    else run();
  }
}

/** What was resolved has been heard. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
