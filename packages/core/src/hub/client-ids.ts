/**
 * Client ids that a device's replicas can go on under (SYNC rule 11): those of the application's earlier
 * replicas, of which this hub has all clocks. Whether their owners are gone only locks can tell, which
 * replicas hold; here is made sure that no session of theirs is open, and that nobody else was offered the id.
 */

import { allows, type Principal } from "../access/access.ts";
import { stampOf } from "../access/stamp.ts";
import type { WriterId } from "../ids.ts";
import type { Claim } from "../store/store.ts";
import type { HubCore } from "./hub-core.ts";
import type { HubDocument } from "./hub-document.ts";
import { ABOVE } from "./nobodies.ts";

/** Writers whose owners are looked up when a document is opened. */
const MAX_LOOKED_UP = 16;

/** Claims that may be free, for {@link freeClaim} to look at when the document is told. */
export async function listLeasable(
  hub: HubCore,
  document: HubDocument,
  principal: Principal,
): Promise<readonly Claim[]> {
  // Those of plugins are left alone: where a plugin runs may know no locks.
  if (!hub.onDevice || principal.plugin !== undefined) return [];
  const byWriter = new Map<WriterId, Claim[]>();
  for (const claim of document.claims.values()) {
    const { writer } = claim;
    // Most are of people on other devices.
    if (writer === ABOVE || hub.sessions.has(writer)) continue;
    const claims = byWriter.get(writer);
    if (claims) claims.push(claim);
    else byWriter.set(writer, [claim]);
  }
  const owned: Claim[] = [];
  // The newest first: whose they are is the likeliest to be here.
  for (const [writer, claims] of [...byWriter].toReversed().slice(0, MAX_LOOKED_UP)) {
    const owner = await hub.store.readBinding(writer);
    if (owner === stampOf(principal)) owned.push(...claims);
  }
  return owned;
}

/** The first of them that nobody has now, as it is now. */
export function freeClaim(
  hub: HubCore,
  document: HubDocument,
  principal: Principal,
  leasable: readonly Claim[],
): Claim | undefined {
  // What the quarantine holds was made under ids that nobody may have again.
  if (document.kept.size > 0) return undefined;
  if (!allows(hub.accessOf(principal, document), "write")) return undefined;
  for (const { client, writer } of leasable) {
    const claim = document.claims.get(client);
    if (claim?.writer !== writer || hub.sessions.has(writer)) continue;
    if (!document.leases.has(client)) return claim;
  }
  return undefined;
}
