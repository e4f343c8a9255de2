/** What a change of members, roles and groups does to sessions that are open, of every kind. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { CloseCode, createGate, createHub, type DocumentHandle, type Workspace } from "@croft/core";
import { openSqliteStore } from "@croft/persistence/sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SignJWT } from "jose";
import { WebSocket } from "ws";
import { AdminRig, SECRET } from "../testing/admin-rig.ts";
import { mintToken } from "../token.ts";

const SLOW = { timeout: 10_000 };
const PAGE = "notes/page";
let rig: AdminRig;
beforeEach(async () => {
  rig = new AdminRig();
  await rig.start();
});
afterEach(() => rig.dispose());

const text = (page: DocumentHandle): string => page.doc.getText("body").toString();
const type = (page: DocumentHandle, words: string): void =>
  page.doc.getText("body").insert(0, words);

async function member(user: string, body: object): Promise<void> {
  const { status } = await rig.ask("PUT", `/members/${user}`, { body });
  expect([200, 201]).toContain(status);
}

/** Ada writes a page. */
async function written(words = "first"): Promise<{ ada: Workspace; page: DocumentHandle }> {
  await member("ada", { roles: ["owner"] });
  const ada = await rig.device("ada");
  const page = ada.open(PAGE);
  await page.caughtUp();
  type(page, words);
  await page.saved("server");
  return { ada, page };
}

describe("an open session where membership decides", () => {
  it("gets access when its user becomes a member, without another connection", async () => {
    const { page } = await written();
    const ben = await rig.device("ben");
    const his = ben.open(PAGE);
    await expect.poll(() => his.state.access, SLOW).toBe("none");
    const sessions = rig.logged.filter((each) => each === "session opened").length;
    await member("ben", { roles: ["editor"] });
    await expect.poll(() => text(his), SLOW).toBe("first");
    type(his, "ben, ");
    await his.saved("server");
    await expect.poll(() => text(page), SLOW).toBe("ben, first");
    expect(rig.logged.filter((each) => each === "session opened")).toHaveLength(sessions);
  });

  it("may not write from the moment on in which its user may not, and nothing typed is lost", async () => {
    const { page } = await written();
    await member("ben", { roles: ["editor"] });
    const ben = await rig.device("ben");
    const his = ben.open(PAGE);
    await his.caughtUp();
    type(his, "ben, ");
    await his.saved("server");
    await rig.ask("PATCH", "/members/ben", { body: { roles: ["reader"] } });
    type(his, "too late, ");
    await expect.poll(() => ben.quarantine.list(), SLOW).toHaveLength(1);
    expect(await ben.quarantine.list()).toMatchObject([{ path: PAGE, code: "no-access" }]);
    await expect.poll(() => text(his), SLOW).toBe("ben, first");
    // It still hears others.
    type(page, "ada, ");
    await expect.poll(() => text(his), SLOW).toBe("ada, ben, first");
    expect(text(page)).toBe("ada, ben, first");
  });

  it("hears nothing more of what its user may not read any more", async () => {
    const { ada, page } = await written();
    await member("ben", { roles: ["reader"] });
    const ben = await rig.device("ben");
    const his = ben.open(PAGE);
    const other = ben.open("tasks/list");
    await expect.poll(() => text(his), SLOW).toBe("first");
    await rig.ask("PUT", "/roles/reader", { body: { grants: ["tasks/**:read"] } });
    await expect.poll(() => his.state.access, SLOW).toBe("none");
    type(page, "secret, ");
    await page.saved("server");
    const list = ada.open("tasks/list");
    await list.caughtUp();
    type(list, "shown");
    await expect.poll(() => text(other), SLOW).toBe("shown");
    expect(text(his)).toBe("first");
  });

  it("has nothing while its user is suspended, and all of it afterwards", async () => {
    const { page } = await written();
    await member("ben", { roles: ["editor"] });
    const ben = await rig.device("ben");
    const his = ben.open(PAGE);
    await expect.poll(() => text(his), SLOW).toBe("first");
    await rig.ask("PATCH", "/members/ben", { body: { state: "suspended" } });
    await expect.poll(() => his.state.access, SLOW).toBe("none");
    type(page, "meanwhile, ");
    await page.saved("server");
    await rig.ask("PATCH", "/members/ben", { body: { state: "active" } });
    await expect.poll(() => text(his), SLOW).toBe("meanwhile, first");
    expect(his.state.access).toBe("write");
  });

  it("follows what becomes of a group and of a role", async () => {
    await written();
    await rig.ask("PUT", "/roles/writer", { body: { grants: ["notes/**:write"] } });
    await rig.ask("PUT", "/groups/team", { body: { roles: ["writer"] } });
    await member("ben", { groups: ["team"] });
    const ben = await rig.device("ben");
    const his = ben.open(PAGE);
    await expect.poll(() => his.state.access, SLOW).toBe("write");
    await rig.ask("PUT", "/roles/writer", { body: { grants: ["notes/**:read"] } });
    await expect.poll(() => his.state.access, SLOW).toBe("read");
    await rig.ask("PUT", "/groups/team", {
      body: { roles: ["writer"], grants: ["notes/**:write"] },
    });
    await expect.poll(() => his.state.access, SLOW).toBe("write");
    await member("ben", {});
    await expect.poll(() => his.state.access, SLOW).toBe("none");
  });

  it("never has more than its token grants", async () => {
    await written();
    await member("ben", { roles: ["editor"] });
    const ben = await rig.device("ben", () => rig.mint({ user: "ben", grants: ["notes/**:read"] }));
    const his = ben.open(PAGE);
    await expect.poll(() => text(his), SLOW).toBe("first");
    expect(his.state.access).toBe("read");
    const other = ben.open("tasks/list");
    await expect.poll(() => other.state.access, SLOW).toBe("none");
  });

  it("is as its members are after a restart of the server", async () => {
    await written();
    await member("ben", { roles: ["reader"] });
    await rig.start();
    const ben = await rig.device("ben");
    const his = ben.open(PAGE);
    await expect.poll(() => text(his), SLOW).toBe("first");
    expect(his.state.access).toBe("read");
    expect((await rig.ask("GET", "/members/ben")).body).toMatchObject({ roles: ["reader"] });
  });
});

