/** All kinds of permissions together: as an author writes them, as a manifest asks for them, as they are granted. */

import type { Grant } from "@croft/core";
import type { ApiGrant, ApiPermission, AskedApi, GivenApi } from "./apis.ts";
import type { ClipboardGrant, ClipboardPermission } from "./clipboard.ts";
import type { AskedDocument, DocumentPermission, GivenDocument } from "./documents.ts";
import type { AskedEvent, EventGrant, EventPermission, GivenEvent } from "./events.ts";
import type { AskedNetwork, GivenNetwork, NetworkGrant, NetworkPermission } from "./network.ts";
import type { NotificationGrant, NotificationPermission } from "./notifications.ts";

/** What an entry of a manifest says, by its kind. */
export interface AskedKinds {
  readonly documents: DocumentPermission;
  readonly events: EventPermission;
  readonly network: NetworkPermission;
  readonly notifications: NotificationPermission;
  readonly clipboard: ClipboardPermission;
  readonly apis: ApiPermission;
}

/** What an entry of a manifest says as the author writes it, by its kind. */
export interface WrittenKinds {
  readonly documents: AskedDocument;
  readonly events: AskedEvent;
  readonly network: AskedNetwork;
  readonly notifications: NotificationPermission;
  readonly clipboard: ClipboardPermission;
  readonly apis: AskedApi;
}

/** What a grant says, by its kind. */
export interface GrantKinds {
  readonly documents: Grant;
  readonly events: EventGrant;
  readonly network: NetworkGrant;
  readonly notifications: NotificationGrant;
  readonly clipboard: ClipboardGrant;
  readonly apis: ApiGrant;
}

/** What a grant says as data, by its kind. */
export interface GivenKinds {
  readonly documents: GivenDocument;
  readonly events: GivenEvent;
  readonly network: GivenNetwork;
  readonly notifications: NotificationGrant;
  readonly clipboard: ClipboardGrant;
  readonly apis: GivenApi;
}

/** Names the kinds. */
export type PermissionKindName = keyof AskedKinds;

/** What a plugin asks for besides what is its own: a list for each kind. */
export type AskedPermissions = { readonly [K in PermissionKindName]: readonly AskedKinds[K][] };

/** {@link AskedPermissions} as the author writes them. */
export type WrittenPermissions = {
  readonly [K in PermissionKindName]?: readonly WrittenKinds[K][] | undefined;
};

/** What a plugin is granted: a list for each kind. */
export type GrantedPermissions = { readonly [K in PermissionKindName]: readonly GrantKinds[K][] };

/** Grants, as data: a list for each kind. */
export type StoredPermissions = { readonly [K in PermissionKindName]: readonly GivenKinds[K][] };

/**
 * Permissions to grant, to revoke, or to request; a manifest's `permissions` is one. Of such a one what is `optional` is
 * not granted: the plugin has to request it first.
 */
export type Permissions = {
  readonly [K in PermissionKindName]?: readonly GivenKinds[K][] | undefined;
};
