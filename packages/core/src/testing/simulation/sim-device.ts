/**
 * A device of a simulation: a disk, and tabs, one of which leads. A tab that follows reaches the
 * device's hub over a wire, as it does over a BroadcastChannel in a browser.
 */

import { createGate } from "../../access/gate.ts";
import { labelOf, parseStamp, type PluginLabel } from "../../access/stamp.ts";
import type { Channel } from "../../channel/channel.ts";
import { type Device, openDevice } from "../../device/device.ts";
import { principalOn } from "../../device/principal-on.ts";
import { parsePattern } from "../../doc-path.ts";
import { createEmitter } from "../../emitter.ts";
import { CroftError } from "../../errors.ts";
import type { DocumentHandle } from "../../replica/document-handle.ts";
import type { ClientIds } from "../../replica/client-ids.ts";
import { createReplica, type Replica } from "../../replica/replica.ts";
import { createMemoryDisk, type MemoryDisk } from "../../store/memory-store.ts";
import type { StoreBatch } from "../../store/store.ts";
import { pastFullDisk } from "../../workspace.ts";
import { grants } from "../rig.ts";
import { GateTap, showMessage } from "./gate-tap.ts";
import type { Typed } from "./ledger.ts";
import type { SimProcess } from "./sim-process.ts";
import { createDiskFaults, createSimStore } from "./sim-store.ts";
import { ENOUGH, LATE_PATH, PATHS_AT_START, PLUGIN, PLUGIN_PATHS } from "./profile.ts";
import type { World } from "./world.ts";

/** What the plugin is granted at first. */
export const PLUGIN_GRANTS = "notes/**:write";

/** What a device is made with. */
export interface SimDeviceOptions {
  readonly disk?: MemoryDisk;
  readonly follows?: boolean;
  readonly budget?: number;
}

interface Leader {
  readonly tab: SimTab;
  device: Device | undefined;
}

/** See the top of this file. */
export class SimDevice {
  readonly name: string;
  readonly user: string;
  readonly faults = createDiskFaults();
  readonly gate = createGate();
  /** Tells every tab that the device's problem or its link may be another one. */
  readonly changes = createEmitter<void>();
  disk: MemoryDisk;
  tabs: SimTab[] = [];
  /** Whether its person has chosen to be offline. */
  paused = false;
  /** Whether no token can be fetched. */
  signedOut = false;
  /** When each document was last edited here, by its path. */
  readonly editedAt: Map<string, number> = new Map();
  readonly #world: World;
  #leader: Leader | undefined;
  #pluginGrants = PLUGIN_GRANTS;
  readonly #ids = new Map<string, SimProcess>();

  /** Whether nobody opens anything here and everything is followed; else nothing is. */
  follows: boolean;
  /** About how many bytes of what is followed stay. */
  readonly budget: number;

  constructor(
    world: World,
    name: string,
    user: string,
    { disk = createMemoryDisk(), follows = false, budget = ENOUGH }: SimDeviceOptions = {},
  ) {
    this.#world = world;
    this.follows = follows;
    this.budget = budget;
    this.name = name;
    this.user = user;
    this.disk = disk;
    this.grantPlugin(PLUGIN_GRANTS);
  }

  /** As Web Locks: what a process held is free when it is dead. */
  idsFor(process: SimProcess): ClientIds {
    return {
      hold: async (path, client) => {
        const name = `${client} ${path}`;
        const holder = this.#ids.get(name);
        if (holder?.alive) return undefined;
        this.#ids.set(name, process);
        return () => void this.#ids.delete(name);
      },
    };
  }

  get leader(): SimTab | undefined {
    return this.#leader?.tab;
  }

  /** The device's hub, if there is one that runs. */
  get device(): Device | undefined {
    return this.#leader?.tab.process.runs ? this.#leader.device : undefined;
  }

  grantPlugin(texts: string): void {
    this.#pluginGrants = texts;
    this.gate.setPluginGrants(PLUGIN, grants(...texts.split(" ")));
  }

