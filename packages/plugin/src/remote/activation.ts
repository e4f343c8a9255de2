/**
 * One activation of one plugin: the replica, the subscriptions and the context that exist for it
 * alone. When it ends, nothing of it is left, and whatever the plugin kept of it is dead.
 */

import {
  CroftError,
  type Disposable,
  type DocPath,
  parseDocPath,
  type Replica,
  type ReplicaUsage,
  type Unsubscribe,
} from "@croft/core";
import type { PluginContext } from "../context.ts";
import type { EventListener, EventScope } from "../events.ts";
import type { PluginManifest } from "../manifest.ts";
import type { EventGrant } from "../permissions/events.ts";
import type { PluginServices } from "../services.ts";
import type { Task, WorkspaceTurn } from "../tasks.ts";
import { parseTopic, type Topic } from "../topic.ts";
import type { TaskWish } from "./task-wish.ts";
import { type TaskDesk, tasksOf } from "./tasks.ts";
import { type ContributionPort, createContributionContext } from "./contribute.ts";
import type { ViewSource } from "../views.ts";
import { createViewShelf } from "./view-shelf.ts";

/** How loud a message of a plugin is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** What an activation needs of a replica. */
export type ActivationReplica = Pick<Replica, "open" | "dispose" | "usage">;

/** What an activation is made of. */
export interface ActivationOptions {
  readonly manifest: PluginManifest;
  /** Creates the plugin's replica, when it opens its first document. */
  readonly createReplica: () => ActivationReplica;
  /** Whether the plugin may publish to or hear a topic, now. */
  readonly mayUse: (grant: EventGrant) => boolean;
  /** Takes an event; it has its place among the plugin's others when the call returns. */
  readonly publish: (topic: Topic, data: unknown, scope: EventScope) => void | Promise<void>;
  readonly subscribe: (topic: Topic, listener: EventListener<unknown>) => Unsubscribe;
  /** Creates what needs the host, and ends with the signal: then nothing of it does anything. */
  readonly createServices: (ended: AbortSignal) => PluginServices;
  /** Hands out turns. */
  readonly tasks: TaskDesk;
  /** Takes what the plugin does about its contributions. */
  readonly contributions: ContributionPort;
  readonly log: (level: LogLevel, message: string, data: unknown) => void;
  /** The plugin says that it cannot go on. */
  readonly crashed: (error: unknown) => void;
  /** Ending something of the plugin's failed; `where` continues "threw …". */
  readonly onThrown: (error: unknown, where: string) => void;
}

/** One activation of one plugin: the replica, the subscriptions and the context that exist for it alone. */
export interface Activation {
  readonly context: PluginContext;
  /** Of its replica; `undefined` while it has none. */
  readonly usage: ReplicaUsage | undefined;
  /** Resolves with a view once the plugin has defined it. Rejects when the activation ends before. */
  view(name: string): Promise<ViewSource>;
  /** Aborts the context's signal: the end begins. */
  abort(): void;
  /** Ends what the plugin added to its subscriptions. May take as long as the plugin likes. */
  release(): Promise<void>;
  /** Ends the rest: the context is dead, the replica saves what was written. Never rejects. */
  end(): Promise<void>;
}

/** Creates an {@link Activation}. */
export function createActivation(options: ActivationOptions): Activation {
  const { manifest, mayUse, onThrown } = options;
  const plugin = manifest.id;
  const controller = new AbortController();
  const ending = new AbortController();
  const views = createViewShelf(manifest, onThrown);
  const steps: (Unsubscribe | Disposable)[] = [];
  let replica: ActivationReplica | undefined;
  let released = false;
  let ended = false;

  const gone = (): CroftError =>
    new CroftError("disposed", `The plugin ${plugin} was deactivated.`, {
      plugin,
      hint: "Stop what still runs when `context.signal` is aborted.",
    });
  const useable = (): void => {
    if (ended) throw gone();
  };
  const allow = (grant: EventGrant): void => {
    if (mayUse(grant)) return;
    const { direction, topic } = grant;
    throw new CroftError("access/denied", `${plugin} may not ${direction} ${topic}.`, {
      plugin,
      hint: "Ask for it in the manifest's `permissions.events`; the user has to grant it.",
    });
  };
  const run = async (step: Unsubscribe | Disposable): Promise<void> => {
    try {
      if (typeof step === "function") step();
      else await step.dispose();
    } catch (error) {
      onThrown(error, "when a subscription of it was ended");
    }
  };
  const want = (wish: TaskWish, work: (turn: WorkspaceTurn) => void | Promise<void>): Task => {
    useable();
    const task = options.tasks.want(wish, ({ signal, fence }) =>
      work({ signal: AbortSignal.any([signal, controller.signal]), fence }),
    );
    context.subscriptions.add({ dispose: () => task.stop() });
    return task;
  };
  const contributions = createContributionContext({
    manifest,
    port: options.contributions,
    useable,
    onThrown,
  });
  const context: PluginContext = {
    ...options.createServices(ending.signal),
    manifest,
    ...contributions.parts,
    documents: {
      open(path) {
        useable();
        replica ??= options.createReplica();
        return replica.open(path);
      },
      own: (path): DocPath => parseDocPath(`${plugin}/${path}`),
    },
    events: {
      // Asynchronous only in how it answers: the event has its place when the call returns.
      async publish(text, data, { scope = "device" } = {}) {
        useable();
        const topic = parseTopic(text);
        allow({ topic, direction: "publish" });
        await options.publish(topic, data, scope);
      },
      subscribe(text, listener) {
        useable();
        const topic = parseTopic(text);
        allow({ topic, direction: "subscribe" });
        return options.subscribe(topic, listener as EventListener<unknown>);
      },
    },
    tasks: tasksOf(plugin, { want }),
    views,
    subscriptions: {
      add(step) {
        if (released) void run(step);
        else steps.push(step);
      },
    },
    signal: controller.signal,
    log: {
      debug: (message, data) => options.log("debug", message, data),
      info: (message, data) => options.log("info", message, data),
      warn: (message, data) => options.log("warn", message, data),
      error: (message, data) => options.log("error", message, data),
    },
    crashed(error) {
      if (!ended) options.crashed(error);
    },
  };
  return {
    context,
    get usage() {
      return replica?.usage;
    },
    view: (name) => views.get(name),
    abort: () => controller.abort(gone()),
    async release() {
      released = true;
      const running: Promise<void>[] = [];
      for (let step = steps.pop(); step; step = steps.pop()) running.push(run(step));
      await Promise.all(running);
    },
    async end() {
      ended = true;
      ending.abort(gone());
      contributions.end();
      views.end(gone());
      try {
        await replica?.dispose();
      } catch (error) {
        onThrown(error, "when its replica was closed");
      }
    },
  };
}
