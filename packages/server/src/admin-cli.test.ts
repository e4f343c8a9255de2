/** `croft-admin` as a real process, against a running server. */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { decodeJwt } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AdminRig, SECRET } from "./testing/admin-rig.ts";

let rig: AdminRig;
beforeEach(async () => {
  rig = new AdminRig();
  await rig.start();
});
afterEach(() => rig.dispose());

async function admin(
  line: string,
  env: Record<string, string> = {},
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const path = fileURLToPath(new URL("admin-cli.ts", import.meta.url));
  const inherited = Object.entries(process.env).filter(([name]) => !/^(CROFT|NODE)_/.test(name));
  const child = spawn(process.execPath, ["--conditions=source", path, ...line.split(" ")], {
    env: {
      ...Object.fromEntries(inherited),
      CROFT_SERVER: rig.server.url,
      CROFT_WORKSPACE: "acme",
      CROFT_SECRET: SECRET,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  rig.cleanUp(() => void child.kill("SIGKILL"));
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += String(chunk)));
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, stdout, stderr };
}

describe("croft-admin", () => {
  it("makes members, tells of them in columns or as JSON, and is in the audit log", async () => {
    const made = await admin("members add ada --role owner --name Ada");
    expect(made).toMatchObject({ code: 0, stderr: "" });
    expect(made.stdout).toMatch(/^user: +ada\nroles: +owner\n/);
    await admin("members add ben --role reader");
    const listed = await admin("members list");
    const [head = "", ...rows] = listed.stdout.trimEnd().split("\n");
    expect(head.split(/ +/)).toEqual(["user", "name", "roles", "state"]);
    expect(rows.map((row) => row.split(/ +/))).toEqual([
      ["ada", "Ada", "owner", "active"],
      ["ben", "reader", "active"],
    ]);
    const json: unknown = JSON.parse((await admin("members list --json --role owner")).stdout);
    expect(json).toMatchObject({ members: [{ user: "ada", roles: ["owner"] }] });
    expect((await admin("members remove ben")).stdout).toBe("ben is no member any more.\n");
    await admin("members set ada --role editor");
    const log = await admin("audit --limit 2");
    expect(log.stdout.replaceAll(/^\S+Z/gm, "…Z")).toBe(
      [
        "…Z  operator  members.put  ada  from 127.0.0.1",
        "  roles: owner → editor",
        "…Z  operator  members.remove  ben  from 127.0.0.1",
        "  roles: reader → none",
        "  state: active → none",
        "",
      ].join("\n"),
    );
  }, 30_000);

  it("says what the server says is wrong, and ends with 1", async () => {
    await admin("members add ada");
    const twice = await admin("members add ada");
    expect(twice).toMatchObject({ code: 1, stdout: "" });
    expect(twice.stderr).toBe("croft-admin: There is a member ada already.\n");
    const unknown = await admin("members set ada --role chief");
    expect(unknown.stderr).toContain("There is no role chief. There are owner, editor, reader.");
    const token = await rig.mint({ user: "ada" });
    const notAllowed = await admin("members list", { CROFT_TOKEN: token });
    expect(notAllowed.stderr).toContain("those who administer");
    expect(await admin("members lits")).toMatchObject({ code: 2 });
    await rig.server.close();
    const away = await admin("members list");
    expect(away).toMatchObject({ code: 1 });
    expect(away.stderr).toContain("cannot be reached: ECONNREFUSED. Is it running");
  }, 30_000);

  it("invites, and revokes", async () => {
    const invited = await admin("invite --role editor --page https://app.example.org/join --json");
    const { link, token: invitation } = JSON.parse(invited.stdout) as Record<string, string>;
    expect(link).toBe(`https://app.example.org/join#invitation=${invitation}`);
    const token = await rig.mint({ user: "ben" });
    await rig.ask("POST", "/invitations/accept", { token, body: { invitation } });
    expect((await rig.ask("GET", "/documents", { token })).status).toBe(200);
    expect((await admin(`revoke-token ${token} --note lost`)).code).toBe(0);
    expect((await rig.ask("GET", "/documents", { token })).status).toBe(401);
    const { stdout } = await admin("revocations list");
    expect(stdout).toContain(`token:${decodeJwt(token).jti}`);
    expect(stdout).toContain("lost");
  }, 30_000);
});
