/** A world of one server and some devices on virtual time, and what was seen to go wrong in it. */

import { createDice, type Dice } from "../random-edits.ts";
import { isOnDisk, Ledger } from "./ledger.ts";
import type { Profile } from "./profile.ts";
import { SimDevice, type SimDeviceOptions } from "./sim-device.ts";
import { SimProcess } from "./sim-process.ts";
import { SimServer } from "./sim-server.ts";
import { createSimWire, type SimWire, type WireTap } from "./sim-wire.ts";
import { VirtualTime } from "./virtual-time.ts";

/** See the top of this file. */
export class World {
  readonly time = new VirtualTime();
  readonly dice: Dice;
  readonly profile: Profile;
  readonly ledger = new Ledger();
  readonly server: SimServer;
  readonly devices: SimDevice[] = [];
  /** What happened, for people. */
  readonly log: string[] = [];
  /** Whether the log tells of every message of the server. */
  verbose = false;
  readonly counts = new Map<string, number>();
  /** What must not be. */
  readonly failures: string[] = [];
  /** Whether something happened after which one edit may be refused here and accepted there. */
  get blurred(): boolean {
    const copied = this.devices.some(({ name }) => name.endsWith("'"));
    // Where authors share ids, an edit may have arrived under one that its author gives up.
    return copied || this.restores > 0 || this.profile.clientIds > 0;
  }
  /** Whether faults are over. */
  healed = false;
  /** How often the server was restored from a backup. */
  restores = 0;
  /** A peer that sends what honest code never would, if there is one. */
  mallory: { act(a: number, b: number): void; leave(): void } | undefined;
  /** When somebody last asked for a subtree to be deleted, by the paths in it; infinite for what was also deleted by itself. */
  readonly deletedAt = new Map<string, number>();
  /** Commits of all stores. */
  commits = 0;
  readonly #wires = new Set<{ readonly wire: SimWire; readonly ends: readonly SimProcess[] }>();
  #processes = 0;
  readonly #seed: number;

  constructor(seed: number, profile: Profile) {
    this.#seed = seed;
    this.profile = profile;
    this.dice = createDice(seed ^ 0x5bd1e995);
    this.server = new SimServer(this);
  }

  /** Counts what came about, to show what a run has seen. */
  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  note(what: string): void {
    this.log.push(`${String(this.time.now - 1_800_000_000_000).padStart(7)}  ${what}`);
  }

  fail(what: string): void {
    this.note(`FAILURE ${what}`);
    this.failures.push(what);
  }

  newProcess(): SimProcess {
    // Of its own dice: that a step is left out must not change what all others draw.
    const dice = createDice(Math.imul(this.#seed, 31) + ++this.#processes);
    const { skew, clientIds } = this.profile;
    return new SimProcess({
      time: this.time,
      dice,
      offset: skew > 0 ? dice(2 * skew) - skew : 0,
      rate: skew > 0 ? 0.95 + dice(100) / 1000 : 1,
      clientIds,
    });
  }

  connect(near: SimProcess, far: SimProcess, tap?: WireTap): SimWire {
    const { time, dice } = this;
    // Processes of one device are near to each other.
    const delay = tap ? this.profile.delay : 1;
    const wire = createSimWire({ time, dice, delay, near, far, tap });
    for (const each of this.#wires) if (each.wire.closed) this.#wires.delete(each);
    this.#wires.add({ wire, ends: [near, far] });
    return wire;
  }

  /** The wires of a process that are not closed. */
  wiresOf(process: SimProcess): readonly SimWire[] {
    const all = [...this.#wires].filter(({ ends }) => ends.includes(process));
    return all.map(({ wire }) => wire).filter(({ closed }) => !closed);
  }

  get wires(): readonly SimWire[] {
    return [...this.#wires].map(({ wire }) => wire).filter(({ closed }) => !closed);
  }

  kill(process: SimProcess): void {
    for (const wire of this.wiresOf(process)) wire.cut();
    process.kill();
  }

  addDevice(name: string, user: string, options: SimDeviceOptions = {}): SimDevice {
    const device = new SimDevice(this, name, user, options);
    this.devices.push(device);
    return device;
  }

  /** A deletion is about to be committed at the server. */
  documentDeleted(path: string): void {
    for (const typed of this.ledger.typed.values()) {
      if (typed.path !== path) continue;
      // A restored server knows no more of what it had told to be saved.
      const known = typed.level === "server" || isOnDisk(this.server.disk, path, typed.value);
      if (known || this.restores > 0) typed.deleted = true;
    }
  }
}
