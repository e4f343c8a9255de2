/**
 * Watches over the plugins of a host: keeps what is measured of each, compares it with the budgets, and has those that
 * exceed them warned of, slowed down or ended. Looks only while something is measured: an idle application has no timer.
 */

import { type Clock, createEmitter, type Unsubscribe } from "@croft/core";
import {
  type BudgetLevel,
  type Budgets,
  DEFAULT_BUDGETS,
  judgeFigures,
  type Quantity,
  type Verdict,
} from "./budgets.ts";
import type { PluginFigures } from "./figures.ts";
import { PluginMeter } from "./meter.ts";
import { type OtlpMetrics, toOtlp } from "./otlp.ts";
import { type Finding, reportBottlenecks } from "./report.ts";
import { WINDOW } from "./rolling.ts";

/** How often it looks, in milliseconds. */
export const LOOK_EVERY = 990;

/** A plugin as the monitor sees it. */
export interface MonitoredPlugin {
  readonly figures: PluginFigures;
  readonly verdict: Verdict;
}

/** What an application sees of the monitor. */
export interface PluginMonitor {
  /** What was measured until now of the plugins that are registered, in the order of registration. */
  list(): readonly MonitoredPlugin[];
  /** Tells about once a second while something is measured. */
  onChange(listener: (plugins: readonly MonitoredPlugin[]) => void): Unsubscribe;
  /** The bottlenecks in words, the worst first. */
  report(): readonly Finding[];
  /** What was measured in the shape of OpenTelemetry's metrics (OTLP/JSON): for collectors, and to attach to a report. */
  export(): OtlpMetrics;
}

/** Options of {@link Monitor}. */
export interface MonitorOptions {
  readonly clock: Pick<Clock, "now" | "delay">;
  readonly workspace: string;
  readonly version: string;
  /** On top of, or in place of {@link DEFAULT_BUDGETS}, by quantity. */
  readonly budgets?: Budgets | undefined;
  /** Called for each plugin before it is judged: sets on its meter what can be seen only by looking. */
  readonly look?: ((meter: PluginMeter) => void) | undefined;
  /** A plugin's verdict became another one: what follows is the host's to do. */
  readonly onVerdict: (plugin: string, verdict: Verdict) => void;
}

interface Watched {
  readonly meter: PluginMeter;
  verdict: Verdict;
}

interface Gone {
  readonly watched: Watched;
  readonly at: number;
}

const FINE: Verdict = { level: "fine", excesses: [] };

/** See the top of this file. */
export class Monitor implements PluginMonitor {
  readonly #options: MonitorOptions;
  readonly #budgets: Budgets;
  readonly #since: number;
  readonly #watched = new Map<string, Watched>();
  /** Those that were unregistered lately, oldest first. */
  readonly #gone = new Map<string, Gone>();
  readonly #changes = createEmitter<readonly MonitoredPlugin[]>();
  #stopTimer: Unsubscribe | undefined;
  #stopped = false;
  #lastMeasured = 0;

  constructor(options: MonitorOptions) {
    this.#options = options;
    this.#budgets = { ...DEFAULT_BUDGETS, ...options.budgets };
    this.#since = options.clock.now();
  }

  /** Begins to measure a plugin; its meter counts on while the plugin's versions come and go. */
  watch(plugin: { readonly id: string; readonly version: string }): PluginMeter {
    const { clock } = this.#options;
    this.#forgetGone();
    const watched = this.#watched.get(plugin.id) ??
      this.#gone.get(plugin.id)?.watched ?? {
        meter: new PluginMeter(plugin, clock, () => this.#measured()),
        verdict: FINE,
      };
    this.#gone.delete(plugin.id);
    this.#watched.set(plugin.id, watched);
    watched.meter.version = plugin.version;
    return watched.meter;
  }

  /**
   * A plugin was unregistered: nothing is told of it any more. What was measured is kept for as long as it counts against a budget:
   * the next version goes on with it, and nobody gets rid of it by being registered again.
   */
  unwatch(plugin: string): void {
    const watched = this.#watched.get(plugin);
    if (!watched) return;
    this.#watched.delete(plugin);
    this.#gone.set(plugin, { watched, at: this.#options.clock.now() });
    this.#forgetGone();
  }

  /** Forgets what was measured within the last minute: the plugin begins anew. */
  forgive(plugin: string): void {
    const watched = this.#watched.get(plugin);
    if (!watched) return;
    watched.meter.forgive();
    watched.verdict = FINE;
  }

  list(): readonly MonitoredPlugin[] {
    return [...this.#watched.values()].map(({ meter }) => {
      this.#options.look?.(meter);
      const figures = meter.figures();
      return { figures, verdict: judgeFigures(figures, this.#budgets) };
    });
  }

  onChange(listener: (plugins: readonly MonitoredPlugin[]) => void): Unsubscribe {
    return this.#changes.on(listener);
  }

  report(): readonly Finding[] {
    return reportBottlenecks(
      this.list().map(({ figures }) => figures),
      this.#budgets,
    );
  }

  export(): OtlpMetrics {
    const { clock, workspace, version } = this.#options;
    const all = this.list().map(({ figures }) => figures);
    return toOtlp(all, { since: this.#since, now: clock.now(), workspace, version });
  }

  /** Looks no more; what was measured can still be read. */
  stop(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#stopped = true;
    this.#changes.clear();
  }

  #forgetGone(): void {
    const now = this.#options.clock.now();
    for (const [plugin, { at }] of this.#gone) {
      // A clock that was put back keeps nothing longer.
      if (Math.abs(now - at) > WINDOW) this.#gone.delete(plugin);
    }
  }

  #measured(): void {
    if (this.#stopped) return;
    this.#lastMeasured = this.#options.clock.now();
    this.#stopTimer ??= this.#options.clock.delay(LOOK_EVERY, () => this.#look());
  }

  #look(): void {
    this.#stopTimer = undefined;
    this.#forgetGone();
    const plugins = this.list();
    for (const { figures, verdict } of plugins) {
      const watched = this.#watched.get(figures.plugin);
      const before = watched?.verdict ?? FINE;
      if (!watched || isSame(before, verdict)) continue;
      watched.verdict = verdict;
      this.#options.onVerdict(figures.plugin, verdict);
    }
    // Until the last minute is empty again, verdicts can become milder without anything being measured.
    const { clock } = this.#options;
    if (clock.now() - this.#lastMeasured <= WINDOW + LOOK_EVERY && this.#watched.size > 0) {
      this.#stopTimer ??= clock.delay(LOOK_EVERY, () => this.#look());
    }
    this.#changes.emit(plugins);
  }
}

/** Whether the same follows: numbers may differ. */
function isSame(a: Verdict, b: Verdict): boolean {
  const kinds = ({ excesses }: Verdict): readonly (readonly [Quantity, BudgetLevel])[] =>
    excesses.map(({ quantity, level }) => [quantity, level]);
  return JSON.stringify(kinds(a)) === JSON.stringify(kinds(b));
}
