/**
 * A team to test with: a server and any number of devices in one process, all of it croft's real code over
 * stores in memory and connections in memory.
 */

import {
  type Access,
  CloseCode,
  createGate,
  createHub,
  createMemoryChannelPair,
  createMemoryDisk,
  createMemoryStore,
  CroftError,
  type DocPath,
  type Grant,
  type GrantGate,
  type Hub,
  type MemoryDisk,
  openWorkspace,
  parsePattern,
  type PeerService,
  type Principal,
  servePeer,
  type Workspace,
} from "@croft/core";
import { createPluginHost, type LogEntry, type PluginHost } from "@croft/host";
import type { Plugin } from "@croft/plugin";
import { waitUntilEqual } from "./converge.ts";
import { createTestClock } from "./test-clock.ts";
import { openTestView, type TestView, type TestViewOptions } from "./view/test-view.ts";

/** Options of {@link TestTeam.device}. */
export interface TestDeviceOptions {
  /** Plugins that are registered and started on it. */
  readonly plugins?: readonly Plugin[] | undefined;
  /** Whether the person has granted them all that they ask for. Default true. */
  readonly granted?: boolean | undefined;
  /** Whether it begins without a network. Default false. */
  readonly offline?: boolean | undefined;
}

/** A device of a person. */
export interface TestDevice {
  readonly user: string;
  /** Its workspace; another one after {@link TestDevice.restart}. */
  readonly workspace: Workspace;
  /** The host of its plugins; another one after {@link TestDevice.restart}. */
  readonly host: PluginHost;
  /** What went wrong in its plugins since it was opened. */
  readonly problems: readonly CroftError[];
  /** What its plugins logged since it was opened. */
  readonly logged: readonly LogEntry[];
  /**
   * Shows a view of its plugins, without a browser: what the page would build is found by what people read, and acted on.
   * Resolves when something is to be seen; is gone with the device. Nothing is drawn: a `Canvas` is never handed over.
   *
   * @throws CroftError `plugin/unknown` for no view, `plugin/unavailable` when its plugin is not active, `plugin/view` when it describes
   *   what the page would refuse.
   * @example
   * ```ts
   * const view = await device.view("kanban/board");
   * await view.type("New task", "Milk\n");
   * await view.shows("Milk");
   * ```
   */
  view(name: string, options?: TestViewOptions): Promise<TestView>;
  /** The network is gone: what is on its way is lost, and nothing is reached. */
  goOffline(): void;
  /** The network is back. */
  goOnline(): void;
  /** The application is closed, and opened again with what is on the device's disk. */
  restart(): Promise<void>;
}

/** See {@link createTestTeam}. */
export interface TestTeam {
  /** A new device of a person, with an empty disk. */
  device(user: string, options?: TestDeviceOptions): Promise<TestDevice>;
  /**
   * What a person may do at the server from now on, as patterns with access, the longest pattern
   * that fits counts: `limit("ben", { "notes/**": "read" })`. Without a second argument: everything, as at first.
   */
  limit(user: string, access?: Readonly<Record<string, Access>>): void;
  /**
   * Puts croft's clock forward, for retention, tokens and retries. Plugins' own timers are the platform's: fake
   * those with your test runner.
   */
  advance(ms: number): void;
  /**
   * Resolves when all devices that are online know what their people may do, have nothing left to send, and show the
   * same of every document that their people may read.
   *
   * @throws Error that names the document and what each shows, when that does not come about in `within`
   *   milliseconds (default 5,000).
   */
  converge(options?: { readonly within?: number }): Promise<void>;
  /** Ends all devices and the server. */
  dispose(): Promise<void>;
}

const EVERYTHING = grantsOf({ "**": "write" });

/**
 * Creates a team: a server whose people may do everything until {@link TestTeam.limit}.
 *
 * @example
 * ```ts
 * const team = await createTestTeam();
 * const ada = await team.device("ada", { plugins: [statsPlugin] });
 * const ben = await team.device("ben", { plugins: [statsPlugin], offline: true });
 * // … both edit …
 * ben.goOnline();
 * await team.converge();
 * await team.dispose();
 * ```
 */