describe("a workspace whose members are damaged", () => {
  it("is not opened, and is when they are mended", async () => {
    await written();
    await rig.server.close();
    const file = readdirSync(rig.data).find((name) => name.endsWith(".sqlite")) ?? "";
    const set = async (texts: readonly (readonly [string, string])[]): Promise<void> => {
      const hub = await createHub({
        store: await openSqliteStore({ path: join(rig.data, file) }),
        gate: createGate(),
      });
      await hub.setTexts(texts);
      await hub.dispose();
    };
    await set([["membership/roles", "no JSON"]]);
    await rig.start();
    expect((await rig.ask("GET", "/members")).status).toBe(503);
    expect(rig.logged).toContain("workspace cannot be opened");
    await rig.server.close();
    await set([["membership/roles", "[]"]]);
    await rig.start();
    expect((await rig.ask("GET", "/members")).body).toMatchObject({ members: [{ user: "ada" }] });
  });
});

describe("others who are in", () => {
  it("a client of y-websocket is cut off", async () => {
    await written();
    await member("ben", { roles: ["editor"] });
    const token = await rig.mint({ user: "ben" });
    const url = `${rig.server.url.replace("http", "ws")}/y/acme/${PAGE}?token=${token}`;
    const socket = new WebSocket(url);
    rig.cleanUp(() => socket.terminate());
    await new Promise((resolve) => socket.once("message", resolve));
    const closed = new Promise<number>((resolve) => socket.once("close", resolve));
    await rig.ask("PATCH", "/members/ben", { body: { state: "suspended" } });
    expect(await closed).toBe(CloseCode.forbidden);
  });

  it("a request over HTTP is answered as its user may ask", async () => {
    await written();
    const token = await rig.mint({ user: "ben" });
    const read = () => rig.ask("GET", `/documents/${PAGE}?format=text`, { token });
    expect((await read()).status).toBe(404);
    await member("ben", { roles: ["reader"] });
    expect(await read()).toMatchObject({ status: 200, body: "first" });
    await rig.ask("DELETE", "/members/ben");
    expect((await read()).status).toBe(404);
  });

  it("a replica in the server's process is a member's, or a program's own", async () => {
    await written();
    const ofBen = await rig.server.open("acme", { user: "ben" });
    const his = ofBen.open(PAGE);
    await expect.poll(() => his.state.access, SLOW).toBe("none");
    await member("ben", { roles: ["reader"] });
    await expect.poll(() => text(his), SLOW).toBe("first");
    expect(his.state.access).toBe("read");
    const program = await rig.server.open("acme", { user: "importer", member: false });
    const its = program.open(PAGE);
    await its.caughtUp();
    expect(its.state.access).toBe("write");
    await Promise.all([ofBen.dispose(), program.dispose()]);
  });
});

describe("a token that only says who somebody is", () => {
  const plain = (name: string): Promise<string> =>
    new SignJWT({})
      .setProtectedHeader({ alg: "HS256" })
      .setSubject(name)
      .setAudience("croft")
      .setExpirationTime("1h")
      .sign(new TextEncoder().encode(SECRET));

  it("is what the member is, in each workspace, and makes none", async () => {
    const token = await plain("ben");
    expect((await rig.ask("GET", "/documents", { token })).status).toBe(403);
    expect(readdirSync(rig.data)).toEqual([]);
    await written();
    expect((await rig.ask("GET", `/documents/${PAGE}`, { token })).status).toBe(404);
    await member("ben", { roles: ["owner"] });
    const ben = await rig.device("ben", () => plain("ben"));
    const his = ben.open(PAGE);
    await expect.poll(() => text(his), SLOW).toBe("first");
    expect((await rig.ask("GET", "/members", { token })).status).toBe(200);
  });

  it("is none where the token decides", async () => {
    const plainRig = new AdminRig({ access: "token" });
    await plainRig.start();
    rig.cleanUp(() => plainRig.dispose());
    const token = await plain("ben");
    expect((await plainRig.ask("GET", "/documents", { token })).status).toBe(401);
  });
});

describe("where the token decides", () => {
  it("members, roles and groups are kept, and change nothing", async () => {
    const plain = new AdminRig({ access: "token" });
    await plain.start();
    rig.cleanUp(() => plain.dispose());
    await plain.ask("PUT", "/members/ben", { body: { state: "suspended" } });
    const ben = await plain.device("ben");
    const his = ben.open(PAGE);
    await his.caughtUp();
    expect(his.state.access).toBe("write");
  });

  it("nobody administers as a member", async () => {
    const plain = new AdminRig({ access: "token" });
    await plain.start();
    rig.cleanUp(() => plain.dispose());
    await plain.ask("PUT", "/members/ben", { body: { roles: ["owner"] } });
    const token = await mintToken({ secret: SECRET, workspace: "acme", user: "ben" });
    expect((await plain.ask("GET", "/members", { token })).status).toBe(403);
  });
});
