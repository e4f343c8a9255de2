/** Who writes under the client ids of programs that number nothing: each id is its principal's, for good. */

import { createHash } from "node:crypto";
import { type Principal, stampOf } from "@croft/core";

/** The writer of each client id of a principal, as `submitPlain` of core asks for it. */
export function plainWriters(workspace: string, principal: Principal): (client: number) => string {
  const stamp = stampOf(principal);
  return (client) =>
    createHash("sha256")
      .update(JSON.stringify([workspace, stamp, client]))
      .digest("hex")
      .slice(0, 32);
}
