/** The server of a simulation: one process after the other over a disk, and what the gate of each lets through. */

import { evaluate, type Grant, type Principal } from "../../access/access.ts";
import { createGate, type GrantGate } from "../../access/gate.ts";
import type { Channel } from "../../channel/channel.ts";
import { parsePattern } from "../../doc-path.ts";
import { CroftError } from "../../errors.ts";
import { createHub, type Hub } from "../../hub/hub.ts";
import { servePeer } from "../../hub/hub-session.ts";
import { CloseCode } from "../../protocol/close-code.ts";
import { createMemoryDisk, type MemoryDisk } from "../../store/memory-store.ts";
import type { StoreBatch } from "../../store/store.ts";
import { copyDisk } from "../rig.ts";
import { MemoryBus } from "../shared-memory-store.ts";
import { isForged } from "./mallory.ts";
import { GateTap, showMessage } from "./gate-tap.ts";
import type { SimProcess } from "./sim-process.ts";
import { createDiskFaults, createSimStore, type SimBus } from "./sim-store.ts";
import type { World } from "./world.ts";

const EVERYTHING: readonly Grant[] = [{ pattern: parsePattern("**"), access: "write" }];

/** One process of the server. */
interface Node {
  process: SimProcess;
  hub: Hub | undefined;
  gate: GrantGate;
}

/** Limits of users as of a moment. */
interface Limits {
  readonly users: ReadonlyMap<string, readonly Grant[]>;
  /** Where the server is several processes: the version of the facts with which they came. */
  readonly facts: number;
  readonly at: number;
}

/** The name under which the disk keeps the limits of users, where the server is several processes. */
const LIMITS = "limits";
/** How long a process may go on telling what is not kept after rights were taken away that it has not heard of, in milliseconds. */
const LAG = 60_000;

