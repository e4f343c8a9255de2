/** Leave to show notifications. */

import * as z from "zod";
import { reason } from "../manifest-fields.ts";
import type { Asked, PermissionKind } from "./kind.ts";

/** Leave to show notifications; there is nothing more to say about it. */
export type NotificationGrant = Readonly<Record<never, never>>;

/** Asks for it. */
export interface NotificationPermission extends Asked {}

/** See {@link PermissionKind}. */
export const notifications: PermissionKind<
  NotificationGrant,
  NotificationGrant,
  NotificationPermission
> = {
  asked: z.strictObject({ reason, optional: z.boolean().optional() }),
  given: z.object({}),
  field: undefined,
  parse: () => ({}),
  keyOf: () => "notifications",
  isTaken: () => true,
  isWithin: () => true,
  nameOf: () => "the permission notifications",
  describe: () => "Show notifications",
  problemOf: () => [],
};
