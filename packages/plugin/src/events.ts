/** Events as a plugin publishes and hears them. Only plain data crosses: each listener has a copy. */

import type { InputOf, OutputOf, Unsubscribe } from "@croft/core";
import type { DATA_CHANGED, DataChanged } from "./data-changed.ts";
import type { NoTopics, TopicSchemas } from "./schema.ts";
import type { Topic } from "./topic.ts";

/** Publishes and subscribes. */
export interface PluginEvents<Topics extends TopicSchemas = NoTopics> {
  /**
   * Publishes `data` to everybody who listens to `topic` on this device. A plugin's own topics
   * (`stats/…`, for the plugin `stats`) are open to it, all others have to be granted.
   *
   * `data` is copied before the call returns (structured clone), listeners hear it later, and all
   * of them hear the events of one publisher in the order in which they were published.
   *
   * @returns Resolves when the host has taken the event, not when it was heard. Rejects with
   *   `access/denied` without a grant, `input/invalid` when `data` is not plain or not what the
   *   topic's schema asks for, `disposed` after the deactivation.
   * @example
   * ```ts
   * await context.events.publish("stats/counted", { path: "notes/pages/42", words: 7 });
   * ```
   */
  publish<T extends string>(topic: T, data: PublishedTo<T, Topics>): Promise<void>;
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
