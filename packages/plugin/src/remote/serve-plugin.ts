/**
 * The plugin's end where it runs apart from its host: in a worker, or in a realm of its own kind. A plugin's bundle
 * carries this beside the plugin, so that croft, Yjs and the plugin are of one piece; what crosses to the host is bytes.
 */

import {
  type Channel,
  createMessagePortChannel,
  CloseCode,
  createReplica,
  CroftError,
} from "@croft/core";
import * as z from "zod";
import { parseManifest } from "../manifest.ts";
import type { Plugin } from "../plugin.ts";
import { isBuiltInTopic, ownerOfTopic } from "../topic.ts";
import type { EventGrant } from "../permissions/events.ts";
import { type Activation, createActivation } from "./activation.ts";
import { PortCalls } from "./calls.ts";
import { RemoteContributions } from "./contributions.ts";
import { RemoteEvents } from "./events.ts";
import { failureOf } from "./failure.ts";
import { HoldMeter, memoryInUse, type Pulse } from "./holds.ts";
import {
  type Beginning,
  beginningSchema,
  grantsSchema,
  Life,
  type MigrationBeginning,
  migrationSchema,
} from "./life.ts";
import { sendLog, sendThrown } from "./log.ts";
import { RemotePort } from "./remote-port.ts";
import { runMigration } from "./run-migration.ts";
import { servicesOver } from "./services.ts";
import { sealForPlugin } from "./sealed/sealed-channel.ts";
import { RemoteTasks } from "./tasks.ts";
import { serveViews } from "./views.ts";

/** What is served: what `definePlugin` returns. */
export type ServedPlugin = Pick<Plugin, "activate" | "deactivate" | "migrate" | "topics">;

/**
 * Serves a plugin to the host at the other end of a port, until the port is closed. For sandboxes and loaders: a
 * plugin's author has `croft-plugin pack` put it into the bundle. Over `views` it is told which of its views are shown.
 *
 * @param admission What the host handed over for this activation: it is proved first, and all that passes is sealed.
 *   Without it nothing is; then the host must not expect it.
 * @example
 * ```ts
 * const { port1, port2 } = new MessageChannel();
 * worker.postMessage(port2, [port2]); // the host is there
 * servePlugin(stats, port1);
 * ```
 */
export function servePlugin(
  plugin: ServedPlugin,
  port: MessagePort,
  admission?: ArrayBuffer,
  views?: MessagePort,
): void {
  const channel = createMessagePortChannel(port);
  new Served(plugin, admission ? sealForPlugin(channel, admission) : channel, views);
}

class Served {
  readonly #plugin: ServedPlugin;
  readonly #port: RemotePort;
  readonly #calls: PortCalls;
  readonly #events: RemoteEvents;
  readonly #tasks: RemoteTasks;
  readonly #contributions: RemoteContributions;
  #granted: readonly EventGrant[] = [];
  readonly #activated = Promise.withResolvers<Activation>();
  #activation: Activation | undefined;
  #holds: HoldMeter | undefined;
  #entered: Promise<void> = Promise.resolve();

  constructor(plugin: ServedPlugin, channel: Channel, views: MessagePort | undefined) {
    this.#plugin = plugin;
    this.#calls = new PortCalls((message) => this.#port.call(message));
    this.#port = new RemotePort(channel, {
      call: (message) => this.#calls.receive(message),
      // Only the plugin opens streams.
      stream: (channel) => channel.close(CloseCode.violation, "not asked for"),
      closed: () => {
        this.#holds?.stop();
        this.#calls.end(new CroftError("disposed", "The plugin's host is gone."));
        this.#activation?.abort();
      },
    });
    this.#events = new RemoteEvents(this.#calls, plugin.topics, (error, where) =>
      sendThrown(this.#calls, error, where),
    );
    this.#tasks = new RemoteTasks(this.#calls);
    this.#contributions = new RemoteContributions(this.#calls);
    this.#calls.answer(Life.activate, beginningSchema, (beginning) => this.#activate(beginning));
    this.#calls.answer(Life.migrate, migrationSchema, (beginning) => this.#migrate(beginning));
    this.#calls.answer(Life.deactivate, z.unknown(), () => this.#deactivate());
    this.#calls.answer(Life.ping, z.unknown(), () => this.#pulse());
    this.#calls.hear(Life.granted, grantsSchema, (granted) => {
      this.#granted = granted;
    });
    if (views) {
      serveViews(views, async (name) => (await this.#activated.promise).view(name));
    }
  }

  async #activate(beginning: Beginning): Promise<void> {
    if (this.#activation) throw new CroftError("input/invalid", "It is active already.");
    this.#granted = beginning.granted;
    const activation = this.#createActivation(beginning);
    this.#activation = activation;
    this.#activated.resolve(activation);
    const entering = (async () => this.#plugin.activate(activation.context))();
    this.#entered = entering.catch(() => undefined);
    await entering;
  }

  /** Only a host that gave us a thread for ourselves asks: what is measured is this plugin's doing. */
  #pulse(): Pulse {
    this.#holds ??= new HoldMeter();
    const { open = 0, hits = 0, misses = 0, evictions = 0 } = this.#activation?.usage ?? {};
    const cache = { hits, misses, evictions };
    return { held: this.#holds.take(), documents: open, cache, memory: memoryInUse() };
  }

  async #migrate(beginning: MigrationBeginning): Promise<void> {
    if (this.#activation) throw new CroftError("input/invalid", "It is active already.");
    this.#activation = this.#createActivation(beginning);
    await runMigration(this.#plugin, this.#activation, beginning);
  }

  #createActivation({
    manifest: given,
    workspace,
  }: Pick<Beginning, "manifest" | "workspace">): Activation {
    const manifest = parseManifest(given);
    const { id, version } = manifest;
    return createActivation({
      manifest,
      createReplica: () =>
        createReplica({
          workspace,
          agent: `${id}/${version}`,
          backOff: { first: 20, max: 1_000 },
          connect: async () => this.#port.open(),
        }),
      mayUse: (grant) => this.#mayUse(id, grant),
      publish: (topic, data, scope) => this.#events.publish(topic, data, scope),
      subscribe: (topic, listener) => this.#events.subscribe(topic, listener),
      createServices: (ended) => servicesOver(this.#calls, manifest, ended),
      tasks: this.#tasks,
      contributions: this.#contributions,
      log: (level, message, data) => sendLog(this.#calls, level, message, data),
      crashed: (error) => this.#calls.tell(Life.crashed, failureOf(error)),
      onThrown: (error, where) => sendThrown(this.#calls, error, where),
    });
  }

  async #deactivate(): Promise<void> {
    const activation = this.#activation;
    if (!activation) return;
    activation.abort();
    await this.#entered;
    try {
      await this.#plugin.deactivate(activation.context);
    } finally {
      await activation.release();
      // What was written is on the device's disk when this is over.
      await activation.end();
    }
  }

  #mayUse(plugin: string, { topic, direction }: EventGrant): boolean {
    if (isBuiltInTopic(topic)) return direction === "subscribe";
    if (ownerOfTopic(topic) === plugin) return true;
    return this.#granted.some((grant) => grant.topic === topic && grant.direction === direction);
  }
}
