/**
 * The host's end of a plugin that runs apart from it, at the other end of a port: whatever it wants passes what it was
 * granted, and the device's hub. To the rest of the host it is a plugin like any other.
 */

import {
  type Channel,
  type Clock,
  CloseCode,
  createMessagePortChannel,
  CroftError,
  systemClock,
  type Unsubscribe,
} from "@croft/core";
import { parseTopic, type Plugin, type PluginContext, type PluginManifest } from "@croft/plugin";
import {
  type CallToHost,
  type CallToPlugin,
  type EventGrant,
  type Failure,
  failureOf,
  RemotePort,
  toHost,
} from "@croft/plugin/remote";
import type { HostedWorkspace, PluginHost } from "../plugin-host.ts";

/** Where a plugin's code runs while it is active. */
export interface Realm {
  /** The plugin is served at the other end of it. */
  readonly port: MessagePort;
  /** Ends it at once, whatever runs in it. */
  close(): void;
}

/** Options of {@link createRemotePlugin}. */
export interface RemotePluginOptions {
  readonly manifest: PluginManifest;
  readonly workspace: Pick<HostedWorkspace, "connectPlugin" | "id">;
  /** Tells what the plugin is granted, now and later: it knows itself, and refuses itself first. */
  readonly host: Pick<PluginHost, "list" | "onState" | "deactivate">;
  /** Makes a realm for one activation. */
  readonly openRealm: () => Promise<Realm>;
  /** Whether it is asked now and then if it still runs, and ended if it does not answer. Default false. */
  readonly heartbeat?: boolean | undefined;
  /** Default: the platform's. */
  readonly clock?: Pick<Clock, "delay"> | undefined;
}

/** Makes a {@link Plugin} of one that is served in a realm of its own for each activation. */
export function createRemotePlugin(options: RemotePluginOptions): Plugin {
  const active = new WeakMap<PluginContext, RemoteActivation>();
  return {
    manifest: options.manifest,
    // Their schemas are the plugin's to know, and to check by.
    topics: {},
    async activate(context) {
      const realm = await options.openRealm();
      const activation = new RemoteActivation(realm, context, options);
      active.set(context, activation);
      // Whatever the plugin does or does not do, this ends it.
      context.subscriptions.add(() => activation.end());
      await activation.activate();
    },
    async deactivate(context) {
      await active.get(context)?.deactivate();
    },
  };
}

class RemoteActivation {
  readonly #realm: Realm;
  readonly #context: PluginContext;
  readonly #options: RemotePluginOptions;
  readonly #port: RemotePort;
  readonly #activated = Promise.withResolvers<void>();
  readonly #deactivated = Promise.withResolvers<void>();
  readonly #subscribed = new Map<string, Unsubscribe>();
  readonly #abort = new AbortController();
  #stopGrants: Unsubscribe = () => undefined;
  #stopHeartbeat: Unsubscribe = () => undefined;
  #isEnding = false;

