/** All routes that administer a workspace. */

import type { Route } from "../route.ts";
import { auditRoutes } from "./audit.ts";
import { memberRoutes } from "./members.ts";
import { groupRoutes, roleRoutes } from "./roles.ts";

/** The routes that administer a workspace. */
export function adminRoutes(): readonly Route[] {
  return [...memberRoutes, ...roleRoutes, ...groupRoutes, ...auditRoutes];
}
