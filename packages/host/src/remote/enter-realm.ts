/** Opens a realm for a plugin, and the channel to it: sealed, unless nobody else could reach it, and ended when it is flooded. */

import { type Channel, createMessagePortChannel, systemClock } from "@croft/core";
import { createAdmission, sealForHost } from "@croft/plugin/remote";
import { endFloods } from "./end-floods.ts";
import type { Realm, RemotePluginOptions } from "./remote-plugin.ts";

/** A realm, and what passes between it and the host. */
export interface Entered {
  readonly realm: Realm;
  readonly channel: Channel;
}

/** See the top of this file. */
export async function enterRealm({
  manifest,
  openRealm,
  sealed = true,
  clock = systemClock,
}: Pick<RemotePluginOptions, "manifest" | "openRealm" | "sealed" | "clock">): Promise<Entered> {
  const admission = sealed ? await createAdmission(manifest.id) : undefined;
  const realm = await openRealm(admission?.handover);
  const plain = createMessagePortChannel(realm.port);
  if (!admission) return { realm, channel: plain };
  // Twice: what is in records is not to be seen before they are opened, and opening them costs, too.
  const channel = endFloods(sealForHost(endFloods(plain, clock), admission), clock);
  return { realm, channel };
}
