/**
 * Where events leave this host and come in: passes what is published to the whole workspace on to its other devices and
 * tabs, and what comes from there to the bus. Counts what is dropped on the way.
 */

import {
  APP_SUBTREE,
  type Clock,
  createEmitter,
  CroftError,
  type EventLoss,
  type Unsubscribe,
  type Workspace,
  type WorkspaceEvent,
} from "@croft/core";
import { type EventScope, isBuiltInTopic, parseTopic, type Topic } from "@croft/plugin";
import type { EventBus } from "./event-bus.ts";
import { PerPlugin, Rate } from "./services/rate.ts";

/**
 * Why events were dropped: on their way through the hubs, or here: `held`, a plugin took too long to activate; `invalid`,
 * what came is not what the topic's owner asks for.
 */
export type HostEventLoss = EventLoss | "held" | "invalid";

/** How many events were dropped since the host was created, by reason. */
export type HostEventDrops = Readonly<Record<HostEventLoss, number>>;

/** See the top of this file. */
export interface EventOutlet {
  /**
   * Publishes to this host alone, or to everybody in the workspace.
   *
   * @throws CroftError `input/invalid` when `data` is not plain, not JSON where it goes to others, or not what the schema
   *   asks for; `plugin/busy` when a publisher is faster than it may be.
   */
  publish(publisher: string, topic: Topic, data: unknown, scope: EventScope): void;
  readonly dropped: HostEventDrops;
  onDropped(listener: (dropped: HostEventDrops) => void): Unsubscribe;
  /** Events waited for a plugin and were dropped. */
  drop(why: "held" | "invalid", count: number): void;
  /** A plugin is not registered any more. */
  forget(publisher: string): void;
  dispose(): void;
}

/** What one publisher may send to others a second, and at once: less than a device may, so that it leaves room. */
const RATE = { perSecond: 20, burst: 100 };

/** Options of {@link createEventOutlet}. */
export interface EventOutletOptions {
  readonly events: Workspace["events"];
  readonly bus: Pick<EventBus, "publish" | "check">;
  readonly clock: Pick<Clock, "now">;
}

/** Creates an {@link EventOutlet}. */
export function createEventOutlet({ events, bus, clock }: EventOutletOptions): EventOutlet {
  const changes = createEmitter<HostEventDrops>();
  const own = { held: 0, invalid: 0 };
  const { perSecond, burst } = RATE;
  const rates = new PerPlugin(() => new Rate(clock, burst, (burst / perSecond) * 1000));
  const dropped = (): HostEventDrops => ({ ...events.dropped, ...own });
  const drop: EventOutlet["drop"] = (why, count) => {
    own[why] += count;
    changes.emit(dropped());
  };
  const take = (publisher: string): void => {
    if (rates.get(publisher).take()) return;
    throw new CroftError("plugin/busy", `${publisher} publishes faster than others can hear.`, {
      plugin: publisher,
      hint: `Publish ${perSecond} events a second to the workspace at most, and tell of several things in one.`,
    });
  };
  const receive = ({ topic: text, user, plugin = APP_SUBTREE, data }: WorkspaceEvent): void => {
    try {
      const topic = parseTopic(text);
      // What croft tells is told by each device for itself.
      if (!isBuiltInTopic(topic)) bus.publish(plugin, topic, data, user);
    } catch {
      drop("invalid", 1);
    }
  };
  const stops = [events.listen(receive), events.onDropped(() => changes.emit(dropped()))];
  return {
    publish(publisher, topic, data, scope) {
      if (scope === "workspace") {
        // Whatever is wrong with it is found before anybody hears it.
        bus.check(topic, data);
        take(publisher);
        events.publish(topic, data, publisher === APP_SUBTREE ? {} : { plugin: publisher });
      }
      bus.publish(publisher, topic, data);
    },
    get dropped() {
      return dropped();
    },
    onDropped: (listener) => changes.on(listener),
    drop,
    forget: (publisher) => rates.delete(publisher),
    dispose() {
      for (const stop of stops) stop();
      changes.clear();
    },
  };
}
