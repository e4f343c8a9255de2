/** What is handed out and taken back: invitations, tokens made from tokens, and revoked ones, against a real server. */

import { CloseCode, type DocumentHandle } from "@croft/core";
import { decodeJwt, SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { AdminRig, SECRET } from "../../testing/admin-rig.ts";
import { mintToken } from "../../token.ts";

const SLOW = { timeout: 10_000 };
const PAGE = "notes/page";
let rig: AdminRig;
beforeEach(async () => {
  rig = new AdminRig();
  await rig.start();
});
afterEach(() => rig.dispose());

const ask: AdminRig["ask"] = (...asked) => rig.ask(...asked);
const textOf = (page: DocumentHandle): string => page.doc.getText("body").toString();

async function make(path: string, body: object = {}): Promise<void> {
  expect((await ask("PUT", path, { body })).status).toBe(201);
}

async function write(path: string, words: string): Promise<void> {
  const replica = await rig.server.open("acme", { user: "importer", member: false });
  const page = replica.open(path);
  await page.caughtUp();
  page.doc.getText("body").insert(0, words);
  await page.saved("device");
  await replica.dispose();
}

describe("an invitation", () => {
  async function invite(body: object = {}) {
    const made = await ask("POST", "/invitations", { body: { roles: ["editor"], ...body } });
    expect(made.status).toBe(201);
    return made.body as { id: string; token: string; link?: string; expiresAt: number };
  }

  async function accept(user: string, invitation: string) {
    const token = await rig.mint({ user });
    return ask("POST", "/invitations/accept", { token, body: { invitation } });
  }

  it("makes who accepts it a member, once, and is in the audit log", async () => {
    const { token, link, id } = await invite({ page: "https://app.example.org/join", note: "Ben" });
    expect(link).toBe(`https://app.example.org/join#invitation=${token}`);
    const ben = await rig.device("ben");
    const page = ben.open(PAGE);
    await expect.poll(() => page.state.access, SLOW).toBe("none");
    expect((await ask("GET", "/invitations")).body).toMatchObject({
      invitations: [{ id, uses: 1, note: "Ben", by: "operator" }],
    });
    expect((await accept("ben", token)).body).toMatchObject({ user: "ben", roles: ["editor"] });
    await expect.poll(() => page.state.access, SLOW).toBe("write");
    expect((await accept("carol", token)).status).toBe(410);
    expect((await ask("GET", "/members/carol")).status).toBe(404);
    expect((await ask("GET", "/invitations")).body).toEqual({ invitations: [] });
    const { body } = await ask("GET", "/audit");
    expect(body).toMatchObject({
      entries: [
        { action: "invitations.accept", by: "ben", target: "ben", after: { invitation: id } },
        { action: "invitations.add", by: "operator", target: id },
      ],
    });
    expect(JSON.stringify(body)).not.toContain(token);
  });

  it("may be for several, of whom each uses it once, at the same time too", async () => {
    const { token } = await invite({ uses: 3 });
    expect((await accept("ada", token)).status).toBe(200);
    expect((await accept("ada", token)).status).toBe(200);
    const users = ["ben", "carol", "dora", "emil"];
    const answers = await Promise.all(users.map((user) => accept(user, token)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200, 200, 410, 410,
    ]);
  });

  it("adds to what a member has, and lifts no suspension", async () => {
    await make("/groups/team");
    await make("/members/ben", { roles: ["reader"], name: "Ben" });
    const { token } = await invite({ groups: ["team"], uses: 5 });
    expect((await accept("ben", token)).body).toMatchObject({
      ...{ roles: ["reader", "editor"], groups: ["team"], name: "Ben" },
    });
    await make("/members/eve", { state: "suspended" });
    expect((await accept("eve", token)).status).toBe(410);
    expect((await ask("GET", "/members/eve")).body).toMatchObject({ state: "suspended" });
  });

  it("is good for nothing once it was taken back, has ended, or is another's", async () => {
    const { token, id } = await invite();
    expect((await ask("DELETE", `/invitations/${id}`)).status).toBe(204);
    expect((await accept("ben", token)).status).toBe(410);
    const short = await invite({ expiresIn: 1000 });
    await expect.poll(async () => (await accept("ben", short.token)).status, SLOW).toBe(410);
    const { token: good } = await invite();
    const forged = await mintToken({ secret: `not ${SECRET}`, workspace: "acme", user: "ben" });
    const access = await rig.mint({ user: "ben" });
    for (const wrong of ["", "garbage", forged, access, `${good}x`]) {
      expect((await accept("ben", wrong)).status).toBe(410);
    }
    // And it is no token.
    expect((await ask("GET", "/documents", { token: good })).status).toBe(401);
    const ofOther = { token: await mintToken({ secret: SECRET, workspace: "other", user: "ben" }) };
    const elsewhere = await fetch(`${rig.server.url}/api/other/invitations/accept`, {
      method: "POST",
      headers: { authorization: `Bearer ${ofOther.token}` },
      body: JSON.stringify({ invitation: good }),
    });
    expect(elsewhere.status).toBe(410);
  });

  it("gives its maker nothing back that the maker lost since", async () => {
    await make("/members/ada", { roles: ["owner"] });
    const token = await rig.mint({ user: "ada" });
    const made = await ask("POST", "/invitations", { token, body: { roles: ["owner"] } });
    expect(made.status).toBe(201);
    const { token: invitation } = made.body as { token: string };
    // Not the last one who administers.
    await make("/members/zoe", { roles: ["owner"] });
    await ask("PATCH", "/members/ada", { body: { roles: ["reader"] } });
    expect((await accept("ada", invitation)).status).toBe(410);
    expect((await ask("GET", "/members/ada")).body).toMatchObject({ roles: ["reader"] });
    expect((await accept("ben", invitation)).body).toMatchObject({ roles: ["owner"] });
  });

  it("is made by those alone who administer, and accepted by no plugin", async () => {
    const token = await rig.mint({ user: "ben" });
    expect((await ask("POST", "/invitations", { token, body: {} })).status).toBe(403);
    const { token: invitation } = await invite();
    const ofPlugin = await rig.mint({ user: "ben", plugin: { id: "stats" } });
    const asPlugin = { token: ofPlugin, body: { invitation } };
    expect((await ask("POST", "/invitations/accept", asPlugin)).status).toBe(403);
  });
});

describe("a token that is made from another one", () => {
  const documents = async (token: string, path: string) =>
    (await ask("GET", `/documents/${path}?format=text`, { token })).status;

  async function makeToken(from: string, body: object = {}) {
    const made = await ask("POST", "/tokens", { token: from, body });
    expect(made.status).toBe(201);
    return made.body as { token: string; id: string; expiresAt: number };
  }

  beforeEach(async () => {
    await make("/members/ada", { roles: ["owner"] });
    await write("notes/page", "notes");
    await write("tasks/list", "tasks");
  });

  it("grants what both grant, and never administers", async () => {
    const own = await rig.mint({ user: "ada", grants: ["notes/**:read"], admin: true });
    const { token } = await makeToken(own, { grants: ["**:write"] });
    expect(await documents(token, "notes/page")).toBe(200);
    expect(await documents(token, "tasks/list")).toBe(404);
    const post = await ask("POST", "/documents/notes/page", { token, body: {} });
    expect(post.status).toBe(403);
    expect((await ask("GET", "/members", { token: own })).status).toBe(200);
    expect((await ask("GET", "/members", { token })).status).toBe(403);
    const less = await makeToken(token, { grants: ["notes/other:read"] });
    expect(await documents(less.token, "notes/page")).toBe(404);
    // The grants of the first one still bound it.
    const more = await makeToken(less.token, { grants: ["**:write"] });
    expect(await documents(more.token, "notes/page")).toBe(404);
  });

  it("ends no later", async () => {
    const own = await rig.mint({ user: "ada", expiresIn: 60_000 });
    const { exp = 0 } = decodeJwt(own);
    const day = 24 * 3_600_000;
    const { token, expiresAt } = await makeToken(own, { expiresIn: day });
    expect(decodeJwt(token).exp).toBe(expiresAt / 1000);
    expect(expiresAt / 1000).toBe(exp);
    const short = await makeToken(own, { expiresIn: 5000 });
    expect(short.expiresAt).toBeLessThan(Date.now() + 5001);
  });

  it("may be a plugin's, which makes no others", async () => {
    const own = await rig.mint({ user: "ada", grants: ["notes/**:write", "stats/**:write"] });
    const plugin = { id: "stats", grants: ["notes/**:read", "tasks/**:read"] };
    const { token } = await makeToken(own, { plugin });
    expect(await documents(token, "notes/page")).toBe(200);
    expect(await documents(token, "tasks/list")).toBe(404);
    expect((await ask("POST", "/tokens", { token, body: {} })).status).toBe(403);
  });

  it("is revoked with the one that it was made from, and leaves that when it is revoked alone", async () => {
    const own = await rig.mint({ user: "ada" });
    const child = await makeToken(own);
    const grandchild = await makeToken(child.token);
    expect(await documents(grandchild.token, "notes/page")).toBe(200);
    await ask("POST", "/revocations", { body: { id: child.id } });
    expect(await documents(grandchild.token, "notes/page")).toBe(401);
    expect(await documents(child.token, "notes/page")).toBe(401);
    expect(await documents(own, "notes/page")).toBe(200);
    const other = await makeToken(own);
    await ask("POST", "/revocations", { body: { token: own } });
    expect(await documents(other.token, "notes/page")).toBe(401);
    expect((await ask("POST", "/tokens", { token: own, body: {} })).status).toBe(401);
  });

  it("cannot be made without a secret, nor too many one from the other", async () => {
    let token = await rig.mint({ user: "ada" });
    for (let n = 0; n < 8; n++) ({ token } = await makeToken(token));
    expect((await ask("POST", "/tokens", { token, body: {} })).status).toBe(422);
    expect(await documents(token, "notes/page")).toBe(200);
    const keyless = new AdminRig({
      secret: undefined,
      authenticate: async () => ({ principal: { user: "ada", grants: [] }, admin: true, id: "1" }),
    });
    rig.cleanUp(() => keyless.dispose());
    await keyless.start();
    expect((await keyless.ask("POST", "/tokens", { body: {} })).status).toBe(501);
    expect((await keyless.ask("POST", "/invitations", { body: {} })).status).toBe(501);
    expect((await keyless.ask("PUT", "/members/ada", { body: {} })).status).toBe(201);
  });
});

describe("a token of one's own", () => {
  it("tells who one is, and whether one administers", async () => {
    await make("/members/ada", { roles: ["owner"], name: "Ada" });
    const token = await rig.mint({ user: "ada" });
    expect((await ask("GET", "/self", { token })).body).toMatchObject({
      ...{ user: "ada", token: decodeJwt(token).jti, admin: true },
      member: { user: "ada", roles: ["owner"], name: "Ada" },
    });
    const other = await rig.mint({ user: "ben", plugin: { id: "stats" } });
    const { body } = await ask("GET", "/self", { token: other });
    expect(body).toMatchObject({ user: "ben", plugin: "stats", admin: false });
    expect(body).not.toHaveProperty("member");
  });

  it("is revoked by its user, with those made from it, and no other's is", async () => {
    await make("/members/ada", { roles: ["editor"] });
    const good = async (token: string): Promise<boolean> =>
      (await ask("GET", "/documents", { token })).status === 200;
    const revoke = async (token: string, body: object): Promise<number> =>
      (await ask("POST", "/tokens/revoke", { token, body })).status;
    const lesser = async (token: string): Promise<string> => {
      const { body } = await ask("POST", "/tokens", { token, body: {} });
      return (body as { token: string }).token;
    };
    const [own, phone] = [await rig.mint({ user: "ada" }), await rig.mint({ user: "ada" })];
    const [script, agent] = [await lesser(own), await lesser(own)];
    // What was made for less does not end what it was made from, nor its like.
    expect(await revoke(agent, { token: own })).toBe(403);
    expect(await revoke(agent, { token: script })).toBe(403);
    expect(await revoke(agent, { token: agent })).toBe(204);
    expect([await good(agent), await good(script)]).toEqual([false, true]);
    const eve = await rig.mint({ user: "eve" });
    expect(await revoke(eve, { token: own })).toBe(403);
    const forged = await mintToken({ secret: `not ${SECRET}`, workspace: "acme", user: "eve" });
    expect(await revoke(eve, { token: forged })).toBe(204);
    expect((await ask("GET", "/revocations")).body).toMatchObject({
      revocations: [{ token: decodeJwt(agent).jti, by: "ada" }],
    });
    expect(await revoke(own, { token: phone })).toBe(204);
    expect(await revoke(own, { token: own })).toBe(204);
    expect([await good(phone), await good(own), await good(script)]).toEqual([false, false, false]);
    expect(await revoke(own, { token: own })).toBe(401);
    // It is no administration.
    const { body } = await ask("GET", "/audit");
    expect(JSON.stringify(body)).not.toContain("revocations");
  });

  it("fills the list with no more than a hundred", async () => {
    const own = await rig.mint({ user: "ada" });
    const statuses = new Map<number, number>();
    for (let n = 0; n < 102; n++) {
      const token = await rig.mint({ user: "ada" });
      const { status } = await ask("POST", "/tokens/revoke", { token: own, body: { token } });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect(statuses).toEqual(
      new Map([
        [204, 100],
        [409, 2],
      ]),
    );
  });
});

describe("a revoked token", () => {
  const statusOf = async (token: string): Promise<number> =>
    (await ask("GET", "/documents", { token })).status;

  it("ends its open sessions at once, and who has another one comes back", async () => {
    await make("/members/ben", { roles: ["editor"] });
    const tokens: string[] = [];
    const ben = await rig.device("ben", async () => {
      const token = await rig.mint({ user: "ben" });
      tokens.push(token);
      return token;
    });
    const page = ben.open(PAGE);
    await page.caughtUp();
    await ask("POST", "/revocations", { body: { token: tokens[0], note: "lost device" } });
    await expect.poll(() => tokens.length, SLOW).toBeGreaterThan(1);
    page.doc.getText("body").insert(0, "after");
    await page.saved("server");
    expect((await ask("GET", "/revocations")).body).toMatchObject({
      revocations: [{ token: decodeJwt(tokens[0] ?? "").jti, note: "lost device", by: "operator" }],
    });
  });

  it("is refused from then on, also after a restart, until the revocation is taken back", async () => {
    await make("/members/ben", { roles: ["editor"] });
    const token = await rig.mint({ user: "ben" });
    const { body } = await ask("POST", "/revocations", { body: { token } });
    const { id } = body as { id: string };
    await rig.start();
    expect((await ask("GET", "/documents", { token })).status).toBe(401);
    const socket = new WebSocket(
      `${rig.server.url.replace("http", "ws")}/y/acme/a/b?token=${token}`,
    );
    const closed = new Promise<number>((resolve) => socket.once("close", resolve));
    expect(await closed).toBe(CloseCode.unauthorized);
    expect((await ask("DELETE", `/revocations/${encodeURIComponent(id)}`)).status).toBe(204);
    expect((await ask("GET", "/documents", { token })).status).toBe(200);
  });

  it("without an id is revoked however its signature is written", async () => {
    const token = await new SignJWT({
      workspaces: [{ id: "acme", grants: ["**:write"] }],
    })
      .setProtectedHeader({ alg: "HS256" })
      .setSubject("ben")
      .setAudience("croft")
      .setIssuedAt()
      .setExpirationTime("1h")
      .sign(new TextEncoder().encode(SECRET));
    // The last of 43 letters has two bits that stand for nothing.
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const last = letters.indexOf(token.at(-1) ?? "");
    const same = [0, 1, 2, 3].map((n) => token.slice(0, -1) + (letters[(last & ~3) + n] ?? ""));
    await make("/members/ben", { roles: ["editor"] });
    for (const each of same) expect(await statusOf(each)).toBe(200);
    await ask("POST", "/revocations", { body: { token } });
    for (const each of same) expect(await statusOf(each)).toBe(401);
  });

  it("may be all of a user's that were issued before a time", async () => {
    await make("/members/ben", { roles: ["editor"] });
    const old = await rig.mint({ user: "ben" });
    const other = await rig.mint({ user: "ada" });
    await ask("POST", "/revocations", { body: { user: "ben", before: Date.now() + 2000 } });
    expect((await ask("GET", "/documents", { token: old })).status).toBe(401);
    expect((await ask("GET", "/documents", { token: other })).status).toBe(200);
    // A later one takes its place.
    await ask("POST", "/revocations", { body: { user: "ben", before: Date.now() - 5000 } });
    expect((await ask("GET", "/documents", { token: old })).status).toBe(200);
    expect((await ask("GET", "/revocations")).body).toMatchObject({
      revocations: [{ user: "ben" }],
    });
  });

  it("is forgotten when it has ended by itself", async () => {
    await ask("POST", "/revocations", { body: { id: "one", expiresAt: Date.now() - 1 } });
    await ask("POST", "/revocations", { body: { id: "two" } });
    await rig.start();
    await ask("POST", "/revocations", { body: { id: "three", expiresAt: Date.now() + 60_000 } });
    const { body } = await ask("GET", "/revocations");
    const { revocations } = body as { revocations: { token: string }[] };
    expect(revocations.map(({ token }) => token)).toEqual(["three", "two"]);
  });

  it("ends a replica of it in the server, and what is no token is none", async () => {
    for (const body of [{ token: "garbage" }, {}, { id: "a", user: "ben" }]) {
      expect((await ask("POST", "/revocations", { body })).status).toBe(400);
    }
    await make("/members/ben", { roles: ["editor"] });
    await write(PAGE, "there");
    const replica = await rig.server.open("acme", { user: "ben" });
    const page = replica.open(PAGE);
    await expect.poll(() => textOf(page), SLOW).toBe("there");
    await ask("POST", "/revocations", { body: { user: "ben" } });
    await expect.poll(() => replica.session.name, SLOW).toBe("refused");
    await replica.dispose();
    // The program that opens another one vouches for it.
    const another = await rig.server.open("acme", { user: "ben" });
    const again = another.open(PAGE);
    await expect.poll(() => textOf(again), SLOW).toBe("there");
    await another.dispose();
  });
});
