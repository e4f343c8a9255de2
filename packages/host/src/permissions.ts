/**
 * What the user granted a plugin, on top of what is its own. Only what the manifest asks for can
 * be granted, in whole or in part: less access, or fewer documents. Pure.
 */

import { CroftError } from "@croft/core";
import {
  type AskedKinds,
  type AskedPermissions,
  type GrantedPermissions,
  type GrantKinds,
  isBuiltInTopic,
  ownerOfTopic,
  type Permissions,
  type PluginManifest,
  type StoredPermissions,
} from "@croft/plugin";
import { eachKind, type EventGrant, KINDS, listsOf } from "@croft/plugin/remote";

export type { GrantedPermissions, Permissions } from "@croft/plugin";
export { covers } from "@croft/plugin/remote";

/** Nothing beyond the plugin's own. */
export const NOTHING_GRANTED: GrantedPermissions = listsOf<GrantKinds>(() => []);

/**
 * Adds to what is granted; a pattern that is granted already gets the new access. What is marked as `optional`
 * is left out: of a whole manifest only that is granted which a person is asked for at once.
 *
 * @throws {@link CroftError} `input/invalid` for a malformed pattern or topic, and for what the
 *   manifest does not ask for.
 */
export function addPermissions(
  granted: GrantedPermissions,
  added: Permissions,
  manifest: PluginManifest,
): GrantedPermissions {
  const parsed = parsePermissions(requiredOf(added));
  const missing = whatIsNotAsked(parsed, manifest.permissions);
  if (missing !== undefined) throw notAsked(manifest.id, missing);
  const kept = without(granted, parsed);
  return listsOf<GrantKinds>((kind) => kept[kind].concat(parsed[kind]));
}

/** What a manifest asks for of what was granted: after an update that may be less. */
export function keepAsked(
  granted: Permissions,
  { permissions }: PluginManifest,
): GrantedPermissions {
  const parsed = parsePermissions(granted);
  return listsOf<GrantKinds>((kind) => {
    const { isWithin } = KINDS[kind];
    return parsed[kind].filter((grant) =>
      permissions[kind].some((asked) => isWithin(grant, asked)),
    );
  });
}

/** Takes away: documents by their pattern, topics by name and direction, origins whole if only they are named. */
export function removePermissions(
  granted: GrantedPermissions,
  removed: Permissions,
): GrantedPermissions {
  // Throws for what is malformed.
  parsePermissions(removed);
  return without(granted, removed);
}

/** The parts of `some` that are not just so among `others`. */
export function notAmong(some: GrantedPermissions, others: GrantedPermissions): GrantedPermissions {
  return listsOf<GrantKinds>((kind) => {
    const known = new Set(others[kind].map((grant) => JSON.stringify(grant)));
    return some[kind].filter((grant) => !known.has(JSON.stringify(grant)));
  });
}

/** The parts of `some` for which `others` have nothing that would replace them, whatever it allows. */
export function withoutCounterpart(
  some: GrantedPermissions,
  others: GrantedPermissions,
): GrantedPermissions {
  return listsOf<GrantKinds>((kind) => {
    const { keyOf } = KINDS[kind];
    const known = new Set(others[kind].map((grant) => keyOf(grant)));
    return some[kind].filter((grant) => !known.has(keyOf(grant)));
  });
}

/** Whether `granted` allows all of `wanted`. */
export function areGranted(wanted: GrantedPermissions, granted: GrantedPermissions): boolean {
  return eachKind((kind) => {
    const { isWithin } = KINDS[kind];
    return wanted[kind].every((grant) => granted[kind].some((given) => isWithin(grant, given)));
  }).every(Boolean);
}

/** Whether `granted` holds all of `wanted`, as data. @throws {@link CroftError} `input/invalid` for a malformed one. */
export function includesPermissions(granted: Permissions, wanted: Permissions): boolean {
  return areGranted(parsePermissions(wanted), parsePermissions(granted));
}

/** Whether nothing is in them. */
export function isNothing(permissions: GrantedPermissions | AskedPermissions): boolean {
  return Object.values(permissions).every((list: readonly unknown[]) => list.length === 0);
}

/** The entries of a manifest which ask for one of these. */
export function askedFor(wanted: GrantedPermissions, asked: AskedPermissions): AskedPermissions {
  return listsOf<AskedKinds>((kind) => {
    const { isWithin } = KINDS[kind];
    return asked[kind].filter((entry) => wanted[kind].some((grant) => isWithin(grant, entry)));
  });
}

/** Whether all of `wanted` is among what a manifest asks for as optional. */
export function areOptional(wanted: GrantedPermissions, asked: AskedPermissions): boolean {
  return (
    whatIsNotAsked(
      wanted,
      listsOf<AskedKinds>((kind) => asked[kind].filter(({ optional }) => optional)),
    ) === undefined
  );
}

/** What is not marked as optional. */
export function requiredOf<T extends Permissions>(permissions: T): T {
  const entries = Object.entries(permissions).map(([kind, list]) => [
    kind,
    list?.filter((entry) => !("optional" in entry && entry.optional === true)),
  ]);
  return Object.fromEntries(entries) as T;
}

/** What a manifest asks for as it is kept, without the reasons. */
export function storedOf(asked: AskedPermissions): StoredPermissions {
  return parsePermissions(asked);
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

/**
 * Checks permissions, of which every kind may be missing.
 *
 * @throws {@link CroftError} `input/invalid` for a malformed one.
 */
export function parsePermissions(given: Permissions): GrantedPermissions {
  return listsOf<GrantKinds>((kind) => {
    const { parse } = KINDS[kind];
    return (given[kind] ?? []).map((entry) => parse(entry));
  });
}

/** Names the first that the manifest does not ask for. */
export function whatIsNotAsked(
  wanted: GrantedPermissions,
  asked: AskedPermissions,
): string | undefined {
  return eachKind((kind) => {
    const { isWithin, nameOf } = KINDS[kind];
    const found = wanted[kind].find(
      (grant) => !asked[kind].some((entry) => isWithin(grant, entry)),
    );
    return found && nameOf(found);
  }).find((name) => name !== undefined);
}

/** Says that a plugin wants what it did not ask for. */
export function notAsked(plugin: string, what: string): CroftError {
  return new CroftError("input/invalid", `${plugin} did not ask for ${what}.`, {
    plugin,
    hint: "Grant what the manifest's `permissions` ask for, or less.",
  });
}

function without(from: GrantedPermissions, removed: Permissions): GrantedPermissions {
  return listsOf<GrantKinds>((kind) => {
    const { isTaken } = KINDS[kind];
    return from[kind].filter((grant) => !removed[kind]?.some((other) => isTaken(grant, other)));
  });
}
