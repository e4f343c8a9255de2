/**
 * What the user granted a plugin, on top of what is its own. Only what the manifest asks for can
 * be granted, in whole or in part: less access, or fewer documents. Pure.
 */

import {
  type Access,
  allows,
  CroftError,
  type DocPattern,
  type Grant,
  parsePattern,
} from "@croft/core";
import { isBuiltInTopic, ownerOfTopic, parseTopic, type PluginManifest } from "@croft/plugin";
import type { EventGrant } from "@croft/plugin/remote";

/** Permissions to grant or revoke; a manifest's `permissions` is one. */
export interface Permissions {
  readonly documents?: readonly { readonly pattern: string; readonly access: Access }[] | undefined;
  readonly events?:
    | readonly { readonly topic: string; readonly direction: "publish" | "subscribe" }[]
    | undefined;
}

/** What a plugin is granted. */
export interface GrantedPermissions {
  readonly documents: readonly Grant[];
  readonly events: readonly EventGrant[];
}

/** Nothing beyond the plugin's own. */
export const NOTHING_GRANTED: GrantedPermissions = { documents: [], events: [] };

/**
 * Adds to what is granted; a pattern that is granted already gets the new access.
 *
 * @throws {@link CroftError} `input/invalid` for a malformed pattern or topic, and for what the
 *   manifest does not ask for.
 */
export function addPermissions(
  granted: GrantedPermissions,
  added: Permissions,
  manifest: PluginManifest,
): GrantedPermissions {
  const { documents, events } = parsePermissions(added);
  for (const grant of documents) {
    if (isDocumentAsked(grant, manifest)) continue;
    throw notAsked(manifest.id, `${grant.access} access to ${grant.pattern}`);
  }
  for (const grant of events) {
    if (isEventAsked(grant, manifest)) continue;
    throw notAsked(manifest.id, `leave to ${grant.direction} ${grant.topic}`);
  }
  const kept = removeParsed(granted, { documents, events });
  return { documents: [...kept.documents, ...documents], events: [...kept.events, ...events] };
}

/** What a manifest asks for of what was granted: after an update that may be less. */
export function keepAsked(granted: Permissions, manifest: PluginManifest): GrantedPermissions {
  const { documents, events } = parsePermissions(granted);
  return {
    documents: documents.filter((grant) => isDocumentAsked(grant, manifest)),
    events: events.filter((grant) => isEventAsked(grant, manifest)),
  };
}

/** Takes away: documents by their pattern, topics by name and direction. */
export function removePermissions(
  granted: GrantedPermissions,
  removed: Permissions,
): GrantedPermissions {
  return removeParsed(granted, parsePermissions(removed));
}

/** Whether a plugin may publish to or hear `topic`. */
export function mayUseTopic(
  plugin: string,
  granted: GrantedPermissions,
  { topic, direction }: EventGrant,
): boolean {
  if (isBuiltInTopic(topic)) return direction === "subscribe";
  if (ownerOfTopic(topic) === plugin) return true;
  return granted.events.some((grant) => grant.topic === topic && grant.direction === direction);
}

/** Whether `wide` matches every path that `narrow` matches. */
export function covers(wide: DocPattern, narrow: DocPattern): boolean {
  const wanted = wide.split("/");
  const segments = narrow.split("/");
  for (const [index, want] of wanted.entries()) {
    if (want === "**") return segments.length > index;
    const segment = segments[index];
    if (segment === undefined || segment === "**") return false;
    if (want !== "*" && want !== segment) return false;
  }
  return wanted.length === segments.length;
}

function parsePermissions({ documents = [], events = [] }: Permissions): GrantedPermissions {
  return {
    documents: documents.map(({ pattern, access }) => ({ pattern: parsePattern(pattern), access })),
    events: events.map(({ topic, direction }) => ({ topic: parseTopic(topic), direction })),
  };
}

function removeParsed(from: GrantedPermissions, removed: GrantedPermissions): GrantedPermissions {
  return {
    documents: from.documents.filter(
      ({ pattern }) => !removed.documents.some((other) => other.pattern === pattern),
    ),
    events: from.events.filter(
      ({ topic, direction }) =>
        !removed.events.some((other) => other.topic === topic && other.direction === direction),
    ),
  };
}

function isDocumentAsked({ pattern, access }: Grant, { permissions }: PluginManifest): boolean {
  // An exception from something granted (`none`) is never too much.
  if (access === "none") return true;
  return permissions.documents.some(
    (permission) => allows(permission.access, access) && covers(permission.pattern, pattern),
  );
}

function isEventAsked({ topic, direction }: EventGrant, { permissions }: PluginManifest): boolean {
  return permissions.events.some(
    (permission) => permission.topic === topic && permission.direction === direction,
  );
}

function notAsked(plugin: string, what: string): CroftError {
  return new CroftError("input/invalid", `${plugin} did not ask for ${what}.`, {
    plugin,
    hint: "Grant what the manifest's `permissions` ask for, or less.",
  });
}
