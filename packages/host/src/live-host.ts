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
import { Contributions } from "./contributions/contributions.ts";
import { feedDataChanged } from "./data-changed-feed.ts";
import { type Deadline, sharedDeadline, startDeadline } from "./deadline.ts";
import {
  dependencyError,
  dependentsOf,
  type Manifests,
  orderActivation,
} from "./dependency-order.ts";
import { createEventBus, type EventBus } from "./event-bus.ts";
import { neededFailed, neededInTrouble } from "./lack.ts";
import { createEventOutlet, type EventOutlet } from "./event-outlet.ts";
import { guarded, reportUncaught } from "./guarded.ts";
import { isRunning, type PluginState } from "./lifecycle.ts";
import { keepBudgets } from "./monitor/budget-keeper.ts";
import type { Monitor, PluginMonitor } from "./monitor/monitor.ts";
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
  RequestedGrant,
} from "./plugin-host.ts";
import { UNKNOWN_HINT } from "./plugin-error.ts";
import type { Deadlines } from "./plugin-runner.ts";
import { type RegisteredPlugin, registerPlugin } from "./registered-plugin.ts";
import type { SupervisorTools } from "./supervisor.ts";
import { createSupervisorTools, noteWrites } from "./supervisor-tools.ts";
import { type HostApis, HostServices } from "./services/host-services.ts";
import { CROFT_VERSION } from "./version.ts";
import { Waker } from "./waker.ts";
import { createHostViews, type LiveHostViews } from "./views/host-views.ts";

/** See {@link PluginHost}. */
export class LiveHost implements PluginHost {
  readonly events: HostEvents;
  readonly views: LiveHostViews;
  readonly monitor: PluginMonitor;
  readonly safeMode: boolean;
  readonly apis: HostApis;
  readonly #services: HostServices;
  readonly #requested = createEmitter<RequestedGrant>();
  readonly commands: PluginHost["commands"];
  readonly settings: PluginHost["settings"];
  readonly status: PluginHost["status"];
  readonly importers: PluginHost["importers"];
  readonly exporters: PluginHost["exporters"];
  readonly #contributions: Contributions;
  readonly #workspace: HostedWorkspace;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  readonly #onProblem: (problem: CroftError) => void;
  readonly #onLog: (entry: LogEntry) => void;
  readonly #bus: EventBus;
  readonly #outlet: EventOutlet;
  readonly #mailbox: Mailbox;
  readonly #supervision: SupervisorTools;
  readonly #monitor: Monitor;
  readonly #waker: Waker;
  readonly #stops: Unsubscribe[];
  readonly #plugins = new Map<string, RegisteredPlugin>();
  readonly #changes = createEmitter<readonly PluginStatus[]>();
  #list: readonly PluginStatus[] | undefined;
  #announcing = false;
  #disposing: Promise<void> | undefined;

