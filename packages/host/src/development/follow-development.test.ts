/** Following a plugin that is being written while nobody offers one. */

import { createMemoryStore, openWorkspace, systemClock } from "@croft/core";
import { getEventListeners } from "node:events";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createPluginHost } from "../plugin-host.ts";
import { followDevelopment } from "./follow-development.ts";

beforeEach(() => {
  vi.stubGlobal("fetch", async () => {
    throw new Error("nobody listens");
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

it("asks again and again, leaves no listener of that, and stops when it is ended", async () => {
  const workspace = await openWorkspace({
    id: "acme",
    user: "ada",
    store: async () => createMemoryStore(),
  });
  const host = createPluginHost({ workspace });
  const ending = new AbortController();
  const { signal } = ending;
  const problems: unknown[] = [];
  const listeners: number[] = [];
  const following = followDevelopment({
    url: "http://127.0.0.1:5180",
    workspace,
    host,
    load: async () => {
      throw new Error("there is nothing to load");
    },
    signal,
    onProblem: (problem) => problems.push(problem),
    clock: {
      delay(_ms, run) {
        listeners.push(getEventListeners(signal, "abort").length);
        if (listeners.length < 20) return systemClock.delay(0, run);
        // Before whoever waits could listen to it.
        ending.abort();
        return () => undefined;
      },
    },
  });
  await following;
  expect(listeners).toHaveLength(20);
  expect(Math.max(...listeners)).toBeLessThan(2);
  expect(problems).toMatchObject([{ code: "link/offline" }]);
  await host.dispose();
  await workspace.dispose();
});