/** See the top of this file. */
export class SimServer {
  readonly faults = createDiskFaults();
  disk: MemoryDisk = createMemoryDisk();
  /** Copies of the disk that the operator made. */
  readonly backups: MemoryDisk[] = [];
  /** Whether a backup was put back: from then on the operator's recovery is open after a restart. */
  restored = false;
  readonly #world: World;
  readonly #nodes: Node[];
  readonly #bus: SimBus | undefined;
  /** The newest last. */
  #limits: readonly Limits[] = [{ users: new Map(), facts: 0, at: 0 }];
  /** Under which version of the facts entries were committed, by tag. */
  readonly #committed = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
    const { nodes, lostHints } = world.profile;
    this.#nodes = Array.from({ length: nodes }, () => ({
      process: world.newProcess(),
      hub: undefined,
      gate: createGate(),
    }));
    this.#bus = nodes > 1 ? { bus: new MemoryBus(), lost: lostHints } : undefined;
  }

  /** A process of it that runs, if one does: another one from time to time. */
  get #running(): Node | undefined {
    const all = this.#nodes.filter(({ hub, process }) => hub && process.runs);
    return all[this.#world.time.now % Math.max(1, all.length)];
  }

  get process(): SimProcess {
    const { process } = this.#running ?? this.#nodes[0] ?? {};
    if (!process) throw new Error("a server is one process at least");
    return process;
  }

  get hub(): Hub | undefined {
    return this.#running?.hub;
  }

  /** Starts all processes over the disk. */
  start(options: { readonly recovering?: boolean } = {}): void {
    this.stop();
    this.#keepLimits();
    for (const node of this.#nodes) this.#startNode(node, options);
  }

  /** One of several processes dies and starts again; or the only one. */
  restartOne(number: number, options: { readonly recovering?: boolean }): void {
    const node = this.#nodes[number % this.#nodes.length];
    if (!node) return;
    node.hub = undefined;
    this.#world.kill(node.process);
    this.#startNode(node, options);
  }

  #startNode(node: Node, options: { readonly recovering?: boolean }): void {
    const world = this.#world;
    const process = world.newProcess();
    node.process = process;
    const gate = createGate();
    node.gate = gate;
    const known = new Set<string>();
    const limit = (): void => {
      const users = this.#bus ? readLimits(this.disk) : this.#newest.users;
      for (const user of known) if (!users.has(user)) gate.limitUser(user, undefined);
      for (const [user, grants] of users) {
        known.add(user);
        gate.limitUser(user, grants);
      }
    };
    const store = createSimStore(this.disk, this.faults, {
      process,
      dice: world.dice,
      onCommit: (batch) => this.#watch(batch),
      onApplied: (batch, { stale }) => {
        if (this.#bus) this.#check(batch, stale);
      },
      shared: this.#bus,
    });
    const { maxUpdateBytes } = world.profile;
    const { recovering = false } = options;
    createHub({
      store,
      gate,
      recovering,
      maxUpdateBytes,
      clock: process.clock,
      random: process.random,
      onFacts: async () => limit(),
    })
      .then((hub) => {
        if (process === node.process && process.alive) node.hub = hub;
      })
      .catch((error: unknown) => {
        // The operator starts it again.
        if (process.alive) process.later(1_000, () => this.#startNode(node, options));
        world.note(`the server does not start: ${String(error)}`);
      });
  }

  /** All processes die. */
  stop(): void {
    for (const node of this.#nodes) {
      node.hub = undefined;
      this.#world.kill(node.process);
    }
  }

  backUp(): void {
    this.backups.push(copyDisk(this.disk));
  }

  get #newest(): Limits {
    return this.#limits.at(-1) ?? { users: new Map(), facts: 0, at: 0 };
  }

  /** What a user may do at most; nothing lifts the limit. */
  limit(user: string, grants: readonly Grant[] | undefined): void {
    const users = new Map(this.#newest.users);
    if (grants) users.set(user, grants);
    else users.delete(user);
    this.#limits = [...this.#limits, { users, facts: 0, at: this.#world.time.now }];
    if (this.#bus) this.#keepLimits();
    else for (const { gate } of this.#nodes) gate.limitUser(user, grants);
  }

  /** Where the server is several processes, yet another one changes what they all must know; none of them is told. */
  #keepLimits(): void {
    if (!this.#bus) return;
    const { users, facts, at } = this.#newest;
    const text = JSON.stringify([...users]);
    if (this.disk.meta.get(LIMITS) === text) return;
    this.disk.meta.set(LIMITS, text);
    // A restored disk has a former version, and may not come to one that was another.
    this.disk.shared.facts = Math.max(this.disk.shared.facts, facts, this.#facts) + 1;
    this.#facts = this.disk.shared.facts;
    this.#limits = [...this.#limits.slice(0, -1), { users, facts: this.#facts, at }];
  }
  #facts = 0;

  /** Whether a user may do this now, by what the operator says. */
  allows(user: string, path: string, access: "read" | "write"): boolean {
    return allowedBy(this.#newest, user, path, access);
  }

  /** Since when a user may not read a document, if it may not. */
  #hiddenSince(user: string, path: string): Limits | undefined {
    const readable = this.#limits.findLastIndex((each) => allowedBy(each, user, path, "read"));
    return this.#limits[readable + 1];
  }

  /** Whether a user may be sent of a document; `tags` are those of the entries. */
  #maySend(user: string, path: string, tags: readonly string[] | undefined): boolean {
    const hidden = this.#hiddenSince(user, path);
    if (!hidden) return true;
    if (!this.#bus) return false;
    // What was read before rights were taken away may still be on its way; what was committed since may not.
    if (tags) return tags.every((tag) => (this.#committed.get(tag) ?? 0) < hidden.facts);
    return this.#world.time.now < hidden.at + LAG;
  }

  /** A process connects as a user. */
  async connect(near: SimProcess, user: string, name = user): Promise<Channel> {
    const running = this.#nodes.filter((each) => each.hub && each.process.runs);
    const node = running[running.length > 1 ? (near.random(1)[0] ?? 0) % running.length : 0];
    const { hub, process } = node ?? {};
    if (!node || !hub || !process) throw new CroftError("link/offline", "The server is away.");
    const tap = new GateTap(
      (path, tags) => {
        if (node.process !== process || this.#maySend(user, path, tags)) return;
        this.#world.fail(`[4] ${user} is sent of ${path}, which it may not read`);
      },
      (way, message) => {
        const { type } = message;
        if (way === "▼" && type === "event" && isForged(message)) {
          this.#world.fail(`[4] ${user} hears mallory as ${message.author}`);
        }
        if (type === "denied" || type === "later") this.#world.count(`${type}: ${message.code}`);
        else if (type === "opened") this.#world.count(`opened: ${message.answer}`);
        else if (type !== "ping" && type !== "pong") this.#world.count(type);
        if (this.#world.verbose) this.#world.note(`    ${name} ${way} ${showMessage(message)}`);
      },
    );
    const wire = this.#world.connect(near, process, tap);
    servePeer(
      wire.far,
      async ({ token }) => {
        const [name = "", expiry = ""] = token.split(" ");
        const expiresAt = expiry === "" ? undefined : Number(expiry);
        if (expiresAt !== undefined && expiresAt <= process.clock.now()) {
          return { code: CloseCode.unauthorized, reason: "the token expired" };
        }
        const principal: Principal = { user: name, grants: EVERYTHING };
        return { hub, principal, expiresAt };
      },
      { heartbeat: 30_000, clock: process.clock },
    );
    return wire.near;
  }

  #watch(batch: StoreBatch): void {
    this.#world.commits++;
    for (const { record, clear } of batch.documents ?? []) {
      if (clear) this.#world.documentDeleted(record.path);
    }
    // Of several processes only what holds when it is stored.
    if (!this.#bus) this.#check(batch, []);
  }

  #check(batch: StoreBatch, stale: readonly string[]): void {
    for (const { record, append = [] } of batch.documents ?? []) {
      if (stale.includes(record.path)) continue;
      for (const { author, tag } of append) {
        this.#committed.set(tag, this.disk.shared.facts);
        const [user = ""] = author.split("/");
        if (author.endsWith("(recovered)") || this.allows(user, record.path, "write")) continue;
        this.#world.fail(`[4] ${author} writes to ${record.path} without access`);
      }
    }
  }
}

function allowedBy(
  { users }: Limits,
  user: string,
  path: string,
  access: "read" | "write",
): boolean {
  const verdict = evaluate({ user, grants: users.get(user) ?? EVERYTHING }, path as never);
  return verdict.access === "write" || verdict.access === access;
}

function readLimits(disk: MemoryDisk): ReadonlyMap<string, readonly Grant[]> {
  return new Map(
    JSON.parse(disk.meta.get(LIMITS) ?? "[]") as readonly (readonly [string, readonly Grant[]])[],
  );
}
