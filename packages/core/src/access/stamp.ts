/**
 * Stamps: who made a change, as the hub vouches for it. `ada` is a user, `ada/notes` a plugin of hers, and
 * `ada/notes@1.2.0` says which version of it. Who somebody is does not depend on versions; what they write is stamped with them.
 */

import { isPluginId } from "../doc-path.ts";
import type { Principal } from "./access.ts";

/** A stamp in its parts. */
export interface Stamp {
  /** The user's id. */
  readonly user: string;
  /** The plugin that acted for the user; absent for the application itself. */
  readonly plugin?: string;
  /** The plugin's version, where it is known. */
  readonly version?: string;
  /** Whether a server that had lost the change took it back from this user, who need not have made it. */
  readonly recovered?: true;
}

/** A plugin and its version, as `notes@1.2.0`; `notes` where the version is not known, and empty for the application itself. */
export type PluginLabel = string;

const RECOVERED = " (recovered)";
const VERSION = /^[0-9A-Za-z.+-]{1,64}$/;
/** Of a label, in characters: an id, `@` and a version. */
export const MAX_LABEL_LENGTH = 129;
/** Of a stamp, in characters: a user's id, which has 256 at most, `/`, a label, and what says that it was recovered. */
export const MAX_STAMP_LENGTH = 400;

/** Who a principal is: `ada`, or `ada/notes` for a plugin of hers. */
export function stampOf({ user, plugin }: Pick<Principal, "user" | "plugin">): string {
  return stampFor(user, plugin ?? "");
}

/** The stamp of what a plugin of `user` writes, or the application itself. */
export function stampFor(user: string, label: PluginLabel): string {
  return label === "" ? user : `${user}/${label}`;
}

/** The stamp of what a server took back from `stamp` after it had lost it. */
export function recoveredFrom(stamp: string): string {
  return stamp + RECOVERED;
}

/**
 * Reads a stamp, as of an entry, a quarantine record or an event.
 *
 * @example
 * ```ts
 * parseStamp("ada/notes@1.2.0"); // { user: "ada", plugin: "notes", version: "1.2.0" }
 * ```
 */
export function parseStamp(text: string): Stamp {
  const recovered = text.endsWith(RECOVERED);
  const stamp = recovered ? text.slice(0, -RECOVERED.length) : text;
  // Users' ids have no slash in them.
  const slash = stamp.indexOf("/");
  return {
    user: slash < 0 ? stamp : stamp.slice(0, slash),
    ...(slash < 0 ? {} : parseLabel(stamp.slice(slash + 1))),
    ...(recovered && { recovered }),
  };
}

/** The label of a plugin. */
export function labelOf(plugin: string | undefined, version?: string): PluginLabel {
  if (plugin === undefined) return "";
  return version === undefined ? plugin : `${plugin}@${version}`;
}

/** The parts of a label that is not empty. */
export function parseLabel(label: PluginLabel): { plugin: string; version?: string } {
  const at = label.indexOf("@");
  return at < 0 ? { plugin: label } : { plugin: label.slice(0, at), version: label.slice(at + 1) };
}

/** Whether a peer's word for one of its plugins is one. */
export function isPluginLabel(label: PluginLabel): boolean {
  const { plugin, version } = parseLabel(label);
  return isPluginId(plugin) && (version === undefined || isStampedVersion(version));
}

/** Whether a plugin's version can be stamped: letters, digits, `.`, `+` and `-`, up to 64 of them. */
export function isStampedVersion(version: string): boolean {
  return VERSION.test(version);
}