  constructor({ workspace, clock = systemClock, ...options }: PluginHostOptions) {
    this.#workspace = workspace;
    this.#clock = clock;
    this.#deadlines = { ...DEADLINES, ...options.deadlines };
    this.#onProblem = guarded(
      options.onProblem ?? ((problem) => console.error(problem.message, problem)),
    );
    this.#onLog = guarded(options.onLog ?? logToConsole);
    this.#bus = createEventBus(clock);
    this.#bus.define(options.topics ?? {});
    const outlet = createEventOutlet({ events: workspace.events, bus: this.#bus, clock });
    this.#outlet = outlet;
    this.#mailbox = createMailbox({
      bus: this.#bus,
      user: workspace.user,
      admit: (event) => event,
      onThrown: reportUncaught,
    });
    this.#mailbox.open();
    this.safeMode = options.safeMode ?? false;
    const tools = createSupervisorTools(options, {
      clock,
      deadlines: this.#deadlines,
      onProblem: this.#onProblem,
      onGone: () => void this.dispose(),
    });
    this.#supervision = tools;
    this.#monitor = keepBudgets({
      clock,
      workspace: workspace.id,
      version: CROFT_VERSION,
      list: workspace.list?.bind(workspace),
      budgets: options.budgets,
      find: (id) => this.#plugins.get(id),
      deactivate: (id) => this.#deactivate(id),
      onProblem: this.#onProblem,
    });
    this.monitor = this.#monitor;
    this.#stops = [
      feedDataChanged(workspace, this.#bus),
      noteWrites(workspace, (id, what) => {
        const registered = this.#plugins.get(id);
        registered?.supervisor.noted(what);
        registered?.meter.changed();
      }),
      tools.stop,
    ];
    this.#waker = new Waker({
      plugins: this.#plugins,
      manifests: () => this.#manifests,
      get: (id) => this.#get(id),
      activate: (id) => this.activate(id),
      onChange: (listener) => this.#changes.on(listener),
      onProblem: this.#onProblem,
    });
    this.#services = new HostServices({
      ...options,
      clock,
      find: (id) => {
        this.#use();
        const found = this.#plugins.get(id);
        return found && { manifest: found.manifest, state: found.runner.state };
      },
      wake: (id, reason) => this.#bring(id, reason),
      onYes: (plugin, permissions) => {
        this.grant(plugin, permissions);
        this.#requested.emit({ plugin, permissions });
      },
      onProblem: this.#onProblem,
    });
    this.apis = this.#services.apis;
    this.#contributions = new Contributions({
      workspace,
      clock,
      safeMode: this.safeMode,
      wake: (id) => this.#call(id),
      onProblem: this.#onProblem,
    });
    this.commands = this.#contributions.commands;
    this.settings = this.#contributions.settings;
    this.status = this.#contributions.status;
    this.importers = this.#contributions.importers;
    this.exporters = this.#contributions.exporters;
    this.views = createHostViews({
      list: () => this.list(),
      onState: (listener) => this.onState(listener),
      wake: (id, reason) => this.wake(id, reason),
      source: (id, name) => this.#get(id).view(name),
      onProblem: this.#onProblem,
    });
    this.events = {
      publish: async (text, data, { scope = "device" } = {}) => {
        this.#use();
        const topic = parseTopic(text);
        if (isBuiltInTopic(topic)) {
          throw new CroftError("access/denied", `${topic} is published by croft alone.`, {
            hint: `Publish to a topic that starts with \`${APP_SUBTREE}/\`.`,
          });
        }
        outlet.publish(APP_SUBTREE, topic, data, scope);
      },
      subscribe: (text, listener) => {
        this.#use();
        return this.#mailbox.subscribe(parseTopic(text), listener as EventListener<unknown>);
      },
      get dropped() {
        return outlet.dropped;
      },
      onDropped: (listener) => outlet.onDropped(listener),
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
      services: this.#services,
      outlet: this.#outlet,
      contributions: this.#contributions,
      meter: this.#monitor.watch(manifest),
      clock: this.#clock,
      deadlines: this.#deadlines,
      wakeable: () => this.#waker.isWakeable(registered.runner.state),
      wake: () => void this.#waker.woken(registered),
      supervision: this.#supervision,
      restart: () => void this.#waker.startAlone(registered),
      endDependents: () => this.#endDependents(id),
      onState: (state) => {
        this.#waker.moved(id, state);
        this.#changed();
      },
      onProblem: this.#onProblem,
      onLog: (level, message, data) => this.#onLog({ plugin: id, level, message, data }),
    });
    this.#plugins.set(id, registered);
    this.#changed();
    this.#waker.registered();
  }

  async unregister(id: string): Promise<void> {
    const registered = this.#get(id);
    do await this.#deactivate(id);
    while (isRunning(registered.runner.state));
    // Somebody else may have been quicker.
    if (this.#plugins.get(id) !== registered) return;
    this.#plugins.delete(id);
    this.#waker.unregistered(id);
    registered.dispose();
    this.#monitor.unwatch(id);
    this.#changed();
  }

  async start(): Promise<void> {
    this.#use();
    if (this.safeMode) return;
    const started = this.#waker.start();
    // Whoever waits for the start sees it.
    this.#changed();
    await started;
  }

  async activate(id: string): Promise<void> {
    this.#get(id);
    const plan = orderActivation(id, this.#manifests);
    if (!plan.ok) throw dependencyError(id, plan.problem);
    for (const each of plan.order) {
      try {
        await this.#activateOne(each, id);
      } catch (cause) {
        if (each === id) throw cause;
        const state = this.#plugins.get(each)?.runner.state;
        const trouble = state && neededInTrouble(id, each, state);
        throw (
          trouble ?? neededFailed(id, each, "failed", toCroftError(cause, "plugin/failed", each))
        );
      }
    }
  }

  async deactivate(id: string): Promise<void> {
    this.#get(id);
    this.#waker.stays(id);
    await this.#deactivate(id);
  }

  /**
   * Activates a plugin for a reason, in words that continue "was woken by", unless a person has stopped it. Waits for
   * {@link PluginHost.start} and, while it or what it needs is to be started again after a crash, for that.
   *
   * @throws CroftError what `activate` throws; `plugin/failed` when it was deactivated, and in safe mode when nobody has
   *   activated it; `plugin/suspended`.
   */
  async wake(id: string, reason: string): Promise<void> {
    this.#refuseInSafeMode(id, ["registered"]);
    await this.#waker.wake(id, reason);
  }

  list(): readonly PluginStatus[] {
    this.#list ??= [...this.#plugins].map(([id, { manifest, runner, supervisor, granted }]) => ({
      id,
      manifest,
      state: runner.state,
      lack: isRunning(runner.state) ? undefined : this.#waker.lackOf(id)?.error,
      trouble: supervisor.trouble,
      granted,
    }));
    return this.#list;
  }

  onState(listener: (plugins: readonly PluginStatus[]) => void): Unsubscribe {
    return this.#changes.on(listener);
  }

  onRequestGranted(listener: (grant: RequestedGrant) => void): Unsubscribe {
    return this.#requested.on(listener);
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
    this.views.dispose();
    for (const stop of this.#stops) stop();
    this.#waker.stop();
    this.#monitor.stop();
    const deadline = startDeadline(this.#clock, this.#deadlines.deactivate);
    const shared = sharedDeadline(deadline);
    // Settled, whatever comes of one: the others end too, and so does what the host itself holds.
    const all = Promise.allSettled(
      [...this.#plugins.keys()].map((id) => this.#deactivate(id, shared)),
    );
    await Promise.race([all, deadline.passed]);
    deadline.cancel();
    if (deadline.over) {
      // All at once now, what is needed too.
      const runners = [...this.#plugins.values()].map(({ runner }) => runner);
      await Promise.allSettled(runners.map((runner) => runner.deactivate(shared)));
    }
    for (const end of await all) if (end.status === "rejected") reportUncaught(end.reason);
    for (const registered of this.#plugins.values()) registered.dispose();
    this.#plugins.clear();
    this.#contributions.dispose();
    this.#mailbox.dispose();
    this.#outlet.dispose();
    this.#bus.clear();
    this.#requested.clear();
    this.#list = undefined;
    // For the last time: whoever waits for a plugin hears that there is none any more.
    this.#changes.emit(this.list());
    this.#changes.clear();
  }

  /** Activates a plugin as `wake` does, for what runs already and calls it: the start is nothing to wait for. */
  async #bring(id: string, reason: string): Promise<void> {
    this.#refuseInSafeMode(id, ["registered"]);
    await this.#waker.bring(id, reason);
  }

  /** Activates a plugin since a person wants something of it: their wish, as an explicit activation is, but for safe mode. */
  async #call(id: string): Promise<void> {
    // A shortcut is easily pressed, and this plugin may be why the person is in safe mode.
    this.#refuseInSafeMode(id, ["registered", "deactivating", "inactive", "failed", "suspended"]);
    await this.activate(id);
  }

  /** Throws in safe mode when a plugin is in one of these states. */
  #refuseInSafeMode(id: string, states: readonly PluginState["name"][]): void {
    const { state } = this.#get(id).runner;
    if (this.safeMode && states.includes(state.name)) throw keptDown(id);
  }

  get #manifests(): Manifests {
    return new Map([...this.#plugins].map(([id, { manifest }]) => [id, manifest]));
  }

  /** Activates `id`, for `wanted` or what that needs. */
  async #activateOne(id: string, wanted: string): Promise<void> {
    const { runner, manifest } = this.#get(id);
    while (runner.state.name === "deactivating" || runner.state.name === "crashing") {
      await runner.ended();
    }
    this.#use();
    // To try that again is for a person to decide.
    if (id !== wanted && runner.state.name === "suspended") throw runner.state.error;
    // No await from here to `activate`: what is active now cannot go while this one comes.
    const lost = Object.keys(manifest.dependencies).find(
      (needed) => this.#plugins.get(needed)?.runner.state.name !== "active",
    );
    if (lost !== undefined) {
      const message = `${id} needs ${lost}, which was deactivated meanwhile.`;
      throw new CroftError("plugin/dependency", message, {
        plugin: id,
        hint: `Activate ${id} again if it is to run: ${lost} is started with it.`,
      });
    }
    await runner.activate();
  }

  async #deactivate(id: string, deadline?: Deadline): Promise<void> {
    // No await between the last look and `deactivate`: what starts in between would run without it.
    while (this.#runningDependents(id).length > 0) await this.#deactivateDependents(id, deadline);
    await this.#plugins.get(id)?.runner.deactivate(deadline);
  }

  async #deactivateDependents(id: string, deadline?: Deadline): Promise<void> {
    for (;;) {
      const dependents = this.#runningDependents(id);
      if (dependents.length === 0) return;
      await Promise.all(dependents.map((dependent) => this.#deactivate(dependent, deadline)));
    }
  }

  #runningDependents(id: string): readonly string[] {
    return dependentsOf(id, this.#manifests).filter((dependent) => this.#runs(dependent));
  }

  /** A plugin crashed: those that need it go before what it held, and come back with it. */
  async #endDependents(id: string): Promise<void> {
    for (const each of this.#plugins.keys()) this.#waker.ends(each, id);
    await this.#deactivateDependents(id);
  }

  #runs(id: string): boolean {
    const registered = this.#plugins.get(id);
    return registered !== undefined && isRunning(registered.runner.state);
  }

  #get(id: string): RegisteredPlugin {
    this.#use();
    const registered = this.#plugins.get(id);
    if (registered) return registered;
    throw new CroftError("plugin/unknown", `No plugin ${JSON.stringify(id)} is registered.`, {
      plugin: id,
      hint: UNKNOWN_HINT,
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

function keptDown(plugin: string): CroftError {
  return new CroftError("plugin/failed", `${plugin} is not started by itself in safe mode.`, {
    plugin,
    hint: "Activate it if it is to run.",
  });
}

function logToConsole({ plugin, level, message, data }: LogEntry): void {
  const line = `[${plugin}] ${message}`;
  if (data === undefined) console[level](line);
  else console[level](line, data);
}
