import { CroftError } from "@croft/core";
import { describe, expect, it } from "vitest";
import { isRunning, type LifecycleEvent, next, type PluginState } from "./lifecycle.ts";
import type { TroubleReport } from "./trouble-report.ts";

type StateName = PluginState["name"];
type EventName = LifecycleEvent["name"];

const error = new CroftError("plugin/failed", "stats threw");
const report: TroubleReport = {
  kind: "crash",
  mishaps: [{ at: 5, reason: "stats threw", last: { what: "changed stats/a", at: 4 } }],
  limit: 5,
};
const states: { readonly [Name in StateName]: Extract<PluginState, { name: Name }> } = {
  registered: { name: "registered" },
  activating: { name: "activating" },
  active: { name: "active" },
  deactivating: { name: "deactivating" },
  inactive: { name: "inactive" },
  failed: { name: "failed", error: new CroftError("plugin/failed", "an earlier one") },
  crashing: { name: "crashing", error: new CroftError("plugin/crashed", "an earlier one") },
  crashed: {
    name: "crashed",
    error: new CroftError("plugin/crashed", "an earlier one"),
    report,
    restartAt: 1,
  },
  suspended: {
    name: "suspended",
    error: new CroftError("plugin/suspended", "an earlier one"),
    report,
  },
};
const events: { readonly [Name in EventName]: Extract<LifecycleEvent, { name: Name }> } = {
  activate: { name: "activate" },
  activated: { name: "activated" },
  failed: { name: "failed", error },
  deactivate: { name: "deactivate" },
  deactivated: { name: "deactivated" },
  crashed: { name: "crashed", error },
  backOff: { name: "backOff", error, report, restartAt: 7 },
  suspend: { name: "suspend", error, report },
};

/** Every state and every event; a missing cell does not compile. `same` is the very same object. */
const table: Record<StateName, Record<EventName, StateName | "same">> = {
  registered: {
    activate: "activating",
    activated: "same",
    failed: "same",
    deactivate: "same",
    deactivated: "same",
    crashed: "same",
    backOff: "same",
    suspend: "suspended",
  },
  activating: {
    activate: "same",
    activated: "active",
    failed: "failed",
    deactivate: "deactivating",
    deactivated: "same",
    crashed: "same",
    backOff: "same",
    suspend: "same",
  },
  active: {
    activate: "same",
    activated: "same",
    failed: "same",
    deactivate: "deactivating",
    deactivated: "same",
    crashed: "crashing",
    backOff: "same",
    suspend: "same",
  },
  deactivating: {
    activate: "same",
    activated: "same",
    failed: "same",
    deactivate: "same",
    deactivated: "inactive",
    crashed: "same",
    backOff: "same",
    suspend: "same",
  },
  inactive: {
    activate: "activating",
    activated: "same",
    failed: "same",
    deactivate: "same",
    deactivated: "same",
    crashed: "same",
    backOff: "same",
    suspend: "suspended",
  },
  failed: {
    activate: "activating",
    activated: "same",
    failed: "same",
    deactivate: "same",
    deactivated: "same",
    crashed: "same",
    backOff: "crashed",
    suspend: "suspended",
  },
  crashing: {
    activate: "same",
    activated: "same",
    failed: "same",
    deactivate: "deactivating",
    deactivated: "same",
    crashed: "same",
    backOff: "crashed",
    suspend: "suspended",
  },
  crashed: {
    activate: "activating",
    activated: "same",
    failed: "same",
    deactivate: "inactive",
    deactivated: "same",
    crashed: "same",
    backOff: "same",
    suspend: "suspended",
  },
  suspended: {
    activate: "activating",
    activated: "same",
    failed: "same",
    deactivate: "same",
    deactivated: "same",
    crashed: "same",
    backOff: "same",
    suspend: "same",
  },
};

/** What a state says beside its name: what the event told. */
const told: Partial<Record<string, object>> = {
  failed: { error },
  crashing: { error },
  crashed: { error, report, restartAt: 7 },
  suspended: { error, report },
};

const cells = Object.entries(table).flatMap(([state, row]) =>
  Object.entries(row).map(([event, to]) => ({ state, event, to })),
);

describe("the life of a plugin", () => {
  it.each(cells)("$state, $event: $to", ({ state, event, to }) => {
    const before = states[state as StateName];
    const after = next(before, events[event as EventName]);
    expect(after === before).toBe(to === "same");
    const { [to]: more = {} } = told;
    expect(after).toEqual(to === "same" ? before : { name: to, ...more });
  });

  it("code may run from activating to deactivating, and until what has died is buried", () => {
    const running = Object.values(states).filter(isRunning);
    expect(running.map(({ name }) => name)).toEqual([
      "activating",
      "active",
      "deactivating",
      "crashing",
    ]);
  });
});
