/**
 * The host at work: decides when each plugin runs, gives each what it was granted and nothing else,
 * and ends it. A plugin's only way to data is its own replica behind the workspace's gate.
 */

import {
  APP_SUBTREE,
  type Clock,
  createEmitter,
  CroftError,
  systemClock,
  toCroftError,
  type Unsubscribe,
} from "@croft/core";
import {
  type EventListener,
  fitsVersionRange,
  isBuiltInTopic,
  parseManifest,
  parseTopic,
  type Plugin,
} from "@croft/plugin";
import { feedDataChanged } from "./data-changed-feed.ts";
import {
  dependencyError,
  dependentsOf,
  type Manifests,
  orderActivation,
} from "./dependency-order.ts";
import { createEventBus, type EventBus } from "./event-bus.ts";
import { isRunning } from "./lifecycle.ts";
import { createMailbox, type Mailbox } from "./mailbox.ts";
import {
  addPermissions,
  NOTHING_GRANTED,
  type Permissions,
  removePermissions,
} from "./permissions.ts";
import type {
  HostedWorkspace,
  HostEvents,
  LogEntry,
  PluginHost,
  PluginHostOptions,
  PluginStatus,
} from "./plugin-host.ts";
import type { Deadlines } from "./plugin-runner.ts";
import { type RegisteredPlugin, registerPlugin } from "./registered-plugin.ts";
import { CROFT_VERSION } from "./version.ts";

/** See {@link PluginHost}. */
export class LiveHost implements PluginHost {
  readonly events: HostEvents;
  readonly #workspace: HostedWorkspace;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #onProblem: (problem: CroftError) => void;
  readonly #onLog: (entry: LogEntry) => void;
  readonly #bus: EventBus;
  readonly #mailbox: Mailbox;
  readonly #stopFeed: Unsubscribe;
  readonly #plugins = new Map<string, RegisteredPlugin>();
  /** Activated at start-up already, or explained why not since the last registration. */
  readonly #tried = new Set<string>();
  readonly #changes = createEmitter<readonly PluginStatus[]>();
  #list: readonly PluginStatus[] | undefined;
  #started = false;
  #announcing = false;
  #disposing: Promise<void> | undefined;

