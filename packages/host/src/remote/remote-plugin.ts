/**
 * The host's end of a plugin that runs apart from it, at the other end of a port: whatever it wants passes what it was
 * granted, and the device's hub. To the rest of the host it is a plugin like any other.
 */

import {
  type Channel,
  type Clock,
  CloseCode,
  createDisposableStack,
  systemClock,
  type Unsubscribe,
} from "@croft/core";
import type { Plugin, PluginContext, PluginManifest } from "@croft/plugin";
import {
  type Beginning,
  errorOf,
  type EventGrant,
  failureSchema,
  Life,
  passOnViews,
  pluginGone,
  PortCalls,
  pulseSchema,
  RemotePort,
  serveContributions,
  serveEvents,
  serveLog,
  serveServices,
  serveTasks,
} from "@croft/plugin/remote";
import { onAborted } from "../abort.ts";
import type { HostedWorkspace, PluginHost } from "../plugin-host.ts";
import type { PluginMeter } from "../monitor/meter.ts";
import { meterOf } from "../monitor/meter-of.ts";
import { meteredChannel } from "../monitor/metered-channel.ts";
import { enterRealm } from "./enter-realm.ts";
import { passOn } from "./pass-on.ts";
import { FellSilent, type RealmGroup, type RealmMember } from "./realm-group.ts";
import { migrateRemotely } from "./remote-migration.ts";

/** Where a plugin's code runs while it is active. */
export interface Realm {
  /** The plugin is served at the other end of it. */
  readonly port: MessagePort;
  /** To the same place: over it the plugin is told which of its views are shown. */
  readonly views?: MessagePort | undefined;
  /** Ends it at once, whatever runs in it. */
  close(): void;
}

/** Options of {@link createRemotePlugin}. */
export interface RemotePluginOptions {
  readonly manifest: PluginManifest;
  readonly workspace: Pick<HostedWorkspace, "connectPlugin" | "id">;
  /** Tells what the plugin is granted, now and later: it knows itself, and refuses itself first. */
  readonly host: Pick<PluginHost, "list" | "onState">;
  /**
   * Makes a realm for one activation. What its plugin is admitted by is handed over with the code, to nobody else; it is
   * undefined where `sealed` is false.
   */
  readonly openRealm: (admission: ArrayBuffer | undefined) => Promise<Realm>;
  /**
   * Whether the plugin has to prove its capability, and all that passes is sealed. Default true; false only where the plugin
   * runs in this thread, whose memory keeps nothing from it, or at the other end of a pipe that nobody else can reach.
   */
  readonly sealed?: boolean | undefined;
  /** Whether it is asked now and then if it still runs, and ended if it does not answer. Default false. */
  readonly heartbeat?: boolean | undefined;
  /** With which others its realm may share a process. Default: none. */
  readonly group?: RealmGroup | undefined;
  /** Default: the platform's. */
  readonly clock?: Pick<Clock, "delay" | "now"> | undefined;
}

/** Makes a {@link Plugin} of one that is served in a realm of its own for each activation. */
export function createRemotePlugin(options: RemotePluginOptions): Plugin {
  const active = new WeakMap<PluginContext, RemoteActivation>();
  return {
    manifest: options.manifest,
    // Their schemas are the plugin's to know, and to check by.
    topics: {},
    async activate(context) {
      const leave = joinWhileOpening(context, options);
      const { realm, channel } = await enterRealm(options).finally(leave);
      if (context.signal.aborted) {
        // Nobody would end it any more: it was given up while its realm was opened.
        channel.close(CloseCode.normal, "");
        realm.close();
        throw context.signal.reason;
      }
      const activation = new RemoteActivation(realm, channel, context, options);
      active.set(context, activation);
      // Whatever the plugin does or does not do, this ends it.
      context.subscriptions.add(() => activation.end());
      await activation.activate();
    },
    async deactivate(context) {
      await active.get(context)?.deactivate();
    },
    migrate: (context) => migrateRemotely(context, options),
  };
}

class RemoteActivation {
  readonly #realm: Realm;
  readonly #context: PluginContext;
  readonly #options: RemotePluginOptions;
  readonly #port: RemotePort;
  readonly #meter: PluginMeter | undefined;
  readonly #calls: PortCalls;
  readonly #abort = new AbortController();
  /** What is to be taken back at the end; at once, once it has ended. */
  readonly #stops = createDisposableStack();
  #stopHeartbeat: Unsubscribe = () => undefined;
  #isEnding = false;
  /** Since when it has not answered. */
  #quietSince: number | undefined;