  /** Opens a tab; it leads if none does. */
  openTab(): SimTab {
    const tab = new SimTab(this.#world, this);
    this.tabs.push(tab);
    if (!this.#leader?.tab.process.alive) this.lead(tab);
    tab.start();
    return tab;
  }

  /** A tab opens the store, whoever else has it open. */
  lead(tab: SimTab): void {
    const world = this.#world;
    const { process } = tab;
    const leader: Leader = { tab, device: undefined };
    this.#leader = leader;
    tab.led = true;
    openDevice({
      workspace: "w",
      user: this.user,
      store: async () =>
        createSimStore(this.disk, this.faults, {
          process,
          dice: world.dice,
          onCommit: (batch) => this.#watch(batch),
        }),
      sync: this.syncOptions(process),
      gate: this.gate,
      keep: {
        follow: this.follows ? [parsePattern("**")] : [],
        budget: this.budget,
      },
      clock: process.clock,
      random: process.random,
      paused: () => this.paused,
    })
      .then((device) => {
        leader.device = device;
        device.onProblem(() => this.changes.emit());
        device.sync.onState(() => this.changes.emit());
        this.changes.emit();
      })
      .catch((error: unknown) => {
        world.note(`${this.name} cannot open its store: ${String(error)}`);
        process.later(1_000, () => {
          if (this.#leader === leader) this.lead(tab);
        });
      });
  }

  /** How processes of this device reach the server. */
  syncOptions(process: SimProcess) {
    return {
      url: "ws://simulated",
      connect: () => this.#world.server.connect(process, this.user, `${this.name} at the server`),
      token: () => {
        if (this.signedOut) throw new Error("nobody is signed in");
        const life = this.#world.profile.tokenLife;
        return `${this.user} ${life > 0 ? this.#world.server.process.clock.now() + life : ""}`;
      },
      backOff: { first: 200, max: 4_000 },
    };
  }

  /** A tab dies; if it led, another one takes over. */
  killTab(tab: SimTab): void {
    tab.die();
    this.tabs = this.tabs.filter((each) => each !== tab);
    if (this.#leader?.tab !== tab) return;
    this.#leader = undefined;
    const next = this.tabs.find(({ process, led }) => process.alive && !led);
    if (next) this.lead(next);
  }

  /** All tabs die at once. */
  crash(): void {
    for (const tab of this.tabs) tab.die();
    this.tabs = [];
    this.#leader = undefined;
  }

  /** A channel for a tab into the device's hub. */
  async connect(tab: SimTab, label: PluginLabel, signal: AbortSignal): Promise<Channel> {
    const leader = this.#leader;
    if (!leader?.device || !leader.tab.process.runs) {
      throw new CroftError("link/offline", "No tab leads.");
    }
    if (leader.tab === tab) return leader.device.connect(label, signal);
    const wire = this.#world.connect(tab.process, leader.tab.process);
    leader.device.serve(wire.far, principalOn(this.user, label));
    return wire.near;
  }

  #watch(batch: StoreBatch): void {
    this.#world.commits++;
    for (const { record, append = [], remove = [] } of batch.documents ?? []) {
      // What was accepted may be appended anew later, when what was before it is refused or renamed.
      if (remove.length > 0) continue;
      for (const { author, pending } of append) {
        if (!pending || parseStamp(author).plugin !== PLUGIN) continue;
        const principal = { user: this.user, plugin: PLUGIN, grants: [] };
        if (this.gate.check(principal, record.path).access === "write") continue;
        this.#world.fail(`[4] the plugin writes to ${record.path} (${this.#pluginGrants})`);
      }
    }
  }
}

/** A tab of a device, with the replicas of the application and of the plugin. */
export class SimTab {
  readonly process: SimProcess;
  readonly device: SimDevice;
  readonly handles: DocumentHandle[] = [];
  /** Whether it has led. */
  led = false;
  /** What was typed here and may be in this process alone. */
  readonly typed: Typed[] = [];
  readonly #world: World;
  readonly #replicas: { readonly plugin: boolean; readonly replica: Replica }[] = [];
  readonly #owners: Map<DocumentHandle, Replica> = new Map();

  constructor(world: World, device: SimDevice) {
    this.#world = world;
    this.device = device;
    this.process = world.newProcess();
  }

  /** Starts the replicas; the application opens what it does at its start, the plugin what it may be granted. */
  start(): void {
    if (this.device.follows) return;
    this.#join(undefined);
    if (this.#world.profile.plugin) this.#join(PLUGIN);
    for (const { replica, plugin } of this.#replicas) {
      for (const path of plugin ? PLUGIN_PATHS : PATHS_AT_START) this.#open(replica, path);
    }
    if (this.#world.healed) this.openLate();
  }

  /** The application opens one document more, if it has not; returns whether it did. */
  openLate(): boolean {
    const replica = this.#replicas.find(({ plugin }) => !plugin)?.replica;
    if (!replica || this.handles.some(({ path }) => path === LATE_PATH)) return false;
    this.#open(replica, LATE_PATH);
    return true;
  }

  /** Opens a document again, after its handle was closed. */
  reopen(index: number): void {
    const handle = this.handles[index];
    const replica = handle && this.#owners.get(handle);
    if (!replica) return;
    handle.close();
    this.#owners.delete(handle);
    this.#open(replica, handle.path, index);
  }

  #open(replica: Replica, path: string, index: number = this.handles.length): void {
    const handle = replica.open(path);
    this.handles[index] = handle;
    this.#owners.set(handle, replica);
  }

  die(): void {
    for (const typed of this.typed) typed.orphaned = true;
    this.#world.kill(this.process);
  }

  #join(plugin: string | undefined): void {
    const { device, process } = this;
    const sync = device.syncOptions(process);
    const replica = createReplica({
      connect: async (signal) => {
        const channel = await device.connect(this, labelOf(plugin, "1.0.0"), signal);
        const name = `${device.name}${plugin ? `/${plugin}` : ""} tab ${device.tabs.indexOf(this)}`;
        return this.#world.verbose ? overheard(channel, this.#world, name) : channel;
      },
      workspace: "w",
      clock: process.clock,
      random: process.random,
      backOff: { first: 20, max: 1_000 },
      compareEvery: 20_000,
      keepClosed: this.#world.profile.keepClosed,
      clientIds: device.idsFor(process),
      above: plugin === undefined ? pastFullDisk(deviceOf(device), sync, "w") : undefined,
    });
    replica.events.listen(() => undefined);
    this.#replicas.push({ plugin: plugin !== undefined, replica });
  }

  /** Publishes an event on the topic of that name. */
  say(path: string): void {
    this.#replicas.find(({ plugin }) => !plugin)?.replica.events.publish(path, null);
  }
}

/** What a replica asks of its device, whichever tab leads. */
function deviceOf(device: SimDevice): Parameters<typeof pastFullDisk>[0] {
  return {
    get sync() {
      const onState: Device["sync"]["onState"] = (run) =>
        device.changes.on(() => run(NO_SYNC.state));
      return { ...(device.device?.sync ?? NO_SYNC), onState };
    },
    get problem() {
      return device.device?.problem;
    },
    onProblem: (run) => device.changes.on(() => run(undefined)),
  };
}

const NO_SYNC: Device["sync"] = {
  state: { name: "connecting" },
  onState: () => () => undefined,
  pause: () => undefined,
  resume: () => undefined,
  retry: () => undefined,
};

/** The channel, with all that passes told to the log. */
function overheard(channel: Channel, world: World, name: string): Channel {
  const tap = new GateTap(
    () => undefined,
    (way, message) => world.note(`        ${name} ${way} ${showMessage(message)}`),
  );
  return {
    ...channel,
    get buffered() {
      return channel.buffered;
    },
    get closed() {
      return channel.closed;
    },
    send(frame) {
      tap.up(frame);
      channel.send(frame);
    },
    onFrame: (listener) =>
      channel.onFrame((frame) => {
        tap.down(frame);
        listener(frame);
      }),
  };
}
