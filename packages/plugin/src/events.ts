/** Events as a plugin publishes and hears them. Only plain data crosses: each listener has a copy. */

import type { InputOf, OutputOf, Unsubscribe } from "@croft/core";
import type { DATA_CHANGED, DataChanged } from "./data-changed.ts";
import type { NoTopics, TopicSchemas } from "./schema.ts";
import type { Topic } from "./topic.ts";

/** Publishes and subscribes. */
export interface PluginEvents<Topics extends TopicSchemas = NoTopics> {
  /**
   * Publishes `data` to everybody who listens to `topic` on this device, in this tab. A plugin's own topics
   * (`stats/…`, for the plugin `stats`) are open to it, all others have to be granted.
   *
   * With `{ scope: "workspace" }` also to those in other tabs and on all other devices of the workspace which are there
   * now: it is never stored, and lost for who is offline. Its users need access to the topic as to the document of that
   * name (write to publish, read to hear), its plugins their own grants. `data` must be JSON of at most 16 KiB then, and
   * a plugin may publish 20 such events a second, 100 at once.
   *
   * `data` is plain (values, lists, objects without a class, `Uint8Array`) and copied before the call returns, listeners hear it later, and all
   * of them hear the events of one publisher in the order in which they were published.
   *
   * @returns Resolves when the host has taken the event, not when it was heard. Rejects with
   *   `access/denied` without a grant, `input/invalid` when `data` is not plain or not what the
   *   topic's schema asks for, `plugin/busy` when it was too fast, `disposed` after the deactivation.
   * @example
   * ```ts
   * await context.events.publish("stats/counted", { path: "notes/pages/42", words: 7 });
   * await context.events.publish("stats/asks", { path: "notes/pages/42" }, { scope: "workspace" });
   * ```
   */
  publish<T extends string>(
    topic: T,
    data: PublishedTo<T, Topics>,
    options?: PublishOptions,
  ): Promise<void>;
  /**
   * Calls `listener` with what is published to `topic` from now on, once the plugin is active. The
   * plugin's own topics and croft's (`data_changed`) are open to it, all others have to be
   * granted; while a grant is revoked, nothing is heard. Ends at the deactivation by itself.
   *
   * @throws CroftError `access/denied` without a grant, `input/invalid` for no topic, `disposed`
   *   after the deactivation.
   * @example
   * ```ts
   * context.events.subscribe("data_changed", ({ path, author }) => {
   *   context.log.info(`${author} changed ${path}`);
   * });
   * ```
   */
  subscribe<T extends string>(topic: T, listener: EventListener<HeardFrom<T, Topics>>): Unsubscribe;
}

/** Who hears what is published: this device's host, or the whole workspace. */
export type EventScope = "device" | "workspace";

/** Options of {@link PluginEvents.publish}. */
export interface PublishOptions {
  /** Default: `device`. */
  readonly scope?: EventScope | undefined;
}

/**
 * Hears events. What it throws, or what the promise that it returns rejects with, is reported as
 * the listening plugin's problem and keeps nobody else from hearing; it is not waited for.
 */
export type EventListener<T> = (data: T, event: EventInfo) => void | Promise<void>;

/** Where an event came from, as the host vouches for it. */
export interface EventInfo {
  readonly topic: Topic;
  /** The plugin's id, or `app` for the application and croft itself. */
  readonly publisher: string;
  /** Whose event it is; the server vouches for it, and not for the `publisher` of what comes from elsewhere. */
  readonly user: string;
  /** Whether it was published by this host, or came from another tab or device. */
  readonly origin: "device" | "remote";
}

/** What may be published to the topic `T`: nothing, to croft's own. */
export type PublishedTo<
  T extends string,
  Topics extends TopicSchemas,
> = T extends typeof DATA_CHANGED ? never : T extends keyof Topics ? InputOf<Topics[T]> : unknown;

/** What is heard from the topic `T`: unknown, for topics that others define. */
export type HeardFrom<T extends string, Topics extends TopicSchemas> = T extends typeof DATA_CHANGED
  ? DataChanged
  : T extends keyof Topics
    ? OutputOf<Topics[T]>
    : unknown;
