/**
 * Feeds `data_changed`: takes what the workspace tells of committed changes to the bus, and decides
 * what of it a plugin may hear. The gate is asked for each plugin when it is handed over, so nobody
 * learns of a document that he may not read.
 */

import {
  allows,
  APP_SUBTREE,
  type DocPath,
  isDocPath,
  parseStamp,
  type Unsubscribe,
  type Workspace,
} from "@croft/core";
import { DATA_CHANGED, type DataChanged, parseTopic, type Topic } from "@croft/plugin";
import type { BusEvent, EventBus } from "./event-bus.ts";

const TOPIC: Topic = parseTopic(DATA_CHANGED);

/** Publishes every change that the application hears of, as the application may hear it. */
export function feedDataChanged(
  workspace: Pick<Workspace, "onChanged">,
  bus: Pick<EventBus, "publish">,
): Unsubscribe {
  return workspace.onChanged(({ path, author, origin }) => {
    if (!isDocPath(path)) return;
    const change: DataChanged = {
      path,
      author,
      origin: origin === "below" ? "device" : "remote",
      byThisPlugin: false,
    };
    bus.publish(APP_SUBTREE, TOPIC, change);
  });
}

/** A change as `plugin` may hear it, or `undefined` if it may not read the document. */
export function admitDataChanged(
  event: BusEvent,
  plugin: string,
  workspace: Pick<Workspace, "user" | "gate">,
): { readonly data: DataChanged } | undefined {
  // Nothing but the feed publishes to this topic.
  const change = event.data as DataChanged;
  if (!mayRead(change.path, plugin, workspace)) return undefined;
  return { data: { ...change, byThisPlugin: parseStamp(change.author).plugin === plugin } };
}

/** Whether a plugin of `user` may read a document, now. */
export function mayRead(
  path: DocPath,
  plugin: string,
  { user, gate }: Pick<Workspace, "user" | "gate">,
): boolean {
  return allows(gate.check({ user, plugin, grants: [] }, path).access, "read");
}
