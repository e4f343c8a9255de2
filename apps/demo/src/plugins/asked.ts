/**
 * What plugins ask for, one by one and in words: for prompts, where each can be left out, and for the switches of a
 * plugin's page.
 */

import { includesPermissions, type Permissions, type StoredGrants } from "@croft/host";
import { type AskedPermissions, listPermissions } from "@croft/plugin";

/** One thing that is asked for. */
export interface AskedItem {
  readonly key: string;
  /** For example `See your pages`. */
  readonly what: string;
  /** What exactly, where `what` says it in other words. */
  readonly exactly: string | undefined;
  /** The author's reason. */
  readonly why: string;
  /** To be granted, if it is. */
  readonly permissions: Partial<AskedPermissions>;
}

/** The documents of this app, as its people call them. */
const KNOWN: ReadonlyMap<string, string> = new Map([
  ["**", "everything in this workspace"],
  ["notes/**", "your notes: all pages, and the list of them"],
  ["notes/pages/*", "your pages"],
  ["notes/pages/**", "your pages"],
  ["notes/index", "the list of your pages"],
]);

/** What is asked for, in the order in which it matters to a person. */
export function listAsked(asked: Partial<AskedPermissions>): readonly AskedItem[] {
  return listPermissions(asked).map((listed) => {
    const { kind, what, why, asked: permissions } = listed;
    const [document] = permissions.documents ?? [];
    const known = document && KNOWN.get(document.pattern);
    const item = { key: `${kind} ${what}`, what, exactly: undefined, why, permissions };
    if (known === undefined) return item;
    const verb = document?.access === "write" ? "See and change" : "See";
    return { ...item, what: `${verb} ${known}`, exactly: document?.pattern };
  });
}

/** Whether all of an item is granted. */
export function isGranted({ permissions }: AskedItem, granted: StoredGrants): boolean {
  return includesPermissions(granted, permissions);
}

/** The items together, as something to be granted: also what is optional, since a person chose it. */
export function permissionsOf(items: readonly AskedItem[]): Permissions {
  const lists = items.map(({ permissions }) => permissions);
  return {
    documents: lists.flatMap(({ documents = [] }) => documents.map(chosen)),
    events: lists.flatMap(({ events = [] }) => events.map(chosen)),
    network: lists.flatMap(({ network = [] }) => network.map(chosen)),
    notifications: lists.flatMap(({ notifications = [] }) => notifications.map(chosen)),
    clipboard: lists.flatMap(({ clipboard = [] }) => clipboard.map(chosen)),
    apis: lists.flatMap(({ apis = [] }) => apis.map(chosen)),
  };
}

/** Without what is for people, and what says that it may be left out. */
function chosen<T extends { readonly reason: string; readonly optional?: boolean | undefined }>({
  reason: _reason,
  optional: _optional,
  ...permission
}: T): Omit<T, "reason" | "optional"> {
  return permission;
}
