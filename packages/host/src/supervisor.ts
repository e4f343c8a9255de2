/**
 * Watches over one plugin from its registration until it is unregistered: notes what it does and what goes wrong, and
 * says what becomes of it. It acts on nothing itself.
 */

import type { Clock, CroftError, RandomBytes } from "@croft/core";
import type { PluginState, Verdict } from "./lifecycle.ts";
import type { LineUp } from "./line-up.ts";
import { FellSilent } from "./remote/realm-group.ts";
import type { Started, StartJournal } from "./start-journal.ts";
import {
  countingCrashes,
  isTooMuch,
  judgeCrash,
  reportStarts,
  type Supervision,
  suspension,
} from "./supervision.ts";
import type { Deed, Mishap, TroubleReport } from "./trouble-report.ts";

/** What all supervisors of a host share. */
export interface SupervisorTools {
  readonly clock: Pick<Clock, "now">;
  readonly random: RandomBytes;
  readonly settings: Supervision;
  readonly journal: StartJournal;
  readonly lineUp: LineUp;
}

/** See the top of this file. */
export interface Supervisor {
  /** What went wrong with the plugin lately. */
  readonly trouble: TroubleReport | undefined;
  /** Whether the page may have died by its last start. */
  readonly isSuspect: boolean;
  /** What is decided before its first start here: it may be parked since earlier ones. */
  readonly beforehand: Extract<Verdict, { name: "suspend" }> | undefined;
  /** The plugin did something, in words that continue its name. */
  noted(what: string): void;
  /** It stands so from now on, and stood otherwise before. */
  moved(state: PluginState, before: PluginState): void;
  /** It died while it was active. */
  crashed(error: CroftError): Verdict;
  /** It did not become active; `undefined`: it just failed. */
  startFailed(error: CroftError, options: { readonly afterCrash: boolean }): Verdict | undefined;
  /** It was not even called: nothing of that is held against it. */
  startPrevented(): void;
  /** It was unregistered. */
  end(): void;
}

/** Creates a {@link Supervisor}. */
export function createSupervisor(plugin: Started, tools: SupervisorTools): Supervisor {
  const { clock, settings, journal, lineUp } = tools;
  const { id } = plugin;
  let crashes: readonly Mishap[] = [];
  let trouble = reportStarts(journal.failures(plugin), settings);
  let last: Deed | undefined;

  const mishap = (error: CroftError): Mishap => ({ at: clock.now(), reason: error.message, last });
  const noted = (what: string): void => {
    last = { what, at: clock.now() };
  };
  lineUp.watch(id, () => last);
  /** When others fell silent with it, or in its turn; `undefined` when this is its own affair. */
  const judgeSilence = (error: CroftError): Verdict | undefined => {
    if (!(error.cause instanceof FellSilent)) return undefined;
    const blame = lineUp.judge(id, error.cause, clock.now());
    if (!blame) return undefined;
    // Nothing of it is held against those who wait.
    const mishaps = [...crashes, mishap(error)];
    trouble = { kind: "crash", mishaps, limit: settings.crashes };
    if (blame.name === "culprit") {
      crashes = mishaps;
      return suspension(id, trouble, error);
    }
    return { name: "backOff", error, report: trouble, restartAt: blame.until };
  };
  const judge = (error: CroftError): Verdict => {
    const now = clock.now();
    crashes = countingCrashes([...crashes, mishap(error)], now, settings);
    const verdict = judgeCrash(id, crashes, error, { ...tools, now });
    trouble = verdict.report;
    return verdict;
  };
  return {
    get trouble() {
      return trouble;
    },
    get isSuspect() {
      return journal.isSuspect(plugin);
    },
    beforehand: trouble && isTooMuch(trouble) ? suspension(id, trouble) : undefined,
    noted,
    moved(state, before) {
      switch (state.name) {
        case "activating":
          // A person tries again: what counted is forgiven.
          if (before.name === "suspended") crashes = [];
          journal.begun(plugin);
          lineUp.starts(id, clock.now());
          noted("began to start");
          break;
        case "active":
          journal.succeeded(plugin);
          lineUp.isUp(id, clock.now());
          noted("became active");
          trouble = trouble?.kind === "crash" && crashes.length > 0 ? trouble : undefined;
          break;
        default:
          if (before.name === "activating" && state.name !== "failed") journal.givenUp(plugin);
      }
    },
    crashed: (error) => judgeSilence(error) ?? judge(error),
    startFailed(error, { afterCrash }) {
      const verdict = judgeSilence(error);
      if (verdict?.name === "backOff") {
        journal.givenUp(plugin);
        return verdict;
      }
      journal.failed(plugin, mishap(error));
      if (verdict) return verdict;
      const report = reportStarts(journal.failures(plugin), settings);
      if (report && isTooMuch(report)) {
        trouble = report;
        return suspension(id, report, error);
      }
      if (afterCrash) return judge(error);
      trouble = report;
      return undefined;
    },
    startPrevented: () => journal.givenUp(plugin),
    end: () => lineUp.forget(id),
  };
}