export async function createTestTeam(): Promise<TestTeam> {
  const clock = createTestClock();
  const gate = createGate();
  const hub = await createHub({ store: createMemoryStore(createMemoryDisk()), gate, clock });
  const devices: MemoryDevice[] = [];
  return {
    async device(user, options = {}) {
      const device = new MemoryDevice(user, { hub, gate, clock, ...options });
      devices.push(device);
      await device.open();
      return device;
    },
    limit(user, access) {
      gate.limitUser(user, access && grantsOf(access));
    },
    advance: (ms) => clock.advance(ms),
    async converge({ within = 5_000 } = {}) {
      const online = devices.filter((device) => device.isOnline);
      await waitUntilEqual(online, within);
    },
    async dispose() {
      await Promise.all(devices.splice(0).map((device) => device.close()));
      await hub.dispose();
    },
  };
}

interface MemoryDeviceOptions extends TestDeviceOptions {
  readonly hub: Hub;
  readonly gate: GrantGate;
  readonly clock: ReturnType<typeof createTestClock>;
}

interface OpenedDevice {
  readonly workspace: Workspace;
  readonly host: PluginHost;
}

class MemoryDevice implements TestDevice {
  readonly user: string;
  readonly problems: CroftError[] = [];
  readonly logged: LogEntry[] = [];
  isOnline: boolean;
  readonly #options: MemoryDeviceOptions;
  readonly #principal: Principal;
  readonly #disk: MemoryDisk = createMemoryDisk();
  readonly #sessions = new Set<PeerService>();
  #opened: OpenedDevice | undefined;

  constructor(user: string, options: MemoryDeviceOptions) {
    this.user = user;
    this.#principal = { user, grants: EVERYTHING };
    this.#options = options;
    this.isOnline = options.offline !== true;
  }

  accessAbove(path: DocPath): Access {
    return this.#options.gate.check(this.#principal, path).access;
  }

  get workspace(): Workspace {
    return this.#use().workspace;
  }

  get host(): PluginHost {
    return this.#use().host;
  }

  async open(): Promise<void> {
    const { hub, clock, plugins = [], granted = true } = this.#options;
    const workspace = await openWorkspace({
      id: "test",
      user: this.user,
      clock,
      store: async () => createMemoryStore(this.#disk),
      sync: {
        url: "ws://in-memory.invalid",
        // Nobody wants to wait in a test.
        backOff: { first: 5, max: 50 },
        connect: async () => {
          if (!this.isOnline) throw new CroftError("link/offline", `${this.user} is offline.`);
          const [near, far] = createMemoryChannelPair();
          const session = servePeer(far, async () => ({
            hub,
            principal: this.#principal,
          }));
          this.#sessions.add(session);
          void session.done.then(() => this.#sessions.delete(session));
          return near;
        },
      },
    });
    const host = createPluginHost({
      workspace,
      clock,
      onProblem: (problem) => this.problems.push(problem),
      onLog: (entry) => this.logged.push(entry),
    });
    this.#opened = { workspace, host };
    for (const plugin of plugins) {
      host.register(plugin);
      if (granted) host.grant(plugin.manifest.id, plugin.manifest.permissions);
    }
    await host.start();
  }

  view(name: string, options?: TestViewOptions): Promise<TestView> {
    return openTestView(this.host.views, name, options);
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.host.dispose();
    await opened?.workspace.dispose();
  }

  async restart(): Promise<void> {
    await this.close();
    await this.open();
  }

  goOffline(): void {
    this.isOnline = false;
    for (const session of this.#sessions) session.dispose(CloseCode.lost, "the network is gone");
  }

  goOnline(): void {
    this.isOnline = true;
  }

  #use(): OpenedDevice {
    if (this.#opened) return this.#opened;
    throw new CroftError("disposed", `The test device of ${this.user} is closed.`);
  }
}

function grantsOf(access: Readonly<Record<string, Access>>): readonly Grant[] {
  return Object.entries(access).map(([pattern, allowed]) => ({
    pattern: parsePattern(pattern),
    access: allowed,
  }));
}
