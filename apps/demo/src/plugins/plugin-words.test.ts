import { CroftError } from "@croft/core";
import type { PluginState, Standing } from "@croft/host";
import { expect, it } from "vitest";
import { pluginWords } from "./plugin-words.ts";

const error = new CroftError("plugin/failed", "It threw.");
const STANDINGS: Readonly<Record<Exclude<Standing["name"], "ready">, Standing>> = {
  disabled: { name: "disabled" },
  waiting: { name: "waiting" },
  unasked: { name: "unasked" },
  young: { name: "young", until: 0 },
  migrating: { name: "migrating", waitsFor: "server" },
  refused: { name: "refused", error },
};

it("has words for every way in which a plugin may not run, whatever the host still says", () => {
  const words = Object.values(STANDINGS).map((standing) =>
    pluginWords({ standing }, { name: "active" }),
  );
  expect(words.map(({ text, canStart = false }) => [text, canStart])).toEqual([
    ["Off", false],
    ["Waiting for its package", false],
    ["Needs your consent", false],
    ["Waits until the release is older", false],
    ["Waits for the server, to bring its data over", false],
    ["Refused", false],
  ]);
  expect(words.at(-1)?.reason).toBe(error);
});

it("says what a plugin does that may run, and whether it can be started", () => {
  const say = (state: PluginState | undefined) =>
    pluginWords({ standing: { name: "ready" } }, state);
  expect(say({ name: "active" })).toEqual({ text: "Running", tone: "good" });
  expect(say(undefined)).toMatchObject({ text: "Starting…" });
  expect(say({ name: "inactive" })).toMatchObject({ text: "Stopped", canStart: true });
  expect(say({ name: "failed", error })).toMatchObject({
    text: "Failed",
    reason: error,
    canStart: true,
  });
});
