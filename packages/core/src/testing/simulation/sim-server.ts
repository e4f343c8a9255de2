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
import { isForged } from "./mallory.ts";
import { GateTap, showMessage } from "./gate-tap.ts";
import type { SimProcess } from "./sim-process.ts";
import { createDiskFaults, createSimStore } from "./sim-store.ts";
import type { World } from "./world.ts";

const EVERYTHING: readonly Grant[] = [{ pattern: parsePattern("**"), access: "write" }];

/** See the top of this file. */
export class SimServer {
  readonly faults = createDiskFaults();
  disk: MemoryDisk = createMemoryDisk();
  /** Copies of the disk that the operator made. */
  readonly backups: MemoryDisk[] = [];
  process: SimProcess;
  hub: Hub | undefined;
  /** Whether a backup was put back: from then on the operator's recovery is open after a restart. */
  restored = false;
  #gate: GrantGate = createGate();
  readonly #world: World;
  readonly #limits = new Map<string, readonly Grant[]>();

  constructor(world: World) {
    this.#world = world;
    this.process = world.newProcess();
  }

  /** Starts a process over the disk. */
  start(options: { readonly recovering?: boolean } = {}): void {
    this.stop();
    const world = this.#world;
    const process = world.newProcess();
    this.process = process;
    const gate = createGate();
    for (const [user, grants] of this.#limits) gate.limitUser(user, grants);
    this.#gate = gate;
    const store = createSimStore(this.disk, this.faults, {
      process,
      dice: world.dice,
      onCommit: (batch) => this.#watch(batch),
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
    })
      .then((hub) => {
        if (process === this.process && process.alive) this.hub = hub;
      })
      .catch((error: unknown) => {
        // The operator starts it again.
        if (process.alive) process.later(1_000, () => this.start(options));
        world.note(`the server does not start: ${String(error)}`);
      });
  }

  /** The process dies. */
  stop(): void {
    this.hub = undefined;
    this.#world.kill(this.process);
  }

  backUp(): void {
    this.backups.push(copyDisk(this.disk));
  }

  /** What a user may do at most; nothing lifts the limit. */
  limit(user: string, grants: readonly Grant[] | undefined): void {
    if (grants) this.#limits.set(user, grants);
    else this.#limits.delete(user);
    this.#gate.limitUser(user, grants);
  }

  /** Whether a user may do this now, by what the operator says. */
  allows(user: string, path: string, access: "read" | "write"): boolean {
    const verdict = evaluate({ user, grants: this.#limits.get(user) ?? EVERYTHING }, path as never);
    return verdict.access === "write" || verdict.access === access;
  }

  /** A process connects as a user. */
  async connect(near: SimProcess, user: string, name = user): Promise<Channel> {
    const { hub, process } = this;
    if (!hub || !process.runs) throw new CroftError("link/offline", "The server is away.");
    const tap = new GateTap(
      (path) => {
        if (this.process !== process || this.allows(user, path, "read")) return;
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
    for (const { record, append = [], clear } of batch.documents ?? []) {
      if (clear) this.#world.documentDeleted(record.path);
      for (const { author } of append) {
        const [user = ""] = author.split("/");
        if (author.endsWith("(recovered)") || this.allows(user, record.path, "write")) continue;
        this.#world.fail(`[4] ${author} writes to ${record.path} without access`);
      }
    }
  }
}
