import { describe, expect, it } from "vitest";
import { ADMIN_HELP, type AdminCall, parseAdminCommand } from "./admin-command.ts";

const env = { CROFT_TOKEN: "a token", CROFT_WORKSPACE: "acme" };

function callOf(line: string): AdminCall {
  const command = parseAdminCommand(line.split(" "), env);
  if (command.kind !== "run") throw new Error(JSON.stringify(command));
  return command.options.call;
}

function mistakeIn(line: string, variables: Record<string, string> = env): string {
  const command = parseAdminCommand(line.split(" ").filter(Boolean), variables);
  if (command.kind !== "mistake") throw new Error(JSON.stringify(command));
  return command.message;
}

describe("croft-admin's command line", () => {
  it("means a request to the server", () => {
    expect(callOf("members add ada --role owner --role editor --grant x/*:read")).toEqual({
      ...{ method: "PUT", path: "/members/ada", isNew: true },
      body: { roles: ["owner", "editor"], groups: undefined, grants: ["x/*:read"] },
    });
    expect(callOf("members remove a&b?c")).toMatchObject({
      ...{ method: "DELETE", path: "/members/a%26b%3Fc" },
    });
    expect(callOf("roles set chief --grant **:write --admin")).toEqual({
      ...{ method: "PUT", path: "/roles/chief" },
      body: { grants: ["**:write"], admin: true, description: undefined },
    });
    expect(callOf("invite --role editor --expires 2d --uses 5")).toMatchObject({
      body: { roles: ["editor"], uses: 5, expiresIn: 2 * 86_400_000 },
    });
    expect(callOf("revoke-token a.b.c")).toMatchObject({ body: { token: "a.b.c" } });
    expect(callOf("revoke-token 1-2-3 --note lost")).toMatchObject({
      body: { id: "1-2-3", note: "lost" },
    });
    expect(callOf("audit --limit 3")).toMatchObject({ path: "/audit", query: { limit: "3" } });
    expect(callOf("members list --group team")).toMatchObject({
      ...{ list: "members", query: { group: "team", role: undefined } },
    });
  });

  it("says what is wrong, and what there is", () => {
    expect(mistakeIn("")).toBe("Say first what is to be done, as members list.");
    expect(mistakeIn("members")).toContain("There are members list, members show");
    expect(mistakeIn("people list")).toBe("There is no people list.");
    expect(mistakeIn("members add")).toBe("Say it as members add <user>.");
    expect(mistakeIn("members add ada ben")).toBe("Say it as members add <user>.");
    expect(mistakeIn("audit all")).toBe("audit takes nothing more: all.");
    expect(mistakeIn("members add ada --uses 3")).toBe("members add takes no --uses.");
    expect(mistakeIn("members add ada --grant notes")).toContain("--grant: Invalid grant");
    expect(mistakeIn("members list", { CROFT_TOKEN: "a" })).toBe("--workspace is needed.");
    expect(mistakeIn("members list", { CROFT_WORKSPACE: "a" })).toContain("--token");
    expect(mistakeIn("members list --server acme")).toContain("must be an address");
    expect(parseAdminCommand(["--help"], {})).toEqual({ kind: "help" });
    expect(parseAdminCommand(["members", "add", "--help"], {})).toEqual({ kind: "help" });
    for (const line of ADMIN_HELP.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });
});
