import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  dependencyError,
  dependentsOf,
  type Manifests,
  orderActivation,
} from "./dependency-order.ts";

describe("orderActivation", () => {
  it("puts what a plugin needs before it, each once", () => {
    const manifests = plugins({
      board: { dates: "^1.0.0", store: "^1.0.0" },
      calendar: { board: "^1.0.0", dates: "^1.0.0" },
      dates: {},
      other: {},
      store: { dates: "^1.0.0" },
    });
    expect(orderActivation("calendar", manifests)).toEqual({
      ok: true,
      order: ["dates", "store", "board", "calendar"],
    });
    expect(orderActivation("other", manifests)).toEqual({ ok: true, order: ["other"] });
  });

  it.each<[string, Parameters<typeof plugins>[0], string]>([
    [
      "a missing one",
      { a: { b: "^1.0.0" }, b: { c: "^2.0.0" } },
      "a cannot be activated: b needs c ^2.0.0, which is not registered.",
    ],
    [
      "one that does not fit",
      { a: { b: "^2.0.0" }, b: {} },
      "a cannot be activated: a needs b ^2.0.0, but version 1.0.0 is registered.",
    ],
    [
      "a circle",
      { a: { b: "*" }, b: { c: "*" }, c: { d: "*" }, d: { b: "*" } },
      "a cannot be activated: the plugins b → c → d → b need each other in a circle.",
    ],
    [
      "a small circle",
      { a: { b: "*" }, b: { a: "*" } },
      "a cannot be activated: the plugins a → b → a need each other in a circle.",
    ],
  ])("explains %s", (_, dependencies, message) => {
    const result = orderActivation("a", plugins(dependencies));
    const error = result.ok ? undefined : dependencyError("a", result.problem);
    expect(error).toMatchObject({ code: "plugin/dependency", plugin: "a", message });
    expect(error?.hint).toMatch(/\.$/);
  });

  it("finds an order whenever there is one, whatever the graph", () => {
    const ids = ["a", "b", "c", "d", "e", "f"];
    // Each may need only ones before it, so there is no circle; named in any order.
    const graph = fc.tuple(
      fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 12 }),
      fc.shuffledSubarray(ids, { minLength: 6 }),
    );
    fc.assert(
      fc.property(graph, ([edges, names]) => {
        const dependencies: Record<string, Record<string, string>> = {};
        for (const name of names) dependencies[name] = {};
        for (const [from, to] of edges) {
          const plugin = names[Math.max(from, to)] ?? "";
          if (from !== to)
            Object.assign(dependencies[plugin] ?? {}, { [names[Math.min(from, to)] ?? ""]: "*" });
        }
        const manifests = plugins(dependencies);
        for (const id of ids) {
          const result = orderActivation(id, manifests);
          const order = result.ok ? result.order : [];
          expect(order.at(-1)).toBe(id);
          expect(new Set(order).size).toBe(order.length);
          for (const [index, plugin] of order.entries()) {
            for (const needed of Object.keys(dependencies[plugin] ?? {})) {
              expect(order.indexOf(needed)).toBeGreaterThanOrEqual(0);
              expect(order.indexOf(needed)).toBeLessThan(index);
            }
          }
        }
      }),
    );
  });

  it("looks at own properties only", () => {
    expect(dependentsOf("toString", plugins({ a: {} }))).toEqual([]);
    expect(dependentsOf("b", plugins({ a: { b: "*" }, b: {}, c: { b: "*" } }))).toEqual(["a", "c"]);
  });
});

function plugins(dependencies: Record<string, Record<string, string>>): Manifests {
  return new Map(
    Object.entries(dependencies).map(([id, needed]) => [
      id,
      { version: "1.0.0", dependencies: needed },
    ]),
  );
}
