/**
 * Where the events for one listener (a plugin, or the application) arrive. A plugin's mailbox is
 * there as long as the plugin is registered: closed while it does not run, except that some topics
 * wake it; holding while it is activated; open while it is active.
 */

import type { Unsubscribe } from "@croft/core";
import type { EventInfo, EventListener, Topic } from "@croft/plugin";
import type { BusEvent, EventBus } from "./event-bus.ts";

/** Most events that wait while a plugin is activated. */
const MAX_HELD = 1_000;

/** What a mailbox needs to know. */
export interface MailboxOptions {
  readonly bus: EventBus;
  /** Whose device this is. */
  readonly user: string;
  /**
   * The event as this listener may hear it, or `undefined` if it may not. Asked when the event is
   * handed over, so that what is revoked stops at once.
   */
  readonly admit: (event: BusEvent) => { readonly data: unknown } | undefined;
  /** A listener threw, or its promise rejected. */
  readonly onThrown: (error: unknown, topic: Topic) => void;
  /** A listener is called with an event on the topic; returns what is called when it has returned. */
  readonly onCall?: ((topic: Topic, data: unknown) => () => void) | undefined;
  /** So many events were dropped, since the activation took too long. */
  readonly onDropped?: ((count: number) => void) | undefined;
  /** Whether an event on the topic is a reason to wake up. */
  readonly wakes?: ((topic: Topic) => boolean) | undefined;
  /** Whether the listener may be woken now. */
  readonly wakeable?: (() => boolean) | undefined;
  /** Called for the first event that wakes. */
  readonly wake?: (() => void) | undefined;
}

/** See the top of this file. */
export interface Mailbox {
  /** Events wait from now on. */
  hold(): void;
  /** Hands over what waited, and whatever comes. */
  open(): void;
  /** Ends all subscriptions and drops what waited. */
  close(): void;
  subscribe(topic: Topic, listener: EventListener<unknown>): Unsubscribe;
  /** How many subscriptions there are; for leak checks. */
  readonly size: number;
  /** Closes for good. */
  dispose(): void;
}

interface Subscription {
  readonly topic: Topic;
  readonly listener: EventListener<unknown>;
  /** Hears events after this one. */
  readonly after: number;
}

/** Creates a closed {@link Mailbox}. */
export function createMailbox(options: MailboxOptions): Mailbox {
  const { bus, admit, onThrown, user } = options;
  const subscriptions = new Set<Subscription>();
  let state: "closed" | "holding" | "open" = "closed";
  let held: BusEvent[] = [];
  let dropped = 0;

  const deliver = (event: BusEvent): void => {
    const { topic, publisher, n, from } = event;
    const origin = from === undefined ? "device" : "remote";
    const info: EventInfo = { topic, publisher, user: from ?? user, origin };
    for (const subscription of [...subscriptions]) {
      if (subscription.topic !== topic || subscription.after >= n) continue;
      if (!subscriptions.has(subscription)) continue;
      const admitted = admit(event);
      if (!admitted) return;
      void call(subscription, structuredClone(admitted.data), info);
    }
  };
  const call = async (
    { listener, topic }: Subscription,
    data: unknown,
    info: EventInfo,
  ): Promise<void> => {
    const returned = options.onCall?.(topic, data);
    try {
      const heard = listener(data, info);
      returned?.();
      await heard;
    } catch (error) {
      onThrown(error, topic);
    }
  };
  const keep = (event: BusEvent): void => {
    if (held.length < MAX_HELD) held.push(event);
    else dropped++;
  };
  const isSubscribed = (topic: Topic): boolean =>
    [...subscriptions].some((subscription) => subscription.topic === topic);
  const detach = bus.attach((event) => {
    switch (state) {
      case "open":
        deliver(event);
        break;
      case "holding":
        if (options.wakes?.(event.topic) || isSubscribed(event.topic)) keep(event);
        break;
      case "closed":
        if (!options.wakes?.(event.topic) || !options.wakeable?.() || !admit(event)) return;
        keep(event);
        if (held.length === 1) options.wake?.();
        break;
    }
  });
  const reset = (): void => {
    held = [];
    dropped = 0;
  };
  const close = (): void => {
    state = "closed";
    subscriptions.clear();
    reset();
  };
  return {
    hold() {
      state = "holding";
    },
    open() {
      state = "open";
      const events = held;
      if (dropped > 0) options.onDropped?.(dropped);
      reset();
      for (const event of events) deliver(event);
    },
    close,
    subscribe(topic, listener) {
      // What woke the plugin is heard by whoever subscribes to it during the activation.
      const first = options.wakes?.(topic)
        ? held.find((event) => event.topic === topic)
        : undefined;
      const after = first ? first.n - 1 : bus.position;
      const subscription = { topic, listener, after };
      subscriptions.add(subscription);
      return () => {
        subscriptions.delete(subscription);
      };
    },
    get size() {
      return subscriptions.size;
    },
    dispose() {
      detach();
      close();
    },
  };
}
