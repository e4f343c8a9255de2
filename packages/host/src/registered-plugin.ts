/** One plugin that a host knows, from its registration until it is unregistered. */

import { type Clock, CroftError, type ReplicaUsage, type Unsubscribe } from "@croft/core";
import {
  DATA_CHANGED,
  type DataChanged,
  parseActivation,
  type Plugin,
  type PluginManifest,
  type Topic,
  type ViewSource,
} from "@croft/plugin";
import {
  type Activation,
  type ActivationReplica,
  createActivation,
  type EventGrant,
  type LogLevel,
} from "@croft/plugin/remote";
import type { Contributions } from "./contributions/contributions.ts";
import { admitDataChanged } from "./data-changed-feed.ts";
import type { BusEvent, EventBus } from "./event-bus.ts";
import type { EventOutlet } from "./event-outlet.ts";
import type { PluginState } from "./lifecycle.ts";
import type { PluginMeter } from "./monitor/meter.ts";
import { measureBy } from "./monitor/meter-of.ts";
import { createMailbox } from "./mailbox.ts";
import { type GrantedPermissions, mayUseTopic, NOTHING_GRANTED } from "./permissions.ts";
import { eventsDropped, pluginThrew } from "./plugin-error.ts";
import type { HostedWorkspace } from "./plugin-host.ts";
import { createTaskDesk } from "./tasks/task-desk.ts";
import { createPluginRunner, type Deadlines, type PluginRunner } from "./plugin-runner.ts";
import { createSupervisor, type Supervisor, type SupervisorTools } from "./supervisor.ts";
import { wakeForDocuments } from "./document-wishes.ts";
import type { HostServices } from "./services/host-services.ts";

/** Options of {@link registerPlugin}. */
export interface RegistrationOptions {
  readonly plugin: Plugin;
  /** The checked manifest of `plugin`. */
  readonly manifest: PluginManifest;
  readonly workspace: HostedWorkspace;
  readonly bus: EventBus;
  readonly services: HostServices;
  readonly outlet: EventOutlet;
  readonly contributions: Contributions;
  readonly meter: PluginMeter;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** Whether events may wake it now. */
  readonly wakeable: () => boolean;
  readonly wake: () => void;
  readonly supervision: SupervisorTools;
  /** It crashed a while ago, and is to be started again. */
  readonly restart: () => void;
  /** See {@link PluginRunnerOptions.endDependents}. */
  readonly endDependents: () => Promise<void>;
  readonly onState: (state: PluginState) => void;
  readonly onProblem: (problem: CroftError) => void;
  readonly onLog: (level: LogLevel, message: string, data: unknown) => void;
}

/** See the top of this file. */
export interface RegisteredPlugin {
  readonly manifest: PluginManifest;
  readonly runner: PluginRunner;
  readonly meter: PluginMeter;
  readonly supervisor: Pick<Supervisor, "trouble" | "isSuspect" | "noted">;
  readonly granted: GrantedPermissions;
  /** Of the replica of a plugin that runs beside the host. */
  readonly usage: ReplicaUsage | undefined;
  /** Whether it is to be activated when the host starts. */
  readonly atStartup: boolean;
  /** Resolves with a view of it, once it is defined. Rejects when the plugin is not active, or ends before. */
  view(name: string): Promise<ViewSource>;
  /** Sets what is granted, at once. */
  setGranted(granted: GrantedPermissions): void;
  /** Wakes it if a document that it waits for is open. */
  lookAtDocuments(): void;
  /** What came in before an activation that did not come about is dropped. */
  forgetWake(): void;
  /** Takes grants, topics and mailbox away. The plugin must not be running. */
  dispose(): void;
}

