/** Events of a plugin that runs elsewhere: its end, and its host's. */

import { CroftError, type Unsubscribe } from "@croft/core";
import * as z from "zod";
import type { EventInfo, EventListener, EventScope, PluginEvents } from "../events.ts";
import type { TopicSchemas } from "../schema.ts";
import { copyPlainData } from "../plain-data.ts";
import { parseTopic, type Topic } from "../topic.ts";
import type { Calls } from "./calls.ts";
import { failureOf } from "./failure.ts";

/** Bytes of an event on one device, about. */
export const MAX_EVENT_BYTES: number = 8 * 1024 * 1024;

const publishing = z.strictObject({
  topic: z.string(),
  data: z.unknown(),
  scope: z.enum(["device", "workspace"]),
});
const published = z.strictObject({
  topic: z.string(),
  publisher: z.string(),
  user: z.string(),
  origin: z.enum(["device", "remote"]),
  data: z.unknown(),
});

/** Passes on what a plugin at the other end publishes and hears; returns what ends its subscriptions. */
export function serveEvents(
  calls: Calls,
  events: PluginEvents,
  onRefused: (message: string) => void,
): Unsubscribe {
  const subscribed = new Map<string, Unsubscribe>();
  calls.answer("events/publish", publishing, ({ topic, data, scope }) =>
    events.publish(topic, data, { scope }),
  );
  calls.hear("events/subscribe", z.string(), (text) => {
    if (subscribed.has(text)) return;
    try {
      const topic = parseTopic(text);
      const stop = events.subscribe(topic, (data, { publisher, user, origin }) => {
        calls.tell("events/event", { topic, publisher, user, origin, data });
      });
      subscribed.set(text, stop);
    } catch (error) {
      onRefused(failureOf(error).message);
    }
  });
  const unsubscribe = (text: string): void => {
    subscribed.get(text)?.();
    subscribed.delete(text);
  };
  calls.hear("events/unsubscribe", z.string(), unsubscribe);
  return () => {
    for (const text of [...subscribed.keys()]) unsubscribe(text);
  };
}

/** The plugin's end: checks by the schemas that only the plugin has. */
export class RemoteEvents {
  readonly #calls: Calls;
  readonly #topics: TopicSchemas;
  readonly #threw: (error: unknown, where: string) => void;
  readonly #listeners = new Map<Topic, Set<EventListener<unknown>>>();

  constructor(calls: Calls, topics: TopicSchemas, threw: (error: unknown, where: string) => void) {
    this.#calls = calls;
    this.#topics = topics;
    this.#threw = threw;
    calls.hear("events/event", published, ({ topic, data, ...from }) =>
      this.#deliver({ ...from, topic: parseTopic(topic) }, data),
    );
  }

  async publish(topic: Topic, data: unknown, scope: EventScope): Promise<void> {
    const checked = this.#check(topic, data);
    if ("problem" in checked) {
      throw new CroftError(
        "input/invalid",
        `What was published to ${topic} is invalid: ${checked.problem}.`,
        { hint: "See the schema that the plugin gives for the topic." },
      );
    }
    // What is not plain would arrive as something else.
    const copy = copyPlainData(checked.value, MAX_EVENT_BYTES, `Events of ${topic}`);
    await this.#calls.ask("events/publish", { topic, data: copy, scope });
  }

  subscribe(topic: Topic, listener: EventListener<unknown>): Unsubscribe {
    let listeners = this.#listeners.get(topic);
    if (!listeners) {
      this.#listeners.set(topic, (listeners = new Set()));
      this.#calls.tell("events/subscribe", topic);
    }
    // The same function twice is two listeners.
    const own: EventListener<unknown> = (data, event) => listener(data, event);
    listeners.add(own);
    return () => {
      if (!listeners.delete(own) || listeners.size > 0) return;
      this.#listeners.delete(topic);
      this.#calls.tell("events/unsubscribe", topic);
    };
  }

  #deliver(event: EventInfo, data: unknown): void {
    const { topic, publisher } = event;
    // What others publish to our topics is checked here, by the schema that only we have.
    const checked = this.#check(topic, data);
    if ("problem" in checked) {
      this.#threw(new Error(checked.problem), `away an event of ${topic} from ${publisher}`);
      return;
    }
    for (const listener of this.#listeners.get(topic) ?? []) {
      const where = `in a listener of ${topic}`;
      try {
        const heard: unknown = listener(structuredClone(checked.value), event);
        Promise.resolve(heard).catch((error: unknown) => this.#threw(error, where));
      } catch (error) {
        this.#threw(error, where);
      }
    }
  }

  #check(topic: Topic, data: unknown): { readonly value: unknown } | { readonly problem: string } {
    const schema = this.#topics[topic];
    if (!schema) return { value: data };
    const result = schema["~standard"].validate(data);
    if (result instanceof Promise) return { problem: "its schema is asynchronous" };
    if (!result.issues) return { value: result.value };
    return { problem: result.issues.map(({ message }) => message).join("; ") };
  }
}
