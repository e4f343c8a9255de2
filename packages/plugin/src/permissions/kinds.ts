/** Every kind of permission, by its name. A new kind is a module beside this one and an entry here. */

import { apis } from "./apis.ts";
import { clipboard } from "./clipboard.ts";
import { documents } from "./documents.ts";
import { events } from "./events.ts";
import type { PermissionKind } from "./kind.ts";
import { network } from "./network.ts";
import { notifications } from "./notifications.ts";
import type { AskedKinds, GivenKinds, GrantKinds, PermissionKindName } from "./permissions.ts";

/** The kind `K`. */
export type KindOf<K extends PermissionKindName> = PermissionKind<
  GivenKinds[K],
  GrantKinds[K],
  AskedKinds[K]
>;

/** All of them. */
export const KINDS: { readonly [K in PermissionKindName]: KindOf<K> } = {
  documents,
  events,
  network,
  notifications,
  clipboard,
  apis,
};

/** Makes a list for each kind. `Kinds` says of what: {@link GrantKinds}, {@link AskedKinds}. */
export function listsOf<Kinds extends Record<PermissionKindName, unknown>>(
  make: <K extends PermissionKindName>(kind: K) => readonly Kinds[K][],
): { readonly [K in PermissionKindName]: readonly Kinds[K][] } {
  return {
    documents: make("documents"),
    events: make("events"),
    network: make("network"),
    notifications: make("notifications"),
    clipboard: make("clipboard"),
    apis: make("apis"),
  };
}

/** Does the same for each kind. */
export function eachKind<T>(make: <K extends PermissionKindName>(kind: K) => T): T[] {
  return Object.values(listsOf<Record<PermissionKindName, T>>((kind) => [make(kind)])).flat();
}
