/** One plugin that a host knows, from its registration until it is unregistered. */

import type { Clock, CroftError } from "@croft/core";
import {
  DATA_CHANGED,
  parseActivation,
  type Plugin,
  type PluginManifest,
  type Topic,
} from "@croft/plugin";
import { createActivation, type EventGrant, type LogLevel } from "@croft/plugin/remote";
import { admitDataChanged } from "./data-changed-feed.ts";
import type { EventBus } from "./event-bus.ts";
import type { PluginState } from "./lifecycle.ts";
import { createMailbox } from "./mailbox.ts";
import { type GrantedPermissions, mayUseTopic, NOTHING_GRANTED } from "./permissions.ts";
import { eventsDropped, pluginThrew } from "./plugin-error.ts";
import type { HostedWorkspace } from "./plugin-host.ts";
import { createPluginRunner, type Deadlines, type PluginRunner } from "./plugin-runner.ts";

/** Options of {@link registerPlugin}. */
export interface RegistrationOptions {
  readonly plugin: Plugin;
  /** The checked manifest of `plugin`. */
  readonly manifest: PluginManifest;
  readonly workspace: HostedWorkspace;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** Whether events may wake it now. */
  readonly wakeable: () => boolean;
  readonly wake: () => void;
  readonly onState: () => void;
  readonly onProblem: (problem: CroftError) => void;
  readonly onLog: (level: LogLevel, message: string, data: unknown) => void;
}

/** See the top of this file. */
export interface RegisteredPlugin {
  readonly manifest: PluginManifest;
  readonly runner: PluginRunner;
  readonly granted: GrantedPermissions;
  /** Whether it is to be activated when the host starts. */
  readonly atStartup: boolean;
  /** Sets what is granted, at once. */
  setGranted(granted: GrantedPermissions): void;
  /** What came in before an activation that did not come about is dropped. */
  forgetWake(): void;
  /** Takes grants, topics and mailbox away. The plugin must not be running. */
  dispose(): void;
}

/** Sets up what a plugin has while it is registered. */
export function registerPlugin(options: RegistrationOptions): RegisteredPlugin {
  const { plugin, manifest, workspace, bus, onProblem } = options;
  const { id } = manifest;
  const wishes = manifest.activation.map(parseActivation);
  const wakeTopics = new Set<Topic>();
  for (const wish of wishes) if (wish.on === "event") wakeTopics.add(wish.topic);
  let granted = NOTHING_GRANTED;

  const mayUse = (grant: EventGrant): boolean => mayUseTopic(id, granted, grant);
  const mailbox = createMailbox({
    bus,
    admit(event) {
      if (event.topic === DATA_CHANGED) return admitDataChanged(event, id, workspace);
      return mayUse({ topic: event.topic, direction: "subscribe" }) ? event : undefined;
    },
    wakes: (topic) => wakeTopics.has(topic),
    wakeable: options.wakeable,
    wake: options.wake,
    onThrown: (error, topic) => onProblem(pluginThrew(id, `in a listener of ${topic}`, error)),
    onDropped: (count) => onProblem(eventsDropped(id, count)),
  });
  const undefineTopics = bus.define(plugin.topics);
  workspace.gate.setPluginGrants(id, []);

  const switchMailbox = ({ name }: PluginState): void => {
    if (name === "activating") mailbox.hold();
    else if (name === "active") mailbox.open();
    else mailbox.close();
  };
  const runner = createPluginRunner({
    plugin,
    clock: options.clock,
    deadlines: options.deadlines,
    open: () =>
      createActivation({
        manifest,
        createReplica: () => workspace.createPluginReplica(id),
        mayUse,
        publish: (topic, data) => bus.publish(id, topic, data),
        subscribe: (topic, listener) => mailbox.subscribe(topic, listener),
        log: options.onLog,
        onThrown: (error, where) => onProblem(pluginThrew(id, where, error)),
      }),
    onState(state) {
      switchMailbox(state);
      options.onState();
    },
    onProblem,
  });
  return {
    manifest,
    runner,
    atStartup: wishes.some(({ on }) => on === "startup"),
    get granted() {
      return granted;
    },
    setGranted(permissions) {
      granted = permissions;
      workspace.gate.setPluginGrants(id, permissions.documents);
    },
    forgetWake() {
      if (runner.state.name === "registered") mailbox.close();
    },
    dispose() {
      mailbox.dispose();
      undefineTopics();
      workspace.gate.setPluginGrants(id, []);
    },
  };
}
