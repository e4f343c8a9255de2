import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDocPath, parsePattern } from "../doc-path.ts";
import { type Access, allows, evaluate, type Grant, minAccess, type Principal } from "./access.ts";
import { stampOf } from "./stamp.ts";
import { createGate } from "./gate.ts";

const grant = (pattern: string, access: Access): Grant => ({
  pattern: parsePattern(pattern),
  access,
});
const ada = (...grants: Grant[]): Principal => ({ user: "ada", grants });
const plugin = (id: string, ...grants: Grant[]): Principal => ({ user: "ada", plugin: id, grants });
const may = (principal: Principal, path: string): Access =>
  evaluate(principal, parseDocPath(path)).access;

describe("evaluate", () => {
  it("[GATE-1] denies by default", () => {
    expect(may(ada(), "notes/a")).toBe("none");
    expect(may(plugin("stats"), "notes/a")).toBe("none");
  });

  it("[GATE-2] a plugin's own subtree is writable to it, and no look-alike", () => {
    expect(may(plugin("notes"), "notes/a/b")).toBe("write");
    expect(may(plugin("notes"), "notesx/a")).toBe("none");
  });

  it("[GATE-3] the most specific grant decides, the smaller one among equals", () => {
    const principal = ada(
      grant("notes/**", "write"),
      grant("notes/secret/**", "none"),
      grant("notes/secret/open", "read"),
    );
    expect(may(principal, "notes/a")).toBe("write");
    expect(may(principal, "notes/secret/x")).toBe("none");
    expect(may(principal, "notes/secret/open")).toBe("read");
    expect(may(ada(grant("notes/**", "write"), grant("notes/**", "read")), "notes/a")).toBe("read");
  });

  it("[SYNC-18] what the application keeps about plugins and users is never a plugin's", () => {
    const greedy = plugin(
      "stats",
      grant("**", "write"),
      grant("app/**", "write"),
      grant("app/plugins/x", "write"),
    );
    expect(may(greedy, "app/plugins/x")).toBe("none");
    expect(may(greedy, "app/users/ada/consent")).toBe("none");
    expect(may(greedy, "app/settings")).toBe("write");
  });

  it("[SYNC-18] a user's own documents are writable to that user alone", () => {
    const admin = ada(grant("**", "write"));
    expect(may(admin, "app/users/ada/consent")).toBe("write");
    expect(may(admin, "app/users/ben/consent")).toBe("read");
    expect(may(admin, "app/users/adab/consent")).toBe("read");
  });

  it("[GATE-4] a plugin never has more than what its user may do, where that is known", () => {
    const principal: Principal = {
      user: "ada",
      plugin: "stats",
      grants: [grant("notes/**", "write")],
      within: [grant("notes/**", "read"), grant("notes/secret", "none"), grant("stats/**", "read")],
    };
    expect(may(principal, "notes/a")).toBe("read");
    expect(may(principal, "notes/secret")).toBe("none");
    // Not even in its own subtree.
    expect(may(principal, "stats/a")).toBe("read");
    expect(may({ ...principal, within: [] }, "stats/a")).toBe("none");
    expect(may({ ...principal, within: [grant("**", "write")] }, "notes/a")).toBe("write");
    expect(may({ ...principal, within: [grant("**", "write")] }, "tasks/a")).toBe("none");
  });

  it("says why", () => {
    expect(evaluate(ada(grant("notes/**", "read")), parseDocPath("notes/a")).because).toBe(
      "granted read on notes/**",
    );
    expect(evaluate(ada(), parseDocPath("notes/a")).because).toBe("no grant matches");
  });

  it("more grants of `none` never give more", () => {
    const patterns = fc.constantFrom("**", "notes/**", "notes/*", "notes/a", "*/a");
    const anyGrant = fc.record({
      pattern: patterns.map(parsePattern),
      access: fc.constantFrom("none", "read", "write" as const),
    });
    fc.assert(
      fc.property(fc.array(anyGrant), patterns, (grants, pattern) => {
        const before = may(ada(...grants), "notes/a");
        const after = may(ada(...grants, grant(pattern, "none")), "notes/a");
        expect(allows(before, after)).toBe(true);
      }),
    );
  });
});

describe("effective access", () => {
  it("is the smaller one", () => {
    expect(minAccess("write", "read")).toBe("read");
    expect(minAccess("none", "write")).toBe("none");
  });

  it("stamps name the user and the plugin", () => {
    expect(stampOf(ada())).toBe("ada");
    expect(stampOf(plugin("notes"))).toBe("ada/notes");
  });
});

describe("gate", () => {
  it("adds what a plugin was granted and tells of changes", () => {
    const gate = createGate();
    let changes = 0;
    const stop = gate.onChange(() => changes++);
    const path = parseDocPath("notes/a");
    expect(gate.check(plugin("stats"), path).access).toBe("none");
    gate.setPluginGrants("stats", [grant("notes/**", "read")]);
    expect(gate.check(plugin("stats"), path).access).toBe("read");
    expect(gate.check(plugin("other"), path).access).toBe("none");
    gate.setPluginGrants("stats", []);
    expect(gate.check(plugin("stats"), path).access).toBe("none");
    expect(changes).toBe(2);
    stop();
    gate.setPluginGrants("stats", []);
    expect(changes).toBe(2);
  });

  it("limits what a plugin may do with its own subtree, and nobody else", () => {
    const gate = createGate();
    const path = parseDocPath("stats/a");
    const before = gate.rights?.(plugin("stats"));
    const limit = { access: "read", because: "a newer version wrote here" } as const;
    gate.limitPlugin("stats", limit);
    expect(gate.check(plugin("stats"), path)).toEqual(limit);
    expect(gate.rights?.(plugin("stats"))).not.toBe(before);
    gate.setPluginGrants("stats", [grant("notes/**", "write")]);
    expect(gate.check(plugin("stats"), parseDocPath("notes/a")).access).toBe("write");
    expect(gate.check(ada(grant("**", "write")), path).access).toBe("write");
    gate.limitPlugin("stats", undefined);
    expect(gate.check(plugin("stats"), path).access).toBe("write");
  });

  it("limits a user whatever the token says", () => {
    const gate = createGate();
    const path = parseDocPath("notes/a");
    const user = ada(grant("**", "write"));
    gate.limitUser("ada", [grant("notes/**", "read")]);
    expect(gate.check(user, path)).toMatchObject({
      access: "read",
      because: "granted read on notes/**",
    });
    expect(gate.check(user, parseDocPath("todo/a")).access).toBe("none");
    gate.limitUser("ada", undefined);
    expect(gate.check(user, path).access).toBe("write");
  });
});