  constructor(
    realm: Realm,
    channel: Channel,
    context: PluginContext,
    options: RemotePluginOptions,
  ) {
    const { events, tasks, views, log } = context;
    this.#realm = realm;
    this.#context = context;
    this.#options = options;
    this.#calls = new PortCalls((message) => this.#port.call(message));
    this.#meter = meterOf(context);
    this.#port = new RemotePort(
      meteredChannel(channel, this.#meter, options.clock ?? systemClock),
      {
        call: (message) => this.#calls.receive(message),
        stream: (channel) => void passOn(channel, options, this.#abort.signal),
        closed: ({ reason }) => this.#closed(new Error(reason === "" ? "it is gone" : reason)),
      },
    );
    this.#calls.hear(Life.crashed, failureSchema, (failure) => context.crashed(errorOf(failure)));
    serveLog(this.#calls, log);
    if (realm.views) passOnViews(views, options.manifest, realm.views);
    const refused = (message: string): void => log.warn(message);
    this.#stops.add(serveEvents(this.#calls, events, refused));
    this.#stops.add(serveServices(this.#calls, context, refused));
    this.#stops.add(serveTasks(this.#calls, tasks, refused));
    this.#stops.add(serveContributions(this.#calls, context, refused));
  }

  /** @throws CroftError `plugin/failed` when it has ended already. */
  async activate(): Promise<void> {
    if (this.#abort.signal.aborted) throw pluginGone(this.#options.manifest.id, "");
    const { workspace, manifest, host } = this.#options;
    let granted = this.#granted;
    const beginning: Beginning = { workspace: workspace.id, manifest, granted };
    const activated = this.#calls.ask(Life.activate, beginning);
    const stopGrants = host.onState(() => {
      if (this.#granted === granted) return;
      granted = this.#granted;
      this.#calls.tell(Life.granted, granted);
    });
    this.#stops.add(stopGrants);
    if (this.#options.heartbeat) {
      const member = this.#member();
      const { group } = this.#options;
      if (group) this.#stops.add(group.join(member));
      this.#beat(member, 0);
    }
    await activated;
  }

  /** Asks whether the plugin still runs; `unanswered` times it did not say so. */
  #beat(member: RealmMember, unanswered: number): void {
    if (unanswered === SILENCE) {
      const { group } = this.#options;
      if (group) group.giveUp(member, TOGETHER);
      else member.fellSilent(new FellSilent([member.plugin], member.quietFor()));
      return;
    }
    const { clock = systemClock } = this.#options;
    this.#quietSince ??= clock.now();
    let answered = false;
    this.#calls.ask(Life.ping, null).then(
      (pulse) => {
        answered = true;
        this.#quietSince = undefined;
        this.#felt(pulse);
      },
      // The end of the port is told elsewhere.
      () => undefined,
    );
    this.#stopHeartbeat = clock.delay(HEARTBEAT, () =>
      this.#beat(member, answered ? 0 : unanswered + 1),
    );
  }

  #member(): RealmMember {
    const { manifest, clock = systemClock } = this.#options;
    return {
      plugin: manifest.id,
      quietFor: () => (this.#quietSince === undefined ? 0 : clock.now() - this.#quietSince),
      fellSilent: (error) => {
        this.#port.close(CloseCode.timeout, "it does not answer");
        this.#closed(error);
      },
    };
  }

  /** Its word about itself: what cannot be read of it is passed over. */
  #felt(pulse: unknown): void {
    const { success, data } = pulseSchema.safeParse(pulse);
    if (!success || !this.#meter) return;
    this.#meter.documents = data.documents;
    this.#meter.cache = data.cache;
    this.#meter.memory = data.memory;
    for (const ms of data.held) this.#meter.held(ms);
  }

  get #granted(): readonly EventGrant[] {
    const { host, manifest } = this.#options;
    return host.list().find(({ id }) => id === manifest.id)?.granted.events ?? NOTHING;
  }

  async deactivate(): Promise<void> {
    this.#isEnding = true;
    await this.#calls.ask(Life.deactivate, null);
  }

  end(): void {
    if (this.#abort.signal.aborted) return;
    this.#isEnding = true;
    this.#abort.abort();
    this.#stopHeartbeat();
    this.#stops.dispose();
    this.#port.close(CloseCode.normal, "");
    this.#calls.end(pluginGone(this.#options.manifest.id, ""));
    this.#realm.close();
  }

  #closed(error: Error): void {
    this.#calls.end(error);
    if (this.#isEnding) return;
    // Nothing of it is left that could end by itself, and a realm that loops is to loop no longer.
    this.end();
    this.#context.crashed(error);
  }
}

/** How often a plugin is asked whether it still runs, in milliseconds, and how often it may not answer. */
const HEARTBEAT = 1_000;
const SILENCE = 5;
/** How long others have not answered, in milliseconds, when one is given up, to have fallen silent with it. */
const TOGETHER = 3 * HEARTBEAT;

/** What is just being opened is asked nothing, and dies with the others all the same, unless it was given up. */
function joinWhileOpening(
  context: PluginContext,
  { manifest, group, clock = systemClock }: RemotePluginOptions,
): () => void {
  const began = clock.now();
  const joined = createDisposableStack();
  const leave = group?.join({
    plugin: manifest.id,
    quietFor: () => clock.now() - began,
    fellSilent: (error) => context.crashed(error),
  });
  if (leave) joined.add(leave);
  joined.add(onAborted(context.signal, () => joined.dispose()));
  return () => joined.dispose();
}

const NOTHING: readonly EventGrant[] = [];
