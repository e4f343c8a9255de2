import { CroftError } from "@croft/core";
import { describe, expect, it } from "vitest";
import { isRunning, type LifecycleEvent, next, type PluginState } from "./lifecycle.ts";

type StateName = PluginState["name"];
type EventName = LifecycleEvent["name"];

const error = new CroftError("plugin/failed", "stats threw");
const states: { readonly [Name in StateName]: Extract<PluginState, { name: Name }> } = {
  registered: { name: "registered" },
  activating: { name: "activating" },
  active: { name: "active" },
  deactivating: { name: "deactivating" },
  inactive: { name: "inactive" },
  failed: { name: "failed", error: new CroftError("plugin/failed", "an earlier one") },
};
const events: { readonly [Name in EventName]: Extract<LifecycleEvent, { name: Name }> } = {
  activate: { name: "activate" },
  activated: { name: "activated" },
  failed: { name: "failed", error },
  deactivate: { name: "deactivate" },
  deactivated: { name: "deactivated" },
};

/** Every state and every event; a missing cell does not compile. `same` is the very same object. */
const table: Record<StateName, Record<EventName, StateName | "same">> = {
  registered: {
    activate: "activating",
    activated: "same",
    failed: "same",
    deactivate: "same",
    deactivated: "same",
  },
  activating: {
    activate: "same",
    activated: "active",
    failed: "failed",
    deactivate: "deactivating",
    deactivated: "same",
  },
  active: {
    activate: "same",
    activated: "same",
    failed: "same",
    deactivate: "deactivating",
    deactivated: "same",
  },
  deactivating: {
    activate: "same",
    activated: "same",
    failed: "same",
    deactivate: "same",
    deactivated: "inactive",
  },
  inactive: {
    activate: "activating",
    activated: "same",
    failed: "same",
    deactivate: "same",
    deactivated: "same",
  },
  failed: {
    activate: "activating",
    activated: "same",
    failed: "same",
    deactivate: "same",
    deactivated: "same",
  },
};

const cells = Object.entries(table).flatMap(([state, row]) =>
  Object.entries(row).map(([event, to]) => ({ state, event, to })),
);

describe("the life of a plugin", () => {
  it.each(cells)("$state, $event: $to", ({ state, event, to }) => {
    const before = states[state as StateName];
    const after = next(before, events[event as EventName]);
    expect(after === before).toBe(to === "same");
    const expected = to === "failed" ? { name: "failed", error } : { name: to };
    expect(after).toEqual(to === "same" ? before : expected);
  });

  it("code may run from activating to deactivating", () => {
    const running = Object.values(states).filter(isRunning);
    expect(running.map(({ name }) => name)).toEqual(["activating", "active", "deactivating"]);
  });
});
