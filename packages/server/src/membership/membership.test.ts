/** How a workspace's membership is kept and changed, over a hub on a store in memory. */

import {
  createGate,
  createHub,
  createMemoryDisk,
  createMemoryStore,
  CroftError,
  type Hub,
  parseDocPath,
  parsePattern,
  type Principal,
} from "@croft/core";
import { describe, expect, it } from "vitest";
import { withCredential } from "./credential.ts";
import { patchMember, put, remove } from "./edits.ts";
import { Membership } from "./membership.ts";
import type { Member } from "./records.ts";
import type { Texts } from "./store.ts";

const everything = [{ pattern: parsePattern("**"), access: "write" }] as const;
const user = (name: string): Principal => ({ user: name, grants: everything });
const operator = {
  principal: withCredential(user("operator"), { admin: true }),
  ...{ address: "127.0.0.1", mustAdminister: true },
};
const options = { policy: "members", keepAudit: 3_600_000, now: () => Date.now() } as const;
const member = (more: Partial<Member> = {}): Member => ({
  ...{ roles: [], groups: [], grants: [], name: "", state: "active" },
  ...more,
});
const accessOf = (membership: Membership, name: string, path = "notes/a"): string =>
  membership.gate.check(user(name), parseDocPath(path)).access;

async function open(disk = createMemoryDisk()): Promise<{ hub: Hub; membership: Membership }> {
  const hub = await createHub({ store: createMemoryStore(disk), gate: createGate() });
  const membership = new Membership(options);
  await membership.load(hub);
  return { hub, membership };
}

/** What several servers share: who wrote something without knowing what another one wrote hears that, and writes nothing. */
function createSharedTexts(): { join: (membership: Membership) => Texts } {
  const stored = new Map<string, string>();
  let facts = 0;
  return {
    join: (membership) => {
      let known = facts;
      return {
        readText: async (name) => stored.get(name),
        async setTexts(texts) {
          if (known !== facts) {
            // More may be written while it is read.
            const seen = facts;
            await membership.reload();
            known = seen;
            return false;
          }
          for (const [name, text] of texts) {
            if (text === undefined) stored.delete(name);
            else stored.set(name, text);
          }
          known = ++facts;
          return true;
        },
      };
    },
  };
}

describe("a member", () => {
  it("has the most that a role, a group or the member's own grants give, by the most specific of each", async () => {
    const { membership } = await open();
    const change = async (decide: Parameters<Membership["change"]>[1]): Promise<void> =>
      expect(await membership.change(operator, decide)).not.toHaveProperty("problem");
    const role = (grants: string[]) => ({ grants, admin: false, description: "" });
    await change(put("roles", "guarded", role(["**:write", "notes/secret/**:none"])));
    await change(put("roles", "peeking", role(["notes/secret/**:read"])));
    await change(put("groups", "team", { roles: ["peeking"], grants: [], description: "" }));
    await change(put("members", "ada", member({ roles: ["guarded"] })));
    await change(put("members", "ben", member({ roles: ["guarded"], groups: ["team"] })));
    await change(put("members", "carol", member({ grants: ["notes/a:write"] })));
    expect(accessOf(membership, "ada")).toBe("write");
    expect(accessOf(membership, "ada", "notes/secret/x")).toBe("none");
    expect(accessOf(membership, "ben", "notes/secret/x")).toBe("read");
    expect(accessOf(membership, "ben", "notes/b")).toBe("write");
    expect(accessOf(membership, "carol")).toBe("write");
    expect(accessOf(membership, "carol", "notes/b")).toBe("none");
    expect(accessOf(membership, "stranger")).toBe("none");
    // Nobody has another user's own documents.
    expect(accessOf(membership, "ada", "app/users/ben/x")).toBe("read");
    expect(accessOf(membership, "ada", "app/users/ada/x")).toBe("write");
  });

  it("that is a plugin has no more than its user, also in its own subtree", async () => {
    const { membership } = await open();
    await membership.change(operator, put("members", "ada", member({ roles: ["reader"] })));
    const plugin: Principal = { user: "ada", plugin: "stats", grants: [] };
    const check = (path: string): string =>
      membership.gate.check(plugin, parseDocPath(path)).access;
    expect(check("stats/a")).toBe("read");
    expect(check("notes/a")).toBe("none");
    expect(membership.mayAdminister(plugin)).toBe(false);
  });

  it("is told to the gate's listeners, and by another text of rights, when it changes", async () => {
    const { membership } = await open();
    let changes = 0;
    membership.gate.onChange(() => changes++);
    const seen = [membership.gate.rights?.(user("ada"))];
    for (const roles of [["owner"], ["reader"], ["reader"], []]) {
      await membership.change(operator, put("members", "ada", member({ roles })));
      seen.push(membership.gate.rights?.(user("ada")));
    }
    // The same once more is no change.
    expect(changes).toBe(3);
    expect(new Set(seen).size).toBe(4);
    expect(membership.gate.patterns?.(user("ada"))).toContain("**");
  });
});

