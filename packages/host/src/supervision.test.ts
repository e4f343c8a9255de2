/** What becomes of plugins whatever happens to them, with a real host over a real workspace. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Plugin } from "@croft/plugin";
import type { LiveHost } from "./live-host.ts";
import type { PluginStatus } from "./plugin-host.ts";

import { stateOf, setUpSupervision } from "./testing/supervised.ts";
import { settle } from "./testing/settle.ts";
import { createMemory } from "./testing/test-memory.ts";

const rig = setUpSupervision();
const { openHost, tracked } = rig;

it("the host ends all within one deadline, dependents first, and then by force", async () => {
  const host = openHost({ deadlines: { deactivate: 1_000 } });
  const hangs = (id: string, dependencies: Record<string, string> = {}): Plugin => ({
    ...tracked(id, { dependencies }),
    deactivate() {
      rig.log.push(`-${id}`);
      return new Promise(() => undefined);
    },
  });
  host.register(hangs("a"));
  host.register(hangs("b", { a: "*" }));
  host.register(hangs("c", { b: "*" }));
  await host.start();
  const disposing = host.dispose();
  await settle();
  expect(rig.log.slice(3)).toEqual(["-c"]);
  // The only wait that there is, for all of them.
  expect(rig.clock.waits).toEqual([1_000]);
  await rig.clock.pass();
  await disposing;
  expect(rig.clock.waits).toEqual([]);
});

describe("whatever happens to plugins", () => {
  const IDS = ["a", "b", "c", "d"] as const;
  const NEEDS: Record<(typeof IDS)[number], Record<string, string>> = {
    a: {},
    b: { a: "*" },
    c: { b: "*", a: "*" },
    d: {},
  };
  const id = fc.constantFrom(...IDS);
  const event = fc.oneof(
    fc.record({
      do: fc.constantFrom("activate", "deactivate", "crash", "wake", "unregister", "register"),
      id,
    }),
    // How it behaves from now on.
    fc.record({
      do: fc.constantFrom("well", "throws", "hangs", "hangs at its end", "dies at once"),
      id,
    }),
    fc.record({ do: fc.constantFrom("settle", "pass", "event", "open"), id }),
  );

  it("ends in a state that is explained, and nothing is left over", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 30 }), async (events) => {
        const ways = new Map<string, string>();
        const made = (each: (typeof IDS)[number]): Plugin => ({
          ...tracked(
            each,
            {
              dependencies: NEEDS[each],
              activation: each === "d" ? ["event:d/x", "document:d/*"] : ["startup"],
            },
            (context) => {
              const way = ways.get(each);
              if (way === "throws") throw new Error("no luck");
              if (way === "dies at once") context.crashed(new Error("gone"));
              return way === "hangs" ? new Promise(() => undefined) : undefined;
            },
          ),
          async deactivate() {
            rig.running.delete(each);
            if (ways.get(each) === "hangs at its end") await new Promise(() => undefined);
          },
        });
        const host = openHost({ supervision: { crashes: 3 }, memory: createMemory() });
        for (const each of IDS) host.register(made(each));
        void host.start();
        const calls: Promise<unknown>[] = [];
        for (const { do: what, id: whose } of events) {
          switch (what) {
            case "activate":
            case "deactivate":
            case "unregister":
              calls.push(host[what](whose));
              break;
            case "wake":
              calls.push(host.wake(whose, "a test"));
              break;
            case "register":
              if (!host.list().some((status) => status.id === whose)) host.register(made(whose));
              break;
            case "crash":
              rig.running.get(whose)?.crashed(new Error("gone"));
              break;
            case "event":
              await host.events.publish("d/x", 1);
              break;
            case "open":
              rig.workspace.open("d/page").close();
              break;
            case "settle":
              await settle();
              break;
            case "pass":
              await rig.clock.pass();
              break;
            default:
              ways.set(whose, what);
          }
          // All of it must be possible at any time; who is refused is told.
          void Promise.allSettled(calls);
        }
        // Everybody behaves: what was waited for comes to an end.
        for (const each of IDS) ways.set(each, "well");
        for (let turn = 0; turn < 100 && !isCalm(host); turn++) await rig.clock.pass();
        expect(isCalm(host)).toBe(true);
        await Promise.allSettled(calls);
        // What begins anew in this moment is explained by what becomes of it.
        await expect
          .poll(async () => {
            await rig.clock.pass();
            return host.list().map((status) => explain(status, host));
          })
          .toEqual(host.list().map(() => ""));
        await host.dispose();
        expect(rig.clock.waits).toEqual([]);
        expect(rig.workspace.openDocuments.list()).toEqual([]);
        for (const context of rig.running.values()) expect(context.signal.aborted).toBe(true);
      }),
      { numRuns: 60, endOnFailure: false },
    );
  }, 60_000);
});

/** What is wrong with how a plugin stands, or nothing. */
function explain({ id, manifest, state, lack }: PluginStatus, host: LiveHost): string {
  switch (state.name) {
    case "active":
      return Object.keys(manifest.dependencies)
        .filter((needed) => stateOf(host, needed)?.name !== "active")
        .map((needed) => `${id} runs without ${needed}`)
        .join();
    case "crashed":
      return lack ? "" : `${id} waits for nothing`;
    case "failed":
    case "suspended":
      return state.error.plugin === id ? "" : `${id} is told of another's failure`;
    default:
      return "";
  }
}

/** Nothing is going on, and nothing is waited for. */
function isCalm(host: LiveHost): boolean {
  const quiet = ["registered", "active", "inactive", "failed", "suspended", "crashed"];
  return (
    rig.clock.waits.length === 0 && host.list().every(({ state }) => quiet.includes(state.name))
  );
}
