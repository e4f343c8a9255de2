/** Requests for permissions of a plugin that runs elsewhere: its end, and its host's. */

import * as z from "zod";
import type { PluginPermissions } from "../permission-requests.ts";
import { KINDS } from "../permissions/kinds.ts";
import type { Permissions } from "../permissions/permissions.ts";
import type { Calls } from "./calls.ts";

/** Most permissions of one kind in a request. */
const MAX_REQUESTED = 100;

const requested: z.ZodType<Permissions> = z.strictObject({
  documents: z.array(KINDS.documents.given).max(MAX_REQUESTED).optional(),
  events: z.array(KINDS.events.given).max(MAX_REQUESTED).optional(),
  network: z.array(KINDS.network.given).max(MAX_REQUESTED).optional(),
  notifications: z.array(KINDS.notifications.given).max(MAX_REQUESTED).optional(),
  clipboard: z.array(KINDS.clipboard.given).max(MAX_REQUESTED).optional(),
  apis: z.array(KINDS.apis.given).max(MAX_REQUESTED).optional(),
});

/** Passes on what a plugin at the other end asks for. */
export function servePermissions(calls: Calls, permissions: PluginPermissions): void {
  calls.answer("permissions/has", requested, (wanted) => permissions.has(wanted));
  calls.answer("permissions/request", requested, (wanted) => permissions.request(wanted));
}

/** Has the host ask the person, until `ended`. */
export function permissionsOver(calls: Calls, ended: AbortSignal): PluginPermissions {
  const ask = async (method: string, wanted: Permissions): Promise<boolean> =>
    z.boolean().parse(await calls.ask(method, structuredClone(wanted), ended));
  return {
    has: (wanted) => ask("permissions/has", wanted),
    request: (wanted) => ask("permissions/request", wanted),
  };
}