describe("a change", () => {
  it("is there after a restart, with as many members as there are", async () => {
    const disk = createMemoryDisk();
    const { hub, membership } = await open(disk);
    for (let n = 0; n < 500; n++) {
      await membership.change(operator, put("members", `user-${n}`, member({ roles: ["reader"] })));
    }
    for (let n = 0; n < 500; n += 2) {
      await membership.change(operator, remove("members", `user-${n}`));
    }
    await hub.dispose();
    const again = await open(disk);
    expect(again.membership.state.records.members).toEqual(membership.state.records.members);
    expect(again.membership.state.records.members.size).toBe(250);
    expect(again.membership.state.version).toBe(750);
    await again.hub.dispose();
  });

  it("writes a part of the members, not all of them", async () => {
    const { hub, membership } = await open();
    for (let n = 0; n < 300; n++) {
      const row = member({ name: "x".repeat(500), roles: ["reader"] });
      await membership.change(operator, put("members", `user-${n}`, row));
    }
    let bytes = 0;
    const counting: Texts = {
      readText: (name) => hub.readText(name),
      setTexts: (texts) => {
        for (const [name, text = ""] of texts) if (!name.includes("audit")) bytes += text.length;
        return hub.setTexts(texts);
      },
    };
    const other = new Membership(options);
    await other.load(counting);
    await other.change(operator, patchMember("user-7", { name: "seven" }));
    expect(bytes).toBeLessThan((300 * 600) / 10);
    await hub.dispose();
  });

  it("is in force when it was stored, though the store said that it failed", async () => {
    const { hub } = await open();
    let fails: "before" | "after" | undefined;
    const faulty: Texts = {
      readText: (name) => hub.readText(name),
      async setTexts(texts) {
        if (fails === "before") throw new CroftError("store/failed", "no disk");
        await hub.setTexts(texts);
        if (fails === "after") throw new CroftError("store/failed", "no answer");
        return true;
      },
    };
    const membership = new Membership(options);
    await membership.load(faulty);
    const add = (name: string) =>
      membership.change(operator, put("members", name, member({ roles: ["reader"] })));
    fails = "before";
    await expect(add("ada")).rejects.toMatchObject({ code: "store/failed" });
    expect(accessOf(membership, "ada")).toBe("none");
    fails = "after";
    await expect(add("ben")).rejects.toMatchObject({ code: "store/failed" });
    expect(accessOf(membership, "ben")).toBe("read");
    fails = undefined;
    await add("carol");
    expect([...membership.state.records.members.keys()]).toEqual(["ben", "carol"]);
    expect((await membership.readAudit(10, 10)).map(({ target }) => target)).toEqual([
      "carol",
      "ben",
    ]);
    await hub.dispose();
  });

  it("of several servers on one store is made one after the other, and none is lost", async () => {
    const shared = createSharedTexts();
    const servers = [new Membership(options), new Membership(options), new Membership(options)];
    for (const each of servers) await each.load(shared.join(each));
    const names = Array.from({ length: 60 }, (_, n) => `user-${n}`);
    await Promise.all(
      names.map(async (name, n) => {
        const at = servers[n % servers.length];
        return at?.change(operator, put("members", name, member({ roles: ["reader"] })));
      }),
    );
    for (const each of servers) {
      await each.reload();
      expect(each.state.records.members.size).toBe(names.length);
    }
    const entries = (await servers[0]?.readAudit(1000, 1000)) ?? [];
    expect(entries.map(({ number }) => number)).toEqual(names.map((_, n) => names.length - 1 - n));
  });

  it("is not made by somebody who was taken the right meanwhile, at another server too", async () => {
    const shared = createSharedTexts();
    const [one, two] = [new Membership(options), new Membership(options)];
    await one.load(shared.join(one));
    await two.load(shared.join(two));
    await one.change(operator, put("members", "eve", member({ roles: ["owner"] })));
    await two.reload();
    const eve = { principal: user("eve"), address: "", mustAdminister: true };
    expect(two.mayAdminister(eve.principal)).toBe(true);
    await one.change(operator, patchMember("eve", { state: "suspended" }));
    const outcome = await two.change(eve, put("members", "mallory", member({ roles: ["owner"] })));
    expect(outcome).toMatchObject({ problem: "not-allowed" });
    expect(two.state.records.members.has("mallory")).toBe(false);
  });

  it("is not guessed where what is kept is damaged", async () => {
    const { hub, membership } = await open();
    await membership.change(operator, put("members", "ada", member()));
    await hub.setTexts([["membership/roles", "[[1]]"]]);
    await expect(new Membership(options).load(hub)).rejects.toMatchObject({
      code: "store/corrupt",
    });
    await hub.dispose();
  });
});
