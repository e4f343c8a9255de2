/** What a device is opened with. */

import type { GrantGate } from "../access/gate.ts";
import type { Clock } from "../clock.ts";
import type { RandomBytes } from "../ids.ts";
import type { KeepOptions } from "../link/following.ts";
import type { OpenStore } from "../store/store.ts";
import type { SyncOptions } from "./sync-options.ts";

/** Options of `openDevice`. */
export interface DeviceOptions {
  readonly workspace: string;
  readonly user: string;
  readonly store: OpenStore;
  readonly sync: SyncOptions | undefined;
  readonly gate: GrantGate;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** As of `openWorkspace`. */
  readonly lostRead?: "keep" | "erase" | undefined;
  /** As of `openWorkspace`. */
  readonly keep?: (KeepOptions & { readonly history?: number | undefined }) | undefined;
  /** Whether the link stays offline at first, asked when it is made; what `sync` says when absent. */
  readonly paused?: (() => boolean) | undefined;
}