  constructor({ workspace, clock = systemClock, ...options }: PluginHostOptions) {
    this.#workspace = workspace;
    this.#clock = clock;
    this.#deadlines = { ...DEADLINES, ...options.deadlines };
    this.#onProblem = options.onProblem ?? ((problem) => console.error(problem.message, problem));
    this.#onLog = options.onLog ?? logToConsole;
    this.#bus = createEventBus(clock);
    this.#bus.define(options.topics ?? {});
    this.#mailbox = createMailbox({
      bus: this.#bus,
      admit: (event) => event,
      onThrown: reportUncaught,
    });
    this.#mailbox.open();
    this.#stopFeed = feedDataChanged(workspace, this.#bus);
    this.events = {
      publish: async (text, data) => {
        this.#use();
        const topic = parseTopic(text);
        if (isBuiltInTopic(topic)) {
          throw new CroftError("access/denied", `${topic} is published by croft alone.`);
        }
        this.#bus.publish(APP_SUBTREE, topic, data);
      },
      subscribe: (text, listener) => {
        this.#use();
        return this.#mailbox.subscribe(parseTopic(text), listener as EventListener<unknown>);
      },
    };
  }

  register(plugin: Plugin): void {
    this.#use();
    const manifest = parseManifest(plugin.manifest);
    const { id, engine } = manifest;
    if (this.#plugins.has(id)) {
      throw new CroftError("plugin/duplicate", `A plugin ${id} is registered already.`, {
        plugin: id,
        hint: "Unregister it first.",
      });
    }
    if (!fitsVersionRange(CROFT_VERSION, engine)) {
      throw new CroftError(
        "plugin/dependency",
        `${id} ${manifest.version} needs croft ${engine}, and this is ${CROFT_VERSION}.`,
        { plugin: id, hint: `Use another version of ${id}, or of croft.` },
      );
    }
    const registered = registerPlugin({
      plugin,
      manifest,
      workspace: this.#workspace,
      bus: this.#bus,
      clock: this.#clock,
      deadlines: this.#deadlines,
      wakeable: () => this.#started && registered.runner.state.name === "registered",
      wake: () => void this.#activateByItself(registered).finally(() => registered.forgetWake()),
      onState: () => this.#changed(),
      onProblem: this.#onProblem,
      onLog: (level, message, data) => this.#onLog({ plugin: id, level, message, data }),
    });
    this.#plugins.set(id, registered);
    this.#changed();
    this.#tried.clear();
    // What is registered in one go may come in any order.
    if (this.#started) queueMicrotask(() => void this.#startUp());
  }

  async unregister(id: string): Promise<void> {
    const registered = this.#get(id);
    do await this.#deactivate(id);
    while (isRunning(registered.runner.state));
    // Somebody else may have been quicker.
    if (this.#plugins.get(id) !== registered) return;
    this.#plugins.delete(id);
    registered.dispose();
    this.#changed();
  }

  async start(): Promise<void> {
    this.#use();
    this.#started = true;
    await this.#startUp();
  }

  async activate(id: string): Promise<void> {
    this.#get(id);
    const plan = orderActivation(id, this.#manifests);
    if (!plan.ok) throw dependencyError(id, plan.problem);
    for (const each of plan.order) {
      try {
        await this.#activateOne(each);
      } catch (cause) {
        if (each === id) throw cause;
        throw neededFailed(id, each, toCroftError(cause, "plugin/failed", each));
      }
    }
  }

  async deactivate(id: string): Promise<void> {
    this.#get(id);
    await this.#deactivate(id);
  }

  list(): readonly PluginStatus[] {
    this.#list ??= [...this.#plugins].map(([id, { manifest, runner, granted }]) => ({
      id,
      manifest,
      state: runner.state,
      granted,
    }));
    return this.#list;
  }

  onState(listener: (plugins: readonly PluginStatus[]) => void): Unsubscribe {
    return this.#changes.on(listener);
  }

  grant(id: string, permissions: Permissions): void {
    const registered = this.#get(id);
    const { granted, manifest } = registered;
    registered.setGranted(addPermissions(granted, permissions, manifest));
    this.#changed();
  }

  revoke(id: string, permissions?: Permissions): void {
    const registered = this.#get(id);
    const { granted } = registered;
    registered.setGranted(permissions ? removePermissions(granted, permissions) : NOTHING_GRANTED);
    this.#changed();
  }

  dispose(): Promise<void> {
    this.#disposing ??= this.#close();
    return this.#disposing;
  }

  async #close(): Promise<void> {
    this.#stopFeed();
    await Promise.all([...this.#plugins.keys()].map((id) => this.#deactivate(id)));
    for (const registered of this.#plugins.values()) registered.dispose();
    this.#plugins.clear();
    this.#mailbox.dispose();
    this.#bus.clear();
    this.#changes.clear();
    this.#list = undefined;
  }

  get #manifests(): Manifests {
    return new Map([...this.#plugins].map(([id, { manifest }]) => [id, manifest]));
  }

  async #activateOne(id: string): Promise<void> {
    const { runner, manifest } = this.#get(id);
    while (runner.state.name === "deactivating") await runner.deactivate();
    // No await from here to `activate`: what is active now cannot go while this one comes.
    const lost = Object.keys(manifest.dependencies).find(
      (needed) => this.#plugins.get(needed)?.runner.state.name !== "active",
    );
    if (lost !== undefined) {
      const message = `${id} needs ${lost}, which was deactivated meanwhile.`;
      throw new CroftError("plugin/dependency", message, { plugin: id });
    }
    await runner.activate();
  }

  async #deactivate(id: string): Promise<void> {
    for (;;) {
      const dependents = dependentsOf(id, this.#manifests).filter((dependent) =>
        this.#runs(dependent),
      );
      if (dependents.length === 0) break;
      await Promise.all(dependents.map((dependent) => this.#deactivate(dependent)));
    }
    await this.#plugins.get(id)?.runner.deactivate();
  }

  #runs(id: string): boolean {
    const registered = this.#plugins.get(id);
    return registered !== undefined && isRunning(registered.runner.state);
  }

  /** Activates what wants to run from the start and has not been tried since the last change. */
  async #startUp(): Promise<void> {
    const due = [...this.#plugins.values()].filter(
      ({ atStartup, runner }) => atStartup && runner.state.name === "registered",
    );
    await Promise.all(due.map((registered) => this.#activateByItself(registered)));
  }

  /** Activates without anybody having called for it: problems go to `onProblem`. */
  async #activateByItself({ manifest: { id }, runner }: RegisteredPlugin): Promise<void> {
    try {
      const failed = this.#failedDependency(id);
      if (failed) throw failed;
      await this.activate(id);
    } catch (error) {
      // The runner has told of the plugin's own failure; of a lack it is enough to hear once.
      if (this.#disposing || runner.state.name !== "registered" || this.#tried.has(id)) return;
      this.#tried.add(id);
      this.#onProblem(toCroftError(error, "plugin/failed", `${id} cannot be activated`));
    }
  }

  /** What failed is tried again by a person, not because something else was registered. */
  #failedDependency(id: string): CroftError | undefined {
    const plan = orderActivation(id, this.#manifests);
    if (!plan.ok) return undefined;
    for (const needed of plan.order) {
      const state = this.#plugins.get(needed)?.runner.state;
      if (needed !== id && state?.name === "failed") return neededFailed(id, needed, state.error);
    }
    return undefined;
  }

  #get(id: string): RegisteredPlugin {
    this.#use();
    const registered = this.#plugins.get(id);
    if (registered) return registered;
    throw new CroftError("plugin/unknown", `No plugin ${JSON.stringify(id)} is registered.`, {
      plugin: id,
    });
  }

  #use(): void {
    if (this.#disposing) throw new CroftError("disposed", "The plugin host was disposed.");
  }

  #changed(): void {
    this.#list = undefined;
    if (this.#announcing) return;
    this.#announcing = true;
    queueMicrotask(() => {
      this.#announcing = false;
      this.#changes.emit(this.list());
    });
  }
}

const DEADLINES: Deadlines = { activate: 30_000, deactivate: 5_000 };

function neededFailed(plugin: string, needed: string, cause: CroftError): CroftError {
  const message = `${plugin} needs ${needed}, which failed: ${cause.message}`;
  return new CroftError("plugin/dependency", message, { plugin, cause });
}

/** Reports what the application's own listeners throw, which nobody else can handle. */
function reportUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

function logToConsole({ plugin, level, message, data }: LogEntry): void {
  const line = `[${plugin}] ${message}`;
  if (data === undefined) console[level](line);
  else console[level](line, data);
}
