/** All routes that administer a workspace. */

import type { Route } from "../route.ts";
import { auditRoutes } from "./audit.ts";
import { invitationRoutes } from "./invitations.ts";
import { memberRoutes } from "./members.ts";
import { revocationRoutes } from "./revocations.ts";
import { groupRoutes, roleRoutes } from "./roles.ts";
import { type TokenContext, tokenRoutes } from "./tokens.ts";
import { transferRoutes } from "./transfer.ts";

/** The routes that administer a workspace. */
export function adminRoutes(context: TokenContext): readonly Route[] {
  return [
    ...[...memberRoutes, ...roleRoutes, ...groupRoutes],
    ...[...invitationRoutes(context), ...tokenRoutes(context), ...revocationRoutes(context)],
    ...[...auditRoutes, ...transferRoutes],
  ];
}
