/**
 * Takes events and hands them to receivers later, never within `publish`, all of them in the order
 * of publishing. Checks what is published: plain data, in the shape that the topic's owner defined.
 * Who may publish and who may hear is decided by the receivers and the publishers' sides.
 */

import { type Clock, CroftError, type Unsubscribe } from "@croft/core";
import { copyPlain, MAX_EVENT_BYTES } from "@croft/plugin/remote";
import type { StandardIssue, StandardSchema, Topic, TopicSchemas } from "@croft/plugin";

/** Something published. */
export interface BusEvent {
  /** Counts up over all topics. */
  readonly n: number;
  readonly topic: Topic;
  /** A plugin's id, or `app`. */
  readonly publisher: string;
  /** Whose it is, where it came from elsewhere. */
  readonly from?: string;
  /** Not to be handed out: make a copy. */
  readonly data: unknown;
}

/** The bus of one host. */
export interface EventBus {
  /** The number of the newest event. */
  readonly position: number;
  /**
   * Publishes a copy of `data`.
   *
   * @throws CroftError `input/invalid` when `data` is not plain, or not what the schema asks for.
   */
  publish(publisher: string, topic: Topic, data: unknown, from?: string): void;
  /** Checks what would be published, and throws as {@link EventBus.publish}. */
  check(topic: Topic, data: unknown): void;
  /** Hands every event to `receive`, which must not throw. */
  attach(receive: (event: BusEvent) => void): Unsubscribe;
  /** Checks what is published to these topics from now on. */
  define(schemas: TopicSchemas): Unsubscribe;
  /** Drops what was not handed out yet, and forgets everybody. */
  clear(): void;
}

/** Creates an {@link EventBus}. */
export function createEventBus(clock: Pick<Clock, "soon">): EventBus {
  const receivers = new Set<{ readonly receive: (event: BusEvent) => void }>();
  const schemas = new Map<string, StandardSchema>();
  let waiting: BusEvent[] = [];
  let position = 0;
  // What is published while events are handed out waits for the next turn, so that two plugins
  // that answer each other for ever do not stop everything else, where `soon` is a turn.
  const flush = (): void => {
    const events = waiting;
    waiting = [];
    for (const event of events) for (const { receive } of [...receivers]) receive(event);
  };
  const check = (topic: Topic, data: unknown): unknown => {
    const schema = schemas.get(topic);
    const copy = copyOf(topic, data);
    return schema ? copyOf(topic, validate(schema, topic, copy)) : copy;
  };
  return {
    check,
    get position() {
      return position;
    },
    publish(publisher, topic, data, from) {
      const checked = check(topic, data);
      const origin = from === undefined ? {} : { from };
      waiting.push({ n: ++position, topic, publisher, ...origin, data: checked });
      if (waiting.length === 1) clock.soon(flush);
    },
    attach(receive) {
      const entry = { receive };
      receivers.add(entry);
      return () => {
        receivers.delete(entry);
      };
    },
    define(added) {
      for (const [topic, schema] of Object.entries(added)) schemas.set(topic, schema);
      return () => {
        for (const topic of Object.keys(added)) schemas.delete(topic);
      };
    },
    clear() {
      waiting = [];
      receivers.clear();
      schemas.clear();
    },
  };
}

/** A copy of plain data: the same whether the plugin that hears it runs beside the host or elsewhere. */
function copyOf(topic: Topic, data: unknown): unknown {
  const copied = copyPlain(data, MAX_EVENT_BYTES);
  if ("copy" in copied) return copied.copy;
  const message = `What was published to ${topic} is not plain data: it ${copied.problem}.`;
  throw new CroftError("input/invalid", message, {
    hint: "Publish values, arrays and objects; no functions, no dates, no documents, no handles.",
  });
}

function validate(schema: StandardSchema, topic: Topic, data: unknown): unknown {
  const result = schema["~standard"].validate(data);
  if (result instanceof Promise) {
    // Its outcome does not matter any more, and must not show up as an unhandled rejection.
    result.then(undefined, () => undefined);
    throw new CroftError("input/invalid", `The schema of ${topic} is asynchronous.`, {
      hint: "Topics need a schema that answers at once, or events would overtake each other.",
    });
  }
  if (!result.issues) return result.value;
  const issues = result.issues.map(describeIssue).join("; ");
  throw new CroftError("input/invalid", `What was published to ${topic} is invalid: ${issues}.`, {
    hint: "The topic's owner says in its schema what may be published there.",
  });
}

function describeIssue({ path = [], message }: StandardIssue): string {
  const keys = path.map((part) => String(typeof part === "object" ? part.key : part));
  return keys.length === 0 ? message : `\`${keys.join(".")}\` ${message}`;
}
