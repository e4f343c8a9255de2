/** Members at several servers that share a PostgreSQL database, where one is there. */

import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { AdminRig } from "../testing/admin-rig.ts";

const SLOW = { timeout: 15_000 };
const postgres = process.env["CROFT_TEST_POSTGRES"];
const postgresSchema = `croft_members_${randomBytes(4).toString("hex")}`;
const rigs: AdminRig[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.dispose();
});
afterAll(async () => {
  if (postgres === undefined) return;
  const client = new pg.Client({ connectionString: postgres });
  await client.connect();
  await client.query(`DROP SCHEMA IF EXISTS ${postgresSchema} CASCADE`);
  await client.end();
});

async function start(): Promise<AdminRig> {
  const rig = new AdminRig({ postgres, postgresSchema, postgresConnections: 3 });
  await rig.start();
  rigs.push(rig);
  return rig;
}

describe.skipIf(postgres === undefined)("members at several servers on one database", () => {
  it("are the same at each, and changes at one are in force at open sessions of another", async () => {
    const [one, two] = [await start(), await start()];
    await one.ask("PUT", "/members/ada", { body: { roles: ["owner"] } });
    const ada = await one.device("ada");
    const page = ada.open("notes/page");
    await page.caughtUp();
    page.doc.getText("body").insert(0, "first");
    await page.saved("server");
    const ben = await two.device("ben");
    const his = ben.open("notes/page");
    await expect.poll(() => his.state.access, SLOW).toBe("none");
    await one.ask("PUT", "/members/ben", { body: { roles: ["editor"] } });
    await expect.poll(() => his.doc.getText("body").toString(), SLOW).toBe("first");
    await one.ask("PATCH", "/members/ben", { body: { roles: ["reader"] } });
    his.doc.getText("body").insert(0, "too late, ");
    await expect.poll(() => ben.quarantine.list(), SLOW).toHaveLength(1);
    expect(page.doc.getText("body").toString()).toBe("first");
    const token = await one.mint({ user: "ben" });
    await one.ask("POST", "/revocations", { body: { token } });
    await expect
      .poll(async () => (await two.ask("GET", "/documents", { token })).status, SLOW)
      .toBe(401);
  }, 60_000);

  it("are changed at all of them at once, and no change is lost", async () => {
    const servers = [await start(), await start()];
    const users = Array.from({ length: 20 }, (_, n) => `user-${n}`);
    const statuses = await Promise.all(
      users.map(async (user, n) => {
        const answer = await servers[n % 2]?.ask("PUT", `/members/${user}`, { body: {} });
        return answer?.status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([201]));
    for (const each of servers) {
      const { body } = await each.ask("GET", "/members");
      const { members } = body as { members: { user: string }[] };
      expect(members.filter(({ user }) => user.startsWith("user-"))).toHaveLength(users.length);
    }
  }, 60_000);
});