/** Sets up what a plugin has while it is registered. */
export function registerPlugin(options: RegistrationOptions): RegisteredPlugin {
  const { plugin, manifest, workspace, bus, services, contributions, outlet, meter } = options;
  const onProblem = (problem: CroftError): void => {
    meter.threw(problem.cause ?? problem);
    options.onProblem(problem);
  };
  const { id } = manifest;
  const wishes = manifest.activation.map(parseActivation);
  const wakeTopics = new Set<Topic>();
  for (const wish of wishes) if (wish.on === "event") wakeTopics.add(wish.topic);
  let granted = NOTHING_GRANTED;
  const supervisor = createSupervisor(manifest, options.supervision);
  let activation: Activation | undefined;
  let began = 0;

  const mayUse = (grant: EventGrant): boolean => {
    const may = mayUseTopic(id, granted, grant);
    if (!may) meter.refused(`${grant.direction} ${grant.topic}`);
    return may;
  };
  const admit = (event: BusEvent): { readonly data: unknown } | undefined => {
    if (event.topic === DATA_CHANGED) return admitDataChanged(event, id, workspace);
    return mayUse({ topic: event.topic, direction: "subscribe" }) ? event : undefined;
  };
  const mailbox = createMailbox({
    bus,
    user: workspace.user,
    admit(event) {
      const admitted = admit(event);
      if (admitted) meter.given(describeEvent(event));
      if (admitted) supervisor.noted(`heard ${event.topic}`);
      return admitted;
    },
    onCall() {
      const began = options.clock.now();
      return () => {
        const ms = options.clock.now() - began;
        if (ms > 0) meter.held(ms);
      };
    },
    wakes: (topic) => wakeTopics.has(topic),
    wakeable: options.wakeable,
    wake: options.wake,
    onThrown: (error, topic) => onProblem(pluginThrew(id, `in a listener of ${topic}`, error)),
    onDropped: (count) => {
      outlet.drop("held", count);
      onProblem(eventsDropped(id, count));
    },
  });
  const tasks = createTaskDesk({ plugin: manifest, workspace, clock: options.clock, onProblem });
  const contributor = contributions.add(manifest);
  const undefineTopics = bus.define(plugin.topics);
  workspace.gate.setPluginGrants(id, []);

  const switchMailbox = ({ name }: PluginState): void => {
    if (name === "activating") mailbox.hold();
    else if (name === "active") mailbox.open();
    else mailbox.close();
  };
  let cancelRestart: Unsubscribe = () => undefined;
  const setRestart = (state: PluginState): void => {
    cancelRestart();
    if (state.name !== "crashed") return;
    const { clock, restart } = options;
    cancelRestart = clock.delay(Math.max(0, state.restartAt - clock.now()), restart);
  };
  const runner = createPluginRunner({
    plugin,
    prepare: () => contributions.prepare(manifest),
    clock: options.clock,
    deadlines: options.deadlines,
    open(crashed) {
      activation = createActivation({
        manifest,
        createReplica: () => withNotes(workspace.createPluginReplica(id, manifest), supervisor),
        mayUse,
        publish(topic, data, scope) {
          supervisor.noted(`published ${topic}`);
          return outlet.publish(id, topic, data, scope);
        },
        subscribe: (topic, listener) => mailbox.subscribe(topic, listener),
        tasks,
        log(level, message, data) {
          supervisor.noted(`logged ${JSON.stringify(message.slice(0, 100))}`);
          options.onLog(level, message, data);
        },
        crashed,
        createServices: (ended) =>
          services.open(
            manifest,
            () => granted,
            ended,
            (kind) => meter.refused(kind),
          ),
        contributions: contributor.port,
        onThrown: (error, where) => onProblem(pluginThrew(id, where, error)),
      });
      measureBy(activation.context, meter);
      return activation;
    },
    supervisor,
    endDependents: options.endDependents,
    onState(state, before) {
      switchMailbox(state);
      contributor.setState(state);
      if (state.name === "activating") began = options.clock.now();
      if (state.name === "active") meter.activated(options.clock.now() - began);
      if (state.name === "crashing") meter.crashed();
      services.entered(id, state);
      supervisor.moved(state, before);
      setRestart(state);
      options.onState(state);
    },
    onProblem,
    // Not measured as an error of the plugin.
    onPrevented: options.onProblem,
  });
  if (supervisor.beforehand) runner.suspend(supervisor.beforehand);
  const documents = wakeForDocuments({
    plugin: id,
    patterns: wishes.flatMap((wish) => (wish.on === "document" ? [wish.pattern] : [])),
    workspace,
    wakeable: options.wakeable,
    wake: options.wake,
  });
  return {
    manifest,
    runner,
    meter,
    supervisor,
    atStartup: wishes.some(({ on }) => on === "startup"),
    get granted() {
      return granted;
    },
    get usage() {
      return activation?.usage;
    },
    async view(name) {
      if (activation && runner.state.name === "active") return activation.view(name);
      throw new CroftError("plugin/failed", `${id} is not active.`, {
        plugin: id,
        hint: "Activate it, and ask for the view then.",
      });
    },
    setGranted(permissions) {
      const before = granted;
      granted = permissions;
      workspace.gate.setPluginGrants(id, permissions.documents);
      // What it could not read before may be open.
      documents.look();
      services.changed(manifest, before, granted);
    },
    lookAtDocuments: () => documents.look(),
    forgetWake() {
      if (runner.state.name === "registered") mailbox.close();
    },
    dispose() {
      cancelRestart();
      documents.dispose();
      mailbox.dispose();
      contributions.remove(id);
      undefineTopics();
      services.forget(id);
      outlet.forget(id);
      supervisor.end();
      workspace.gate.setPluginGrants(id, []);
    },
  };
}

/** Notes which documents a plugin opens. */
function withNotes(
  replica: ActivationReplica,
  supervisor: Pick<Supervisor, "noted">,
): ActivationReplica {
  return {
    open(path) {
      supervisor.noted(`opened ${path}`);
      return replica.open(path);
    },
    get usage() {
      return replica.usage;
    },
    dispose: () => replica.dispose(),
  };
}

/** What a plugin is given to do by an event, continuing "while …". */
function describeEvent({ topic, data }: BusEvent): string {
  // Nothing but the feed publishes to this topic.
  if (topic === DATA_CHANGED) return `\`${(data as DataChanged).path}\` changed`;
  return `\`${topic}\` was published`;
}
