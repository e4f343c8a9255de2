/** What a host does about budgets: it tells of what is exceeded, slows a plugin down, and suspends it in the end. */

import type { Clock, CroftError, Workspace } from "@croft/core";
import { isRunning } from "../lifecycle.ts";
import { overBudget } from "../plugin-error.ts";
import type { RegisteredPlugin } from "../registered-plugin.ts";
import { suspension } from "../supervision.ts";
import type { Budgets, Verdict } from "./budgets.ts";
import type { PluginMeter } from "./meter.ts";
import { Monitor } from "./monitor.ts";
import { StorageUse } from "./storage-use.ts";

/** Options of {@link keepBudgets}. */
export interface BudgetKeeperOptions {
  readonly clock: Pick<Clock, "now" | "delay">;
  readonly workspace: string;
  readonly version: string;
  /** The documents on this device; without it nobody knows what they take. */
  readonly list?: Workspace["list"] | undefined;
  readonly budgets?: Budgets | undefined;
  readonly find: (id: string) => RegisteredPlugin | undefined;
  /** Deactivates a plugin, and before it those that need it. */
  readonly deactivate: (id: string) => Promise<void>;
  readonly onProblem: (problem: CroftError) => void;
}

/** Creates the monitor of a host, and acts on what it finds. */
export function keepBudgets(options: BudgetKeeperOptions): Monitor {
  const { clock, find, list, onProblem } = options;
  const storage = list && new StorageUse(list, clock);
  const monitor: Monitor = new Monitor({
    ...options,
    look(meter) {
      look(meter, find(meter.plugin));
      storage?.look(meter);
    },
    onVerdict(id, verdict) {
      const registered = find(id);
      if (!registered) return;
      registered.meter.throttled = verdict.level === "throttle";
      if (verdict.level === "suspend") void suspend(registered, verdict);
      else {
        for (const { message, level } of verdict.excesses) {
          onProblem(overBudget(id, message, level === "throttle"));
        }
      }
    },
  });
  const suspend = async (registered: RegisteredPlugin, { excesses }: Verdict): Promise<void> => {
    const { manifest, runner } = registered;
    const { id } = manifest;
    const mishaps = excesses
      .filter(({ level }) => level === "suspend")
      .map(({ message }) => ({ at: clock.now(), reason: message, last: undefined }));
    await options.deactivate(id);
    // Somebody may have unregistered it meanwhile, or started it again.
    if (find(id) !== registered || isRunning(runner.state)) return;
    // It begins anew when a person starts it again.
    monitor.forgive(id);
    runner.suspend(suspension(id, { kind: "budget", mishaps, limit: 1 }));
  };
  return monitor;
}

/** Sets what can be seen of a plugin only by looking; of those that run apart, their pulse says it. */
function look(meter: PluginMeter, registered: RegisteredPlugin | undefined): void {
  const { usage } = registered ?? {};
  if (!usage) return;
  const { open, hits, misses, evictions } = usage;
  meter.documents = open;
  meter.cache = { hits, misses, evictions };
}
