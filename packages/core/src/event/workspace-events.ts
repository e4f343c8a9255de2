/** Events for everybody in a workspace who is there, as an application publishes and hears them. */

import { parseDocPath } from "../doc-path.ts";
import { createEmitter, type Unsubscribe } from "../emitter.ts";
import { CroftError } from "../errors.ts";
import type { EventLoss } from "../protocol/event-messages.ts";
import type { EventCalls } from "../session/event-calls.ts";
import { decodeEvent, encodeEvent } from "./event-data.ts";

/** An event, as it is heard. */
export interface WorkspaceEvent {
  readonly topic: string;
  /** Whose event it is; the server vouches for it. */
  readonly user: string;
  /** Which of the user's plugins published it, in the word of the user's device; nothing for the application. */
  readonly plugin: string | undefined;
  /** JSON. Each listener has a copy. */
  readonly data: unknown;
}

/** How many events of this device's, or for it, were dropped, since it was opened. */
export type EventDrops = Readonly<Record<EventLoss, number>>;

/** Options of {@link WorkspaceEvents.publish}. */
export interface PublishOptions {
  /** The plugin that it is published for; by default none, it is the application's own. */
  readonly plugin?: string | undefined;
}

/** Events for everybody in a workspace who is there, as an application publishes and hears them. */
export interface WorkspaceEvents {
  /**
   * Publishes `data` to everybody else who is there: other devices of the workspace, other tabs of this one. Whoever is not
   * there misses it, and so do all others while this device is offline. The events of one publisher arrive in the order in
   * which they were published. More than about 50 a second, or 256 KiB, are dropped, see {@link WorkspaceEvents.dropped}.
   *
   * @throws CroftError `input/invalid` when `topic` is not named as a document is, or `data` is not JSON, or has more
   *   than 16 KiB.
   */
  publish(topic: string, data: unknown, options?: PublishOptions): void;
  /** Calls `listener` with everything that others publish and that may be heard here. */
  listen(listener: (event: WorkspaceEvent) => void): Unsubscribe;
  /** What did not arrive, by reason. What others did not get of ours is told while somebody listens here. */
  readonly dropped: EventDrops;
  /** Tells when {@link WorkspaceEvents.dropped} has changed. */
  onDropped(listener: (dropped: EventDrops) => void): Unsubscribe;
}

/** Creates {@link WorkspaceEvents} over a session. */
export function createWorkspaceEvents(calls: EventCalls): WorkspaceEvents {
  const drops = createEmitter<EventDrops>();
  let dropped: EventDrops = { offline: 0, slow: 0, rate: 0, "no-access": 0 };
  const drop = (why: EventLoss, count: number): void => {
    dropped = { ...dropped, [why]: dropped[why] + count };
    drops.emit(dropped);
  };
  calls.onMissed(({ why, count }) => drop(why, count));
  return {
    get dropped() {
      return dropped;
    },
    onDropped: (listener) => drops.on(listener),
    publish(text, data, { plugin } = {}) {
      const topic = parseDocPath(text);
      if (topic !== text) {
        throw new CroftError("input/invalid", `The topic ${text} is not in its normal form (NFC).`);
      }
      const author = plugin === undefined ? "" : `${calls.user}/${plugin}`;
      const why = calls.publish({ topic, author, data: encodeEvent(topic, data) });
      if (why !== undefined) drop(why, 1);
    },
    listen: (listener) =>
      calls.listen(({ topic, author, data }) => {
        const decoded = decodeEvent(data);
        if (!decoded) return;
        const slash = author.indexOf("/");
        const user = slash < 0 ? author : author.slice(0, slash);
        const plugin = slash < 0 ? undefined : author.slice(slash + 1);
        listener({ topic, user, plugin, data: decoded.data });
      }),
  };
}
