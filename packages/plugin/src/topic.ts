/**
 * Names of events: `notes/page-opened`. The first segment is who owns the topic, a plugin or the
 * application (`app`), as with doc paths; topics without an owner are croft's own.
 */

import { APP_SUBTREE, CroftError, isPluginId } from "@croft/core";
import { DATA_CHANGED } from "./data-changed.ts";

/** A checked topic: `notes/page-opened`, or {@link DATA_CHANGED}. */
export type Topic = string & { readonly __topic: unique symbol };

/** Longest topic, in characters. */
const MAX_TOPIC_LENGTH = 128;
const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?:\/[a-z][a-z0-9]*(?:-[a-z0-9]+)*)*$/;

/**
 * Checks a topic.
 *
 * @throws {@link CroftError} `input/invalid`, saying which rule is broken.
 * @example
 * ```ts
 * parseTopic("notes/page-opened"); // "notes/page-opened"
 * parseTopic("page-opened"); // throws: nobody owns it
 * ```
 */
export function parseTopic(text: string): Topic {
  const problem = problemOfTopic(text);
  if (problem === undefined) return text as Topic;
  const shown = JSON.stringify(text.slice(0, MAX_TOPIC_LENGTH));
  throw new CroftError("input/invalid", `Invalid topic ${shown}: ${problem}.`, {
    hint: "Write the owner and a name, for example `notes/page-opened`.",
  });
}

/** Who owns a topic: a plugin's id, or `app` for the application; `undefined` for croft's own. */
export function ownerOfTopic(topic: Topic): string | undefined {
  const end = topic.indexOf("/");
  return end < 0 ? undefined : topic.slice(0, end);
}

/** Whether croft itself publishes `topic`: nobody else may, and everybody may listen. */
export function isBuiltInTopic(topic: string): boolean {
  return topic === DATA_CHANGED;
}

function problemOfTopic(text: string): string | undefined {
  if (isBuiltInTopic(text)) return undefined;
  if (text.length > MAX_TOPIC_LENGTH) return `it is longer than ${MAX_TOPIC_LENGTH} characters`;
  const end = text.indexOf("/");
  if (end < 0) return "it needs an owner and a name, as in `notes/page-opened`";
  const owner = text.slice(0, end);
  if (owner !== APP_SUBTREE && !isPluginId(owner)) {
    return "its first segment must be a plugin id (a-z, 0-9, `-`, `.`) or `app`";
  }
  if (!NAME.test(text.slice(end + 1))) {
    return "its name must be lower-case words joined by `-` and `/`";
  }
  return undefined;
}
