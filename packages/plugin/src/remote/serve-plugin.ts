/**
 * The plugin's end where it runs apart from its host: in a worker, or in a realm of its own kind. A plugin's bundle
 * carries this beside the plugin, so that croft, Yjs and the plugin are of one piece; what crosses to the host is bytes.
 */

import { createMessagePortChannel, CloseCode, createReplica, CroftError } from "@croft/core";
import type { ErrorCode } from "@croft/core";
import type { EventListener } from "../events.ts";
import { parseManifest, type PluginManifest } from "../manifest.ts";
import type { Plugin } from "../plugin.ts";
import { isBuiltInTopic, ownerOfTopic, parseTopic, type Topic } from "../topic.ts";
import { type Activation, createActivation, type EventGrant } from "./activation.ts";
import { type CallToHost, type CallToPlugin, type Failure, failureOf, toPlugin } from "./calls.ts";
import { RemotePort } from "./remote-port.ts";

/** What is served: what `definePlugin` returns. */
export type ServedPlugin = Pick<Plugin, "activate" | "deactivate" | "topics">;

/**
 * Serves a plugin to the host at the other end of a port, until the port is closed. For sandboxes and loaders: a
 * plugin's author has `croft-plugin pack` put it into the bundle.
 *
 * @example
 * ```ts
 * const { port1, port2 } = new MessageChannel();
 * worker.postMessage(port2, [port2]); // the host is there
 * servePlugin(stats, port1);
 * ```
 */
export function servePlugin(plugin: ServedPlugin, port: MessagePort): void {
  new Served(plugin, port);
}

class Served {
  readonly #plugin: ServedPlugin;
  readonly #port: RemotePort;
  readonly #listeners = new Map<Topic, Set<EventListener<unknown>>>();
  readonly #publishing = new Map<number, PromiseWithResolvers<void>>();
  #granted: readonly EventGrant[] = [];
  #activation: Activation | undefined;
  #entered: Promise<void> = Promise.resolve();
  #published = 0;

