/** Leave to publish or hear topics of others. */

import * as z from "zod";
import { parsed, reason, show } from "../manifest-fields.ts";
import { isBuiltInTopic, ownerOfTopic, parseTopic, type Topic } from "../topic.ts";
import type { Asked, PermissionKind } from "./kind.ts";

/** Leave to publish or to hear a topic of others. */
export interface EventGrant {
  readonly topic: Topic;
  readonly direction: "publish" | "subscribe";
}

/** Asks for a topic of others. */
export interface EventPermission extends EventGrant, Asked {}

/** An {@link EventGrant}, as data. */
export interface GivenEvent {
  readonly topic: string;
  readonly direction: "publish" | "subscribe";
}

/** An {@link EventPermission} as the author writes it. */
export interface AskedEvent extends GivenEvent, Asked {}

const direction = z.enum(["publish", "subscribe"], { error: 'must be "publish" or "subscribe"' });

/** See {@link PermissionKind}. */
export const events: PermissionKind<GivenEvent, EventGrant, EventPermission> = {
  asked: z.strictObject({
    topic: parsed<Topic>('a topic, for example "notes/page-opened"', parseTopic),
    direction,
    reason,
    optional: z.boolean().optional(),
  }),
  given: z.object({ topic: z.string(), direction }),
  field: "topic",
  parse: (given) => ({ topic: parseTopic(given.topic), direction: given.direction }),
  keyOf: (grant) => `${grant.direction} ${grant.topic}`,
  isTaken: isSame,
  isWithin: isSame,
  nameOf: (grant) => `leave to ${grant.direction} ${grant.topic}`,
  describe: (asked) =>
    asked.direction === "publish" ? `Announce ${asked.topic} to others` : `Hear of ${asked.topic}`,
  problemOf({ topic, direction: wanted }, plugin) {
    if (isBuiltInTopic(topic)) {
      return wanted === "publish"
        ? [`${show(topic)} is published by croft alone`]
        : [`${show(topic)} is open to everybody; leave it out`];
    }
    if (ownerOfTopic(topic) !== plugin) return [];
    return [`${show(topic)} is the plugin's own and needs no permission; leave it out`];
  },
};

function isSame(a: GivenEvent, b: GivenEvent): boolean {
  return a.topic === b.topic && a.direction === b.direction;
}
