/** What administers a workspace over HTTP, against a real server on SQLite. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AdminRig } from "../../testing/admin-rig.ts";

let rig: AdminRig;
beforeEach(async () => {
  rig = new AdminRig();
  await rig.start();
});
afterEach(() => rig.dispose());

const ask: AdminRig["ask"] = (...asked) => rig.ask(...asked);
const etag = ({ headers }: { headers: Headers }): string => headers.get("etag") ?? "";

async function make(path: string, body: object = {}): Promise<void> {
  expect((await ask("PUT", path, { body })).status).toBe(201);
}

describe("members", () => {
  it("are made, changed in part, told and removed", async () => {
    const ada = { roles: ["owner"], name: "Ada Lovelace" };
    const made = await ask("PUT", "/members/ada", { body: ada });
    expect(made).toMatchObject({
      status: 201,
      body: { user: "ada", ...ada, groups: [], grants: [], state: "active" },
    });
    const again = await ask("PUT", "/members/ada", { body: ada });
    expect([again.status, etag(again)]).toEqual([200, etag(made)]);
    const patched = await ask("PATCH", "/members/ada", { body: { grants: ["tasks/**:read"] } });
    expect(patched.body).toMatchObject({ ...ada, grants: ["tasks/**:read"] });
    const told = await ask("GET", "/members/ada");
    expect(told).toMatchObject({ status: 200, body: patched.body });
    expect(etag(told)).toBe(etag(patched));
    expect((await ask("DELETE", "/members/ada")).status).toBe(204);
    for (const method of ["GET", "DELETE", "PATCH"]) {
      const body = method === "PATCH" ? {} : undefined;
      expect((await ask(method, "/members/ada", { body })).status).toBe(404);
    }
  });

  it("are listed page by page, by role and by group", async () => {
    await make("/groups/team");
    const users = ["ada", "ben", "carol", "dora", "x y", "é"];
    for (const user of users) {
      const body = { roles: user < "c" ? ["owner"] : [], groups: user > "b" ? ["team"] : [] };
      await make(`/members/${encodeURIComponent(user)}`, body);
    }
    const seen: string[] = [];
    for (let after: string | undefined = ""; after !== undefined;) {
      const { body } = await ask("GET", `/members?limit=2&after=${encodeURIComponent(after)}`);
      const page = body as { members: { user: string }[]; next?: string };
      seen.push(...page.members.map(({ user }) => user));
      after = page.next;
    }
    expect(seen).toEqual(users);
    const found = await ask("GET", "/members?role=owner&group=team");
    expect(found.body).toMatchObject({ members: [{ user: "ben" }] });
    expect(found.body).not.toHaveProperty("next");
  });

  it("are not changed over what somebody else changed meanwhile", async () => {
    const first = await ask("PUT", "/members/ada", { body: { roles: ["owner"] } });
    const match = { "if-match": etag(first) };
    const second = await ask("PUT", "/members/ada", { body: { roles: [] }, headers: match });
    expect(second.status).toBe(200);
    for (const [method, body] of [
      ["PUT", { roles: ["reader"] }],
      ["PATCH", { name: "Ada" }],
      ["DELETE", undefined],
    ] as const) {
      const late = await ask(method, "/members/ada", { body, headers: match });
      expect(late.status).toBe(412);
    }
    const isNew = { "if-none-match": "*" };
    expect((await ask("PUT", "/members/ada", { body: {}, headers: isNew })).status).toBe(412);
    expect((await ask("PUT", "/members/ben", { body: {}, headers: isNew })).status).toBe(201);
    const isThere = { "if-match": "*" };
    expect((await ask("PUT", "/members/carol", { body: {}, headers: isThere })).status).toBe(412);
    expect((await ask("GET", "/members/ada")).body).toMatchObject({ roles: [] });
  });

  it("are refused with what is wrong with them", async () => {
    const cases: readonly (readonly [path: string, body: unknown, status: number, RegExp])[] = [
      ["/members/ada", { roles: ["chief"] }, 422, /no role chief.*There are owner/s],
      ["/members/ada", { groups: ["team"] }, 422, /no group team/],
      ["/members/ada", { grants: ["notes/**"] }, 400, /grants\.0.*:read/],
      ["/members/ada", { role: ["owner"] }, 400, /role/],
      ["/members/ada", undefined, 400, /body/],
      ["/members/a%2fb", {}, 422, /no id/],
      ["/roles/Chief", {}, 422, /small letters/],
      ["/roles/chief", { grants: "all" }, 400, /grants/],
    ];
    for (const [path, body, status, message] of cases) {
      const answer = await ask("PUT", path, { body });
      expect([path, answer.status]).toEqual([path, status]);
      expect(JSON.stringify(answer.body)).toMatch(message);
    }
    expect((await ask("GET", "/members")).body).toEqual({ members: [] });
    expect((await ask("GET", "/audit")).body).toEqual({ entries: [] });
  });
});

describe("why somebody may do something", () => {
  it("is told, for members and for strangers", async () => {
    await make("/roles/writer", { grants: ["notes/**:write", "notes/secret/**:none"] });
    await make("/members/ada", { roles: ["writer"] });
    const explain = (user: string, path: string) =>
      ask("GET", `/members/${user}/access?path=${encodeURIComponent(path)}`);
    expect((await explain("ada", "notes/a")).body).toEqual({
      access: "write",
      because: "granted write on notes/**",
    });
    expect((await explain("ada", "notes/secret/a")).body).toMatchObject({ access: "none" });
    expect((await explain("ben", "notes/a")).body).toEqual({
      access: "none",
      because: "ben is no member of this workspace",
    });
    expect((await explain("ada", "notes")).status).toBe(400);
    const token = await rig.mint({ user: "ada" });
    expect((await ask("GET", "/members/ada/access?path=notes/a", { token })).status).toBe(403);
  });
});

describe("roles and groups", () => {
  it("begin with an owner, an editor and a reader, and are kept while somebody has them", async () => {
    expect((await ask("GET", "/roles")).body).toMatchObject({
      roles: [
        { name: "editor", grants: ["**:write"], admin: false },
        { name: "owner", admin: true },
        { name: "reader", grants: ["**:read"], admin: false },
      ],
    });
    await make("/roles/writer", { grants: ["notes/**:write"] });
    await make("/groups/team", { roles: ["writer"] });
    await make("/members/ada", { groups: ["team"] });
    const role = await ask("DELETE", "/roles/writer");
    expect(role).toMatchObject({
      status: 409,
      body: { error: { message: expect.stringContaining("team") } },
    });
    expect((await ask("DELETE", "/groups/team")).status).toBe(409);
    expect((await ask("DELETE", "/members/ada")).status).toBe(204);
    expect((await ask("DELETE", "/groups/team")).status).toBe(204);
    expect((await ask("DELETE", "/roles/writer")).status).toBe(204);
    expect((await ask("DELETE", "/roles/reader")).status).toBe(204);
    await rig.start();
    const { body } = await ask("GET", "/roles");
    expect((body as { roles: { name: string }[] }).roles.map(({ name }) => name)).toEqual([
      "editor",
      "owner",
    ]);
  });
});

describe("who administers", () => {
  it("is a token that says so, or a member who may", async () => {
    const plain = await rig.mint({ user: "ada" });
    const asAda = { token: plain };
    expect((await ask("GET", "/members", asAda)).status).toBe(403);
    await make("/members/ada", { roles: ["owner"] });
    expect((await ask("GET", "/members", asAda)).status).toBe(200);
    expect((await ask("PUT", "/members/ben", { ...asAda, body: {} })).status).toBe(201);
    const ofPlugin = await rig.mint({ user: "ada", plugin: { id: "stats" } });
    expect((await ask("GET", "/members", { token: ofPlugin })).status).toBe(403);
    await ask("PATCH", "/members/ada", { body: { state: "suspended" } });
    expect((await ask("GET", "/members", asAda)).status).toBe(403);
  });

  it("is left over: members do not lock all of themselves out, and the operator may", async () => {
    await make("/members/ada", { roles: ["owner"] });
    const token = await rig.mint({ user: "ada" });
    for (const [method, path, body] of [
      ["DELETE", "/members/ada", undefined],
      ["PATCH", "/members/ada", { state: "suspended" }],
      ["PUT", "/roles/owner", { grants: ["**:write"] }],
    ] as const) {
      const answer = await ask(method, path, { token, body });
      expect(answer).toMatchObject({ status: 409, body: { error: { hint: /another/ } } });
    }
    expect((await ask("DELETE", "/members/ada")).status).toBe(204);
  });
});

describe("the audit log", () => {
  it("says who changed what, when, and from where, newest first", async () => {
    const before = Date.now();
    await make("/members/ada", { roles: ["owner"] });
    const token = await rig.mint({ user: "ada" });
    await ask("PUT", "/members/ben", { token, body: { roles: ["reader"] } });
    await ask("PATCH", "/members/ben", { token, body: { roles: ["editor"] } });
    await ask("PATCH", "/members/ben", { token, body: { roles: ["editor"] } });
    await ask("DELETE", "/members/ben", { token });
    const { body } = await ask("GET", "/audit");
    const { entries } = body as { entries: { at: number }[] };
    const ben = { by: "ada", address: "127.0.0.1", target: "ben", token: expect.any(String) };
    expect(entries).toMatchObject([
      { ...ben, number: 3, action: "members.remove", before: { roles: ["editor"] } },
      { number: 2, before: { roles: ["reader"] }, after: { roles: ["editor"] } },
      { number: 1, action: "members.put", after: { roles: ["reader"], state: "active" } },
      { number: 0, by: "operator", target: "ada" },
    ]);
    for (const { at } of entries) {
      expect(at).toBeGreaterThanOrEqual(before);
      expect(at).toBeLessThanOrEqual(Date.now());
    }
  });

  it("is told page by page, across a restart, and forgets what is older than it is kept for", async () => {
    for (let n = 0; n < 150; n++) {
      await ask("PUT", "/members/ada", { body: { name: `name ${n}` } });
      if (n === 100) await rig.start();
    }
    const seen: number[] = [];
    for (let next: number | undefined = Number.MAX_SAFE_INTEGER; next !== undefined;) {
      const { body } = await ask("GET", `/audit?limit=47&after=${next}`);
      const page = body as { entries: { number: number }[]; next?: number };
      seen.push(...page.entries.map(({ number }) => number));
      next = page.next;
    }
    expect(seen).toEqual(Array.from({ length: 150 }, (_, n) => 149 - n));
    const short = new AdminRig({ data: rig.data, keepAudit: 0 });
    rig.cleanUp(() => short.dispose());
    await rig.server.close();
    await short.start();
    expect((await short.ask("GET", "/audit")).body).toEqual({ entries: [] });
    expect((await short.ask("GET", "/members/ada")).body).toMatchObject({ name: "name 149" });
  });
});