  constructor(plugin: ServedPlugin, port: MessagePort) {
    this.#plugin = plugin;
    this.#port = new RemotePort(createMessagePortChannel(port), {
      call: (message) => this.#hear(toPlugin.parse(message)),
      // Only the plugin opens streams.
      stream: (channel) => channel.close(CloseCode.violation, "not asked for"),
      closed: () => this.#activation?.abort(),
    });
  }

  #hear(message: CallToPlugin): void {
    switch (message.call) {
      case "activate":
        this.#activate(message);
        break;
      case "granted":
        this.#granted = grantsOf(message.granted);
        break;
      case "deactivate":
        void this.#deactivate();
        break;
      case "ping":
        this.#say({ call: "pong" });
        break;
      case "event":
        this.#deliver(message);
        break;
      case "published": {
        const waiting = this.#publishing.get(message.id);
        this.#publishing.delete(message.id);
        if (message.failure) waiting?.reject(errorOf(message.failure));
        else waiting?.resolve();
        break;
      }
    }
  }

  #activate(message: Extract<CallToPlugin, { call: "activate" }>): void {
    if (this.#activation) return;
    this.#granted = grantsOf(message.granted);
    const manifest = parseManifest(message.manifest);
    const activation = this.#createActivation(manifest, message.workspace);
    this.#activation = activation;
    this.#entered = (async () => {
      try {
        await this.#plugin.activate(activation.context);
        this.#say({ call: "activated" });
      } catch (error) {
        this.#say({ call: "activated", failure: failureOf(error) });
      }
    })();
  }

  #createActivation(manifest: PluginManifest, workspace: string): Activation {
    const { id } = manifest;
    return createActivation({
      manifest,
      createReplica: () =>
        createReplica({
          workspace,
          agent: `${id}/${manifest.version}`,
          backOff: { first: 20, max: 1_000 },
          connect: async () => this.#port.open(),
        }),
      mayUse: (grant) => this.#mayUse(id, grant),
      publish: (topic, data) => this.#publish(topic, data),
      subscribe: (topic, listener) => this.#subscribe(topic, listener),
      log: (level, message, data) => this.#say({ call: "log", level, message, data: plain(data) }),
      onThrown: (error, where) => this.#threw(error, where),
    });
  }

  async #deactivate(): Promise<void> {
    const activation = this.#activation;
    let failure: Failure | undefined;
    if (activation) {
      activation.abort();
      await this.#entered;
      try {
        await this.#plugin.deactivate(activation.context);
      } catch (error) {
        failure = failureOf(error);
      }
      await activation.release();
      // What was written is on the device's disk when this is over.
      await activation.end();
    }
    this.#say({ call: "deactivated", failure });
  }

  #mayUse(plugin: string, { topic, direction }: EventGrant): boolean {
    if (isBuiltInTopic(topic)) return direction === "subscribe";
    if (ownerOfTopic(topic) === plugin) return true;
    return this.#granted.some((grant) => grant.topic === topic && grant.direction === direction);
  }

  async #publish(topic: Topic, data: unknown): Promise<void> {
    const checked = this.#check(topic, data);
    if ("problem" in checked) {
      throw new CroftError(
        "input/invalid",
        `What was published to ${topic} is invalid: ${checked.problem}.`,
      );
    }
    const id = ++this.#published;
    const answer = Promise.withResolvers<void>();
    this.#publishing.set(id, answer);
    this.#say({ call: "publish", id, topic, data: checked.value });
    await answer.promise;
  }

  #subscribe(topic: Topic, listener: EventListener<unknown>): () => void {
    let listeners = this.#listeners.get(topic);
    if (!listeners) {
      this.#listeners.set(topic, (listeners = new Set()));
      this.#say({ call: "subscribe", topic });
    }
    // The same function twice is two listeners.
    const own: EventListener<unknown> = (data, event) => listener(data, event);
    listeners.add(own);
    return () => {
      if (!listeners.delete(own) || listeners.size > 0) return;
      this.#listeners.delete(topic);
      this.#say({ call: "unsubscribe", topic });
    };
  }

  #deliver({ topic: text, publisher, data }: Extract<CallToPlugin, { call: "event" }>): void {
    const topic = parseTopic(text);
    // What others publish to our topics is checked here, by the schema that only we have.
    const checked = this.#check(topic, data);
    if ("problem" in checked) {
      this.#threw(new Error(checked.problem), `away an event of ${topic} from ${publisher}`);
      return;
    }
    for (const listener of this.#listeners.get(topic) ?? []) {
      const where = `in a listener of ${topic}`;
      try {
        const heard: unknown = listener(structuredClone(checked.value), { topic, publisher });
        Promise.resolve(heard).catch((error: unknown) => this.#threw(error, where));
      } catch (error) {
        this.#threw(error, where);
      }
    }
  }

  #check(topic: Topic, data: unknown): { readonly value: unknown } | { readonly problem: string } {
    const schema = this.#plugin.topics[topic];
    if (!schema) return { value: data };
    const result = schema["~standard"].validate(data);
    if (result instanceof Promise) return { problem: "its schema is asynchronous" };
    if (!result.issues) return { value: result.value };
    return { problem: result.issues.map(({ message }) => message).join("; ") };
  }

  #threw(error: unknown, where: string): void {
    this.#say({ call: "threw", where, failure: failureOf(error) });
  }

  #say(message: CallToHost): void {
    this.#port.call(message);
  }
}

function grantsOf(
  granted: Extract<CallToPlugin, { call: "granted" }>["granted"],
): readonly EventGrant[] {
  return granted.map(({ topic, direction }) => ({ topic: parseTopic(topic), direction }));
}

function errorOf({ code, message }: Failure): CroftError {
  return new CroftError(code as ErrorCode, message);
}

/** What can be copied of what was logged. */
function plain(data: unknown): unknown {
  if (data instanceof Error) return failureOf(data);
  try {
    return structuredClone(data);
  } catch {
    return String(data);
  }
}