  constructor(realm: Realm, context: PluginContext, options: RemotePluginOptions) {
    this.#realm = realm;
    this.#context = context;
    this.#options = options;
    this.#port = new RemotePort(createMessagePortChannel(realm.port), {
      call: (message) => this.#hear(toHost.parse(message)),
      stream: (channel) => void this.#connect(channel),
      closed: ({ reason }) => this.#closed(reason),
    });
    // Whoever does not wait for them any more has been told otherwise.
    this.#activated.promise.catch(() => undefined);
    this.#deactivated.promise.catch(() => undefined);
  }

  async activate(): Promise<void> {
    const { workspace, manifest, host } = this.#options;
    let granted = this.#granted;
    this.#say({ call: "activate", workspace: workspace.id, manifest, granted });
    this.#stopGrants = host.onState(() => {
      if (this.#granted === granted) return;
      granted = this.#granted;
      this.#say({ call: "granted", granted });
    });
    if (this.#options.heartbeat) this.#beat(0);
    await this.#activated.promise;
  }

  /** Asks whether the plugin still runs; `unanswered` times it did not say so. */
  #beat(unanswered: number): void {
    if (unanswered === SILENCE) {
      this.#port.close(CloseCode.timeout, "it does not answer");
      this.#closed("it does not answer");
      return;
    }
    this.#answered = false;
    this.#say({ call: "ping" });
    const { clock = systemClock } = this.#options;
    this.#stopHeartbeat = clock.delay(HEARTBEAT, () => {
      this.#beat(this.#answered ? 0 : unanswered + 1);
    });
  }
  #answered = false;

  get #granted(): readonly EventGrant[] {
    const { host, manifest } = this.#options;
    return host.list().find(({ id }) => id === manifest.id)?.granted.events ?? NOTHING;
  }

  async deactivate(): Promise<void> {
    this.#isEnding = true;
    this.#say({ call: "deactivate" });
    await this.#deactivated.promise;
  }

  end(): void {
    this.#isEnding = true;
    this.#abort.abort();
    this.#stopGrants();
    this.#stopHeartbeat();
    for (const stop of this.#subscribed.values()) stop();
    this.#subscribed.clear();
    this.#port.close(CloseCode.normal, "");
    this.#realm.close();
  }

  #hear(message: CallToHost): void {
    const { log } = this.#context;
    switch (message.call) {
      case "activated":
        if (message.failure) this.#activated.reject(errorOf(message.failure));
        else this.#activated.resolve();
        break;
      case "deactivated":
        if (message.failure) this.#deactivated.reject(errorOf(message.failure));
        else this.#deactivated.resolve();
        break;
      case "publish":
        void this.#publish(message);
        break;
      case "subscribe":
        this.#subscribe(message.topic);
        break;
      case "unsubscribe":
        this.#subscribed.get(message.topic)?.();
        this.#subscribed.delete(message.topic);
        break;
      case "log":
        log[message.level](message.message, message.data);
        break;
      case "pong":
        this.#answered = true;
        break;
      case "threw":
        log.error(`threw ${message.where}: ${message.failure.message}`, message.failure.stack);
        break;
    }
  }

  async #publish({ id, topic, data }: Extract<CallToHost, { call: "publish" }>): Promise<void> {
    try {
      await this.#context.events.publish(topic, data);
      this.#say({ call: "published", id });
    } catch (error) {
      const { code, message } = failureOf(error);
      this.#say({ call: "published", id, failure: { code, message } });
    }
  }

  #subscribe(text: string): void {
    if (this.#subscribed.has(text)) return;
    try {
      const topic = parseTopic(text);
      const stop = this.#context.events.subscribe(topic, (data, { publisher }) => {
        this.#say({ call: "event", topic, publisher, data });
      });
      this.#subscribed.set(text, stop);
    } catch (error) {
      this.#context.log.warn(failureOf(error).message);
    }
  }

  /** A session of the plugin's replica: passed on to the device's hub, which knows it for this plugin's. */
  async #connect(near: Channel): Promise<void> {
    const { workspace, manifest } = this.#options;
    try {
      const far = await workspace.connectPlugin(manifest.id, this.#abort.signal);
      pipe(near, far);
      pipe(far, near);
      this.#abort.signal.addEventListener("abort", () => far.close(CloseCode.goingAway, ""));
    } catch (error) {
      near.close(CloseCode.restarting, failureOf(error).message);
    }
  }

  #closed(reason: string): void {
    const { id } = this.#options.manifest;
    const error = new CroftError("plugin/failed", `${id} is gone${reason && `: ${reason}`}.`, {
      plugin: id,
    });
    this.#stopHeartbeat();
    this.#activated.reject(error);
    this.#deactivated.reject(error);
    if (this.#isEnding) return;
    this.#isEnding = true;
    // Nothing of it is left that could end by itself; what the host tells is why.
    void this.#options.host.deactivate(id);
  }

  #say(message: CallToPlugin): void {
    this.#port.call(message);
  }
}

/** How often a plugin is asked whether it still runs, in milliseconds, and how often it may not answer. */
const HEARTBEAT = 1_000;
const SILENCE = 5;

const NOTHING: readonly EventGrant[] = [];

function pipe(from: Channel, to: Channel): void {
  from.onFrame((frame) => to.send(frame));
  from.onClose(({ code, reason }) => to.close(code, reason));
}

function errorOf({ message, stack }: Failure): Error {
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
