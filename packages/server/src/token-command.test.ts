import { describe, expect, it } from "vitest";
import { parseTokenCommand } from "./token-command.ts";

const secret = "0123456789abcdef";
const token = (line: string, env = {}) => parseTokenCommand(line.split(" ").filter(Boolean), env);

describe("croft-token's options", () => {
  it("reads what a plugin's token is for", () => {
    const line = `--secret ${secret} --workspace acme --user ada --plugin stats`;
    expect(token(`${line} --plugin-grant notes/*:read`)).toMatchObject({
      kind: "run",
      options: { user: "ada", plugin: { id: "stats", grants: ["notes/*:read"] } },
    });
    expect(token(line)).toMatchObject({ options: { plugin: { id: "stats" } } });
    expect(token(`${line} --plugin-grant notes/*`)).toMatchObject({ kind: "mistake" });
    expect(token(`--secret ${secret} --workspace acme --user ada --plugin app`)).toEqual({
      kind: "mistake",
      message: "--plugin is no id that a plugin can have.",
    });
    expect(
      token(`--secret ${secret} --workspace acme --user ada --plugin-grant notes/*:read`),
    ).toEqual({ kind: "mistake", message: "--plugin-grant needs --plugin." });
  });

  it("reads whether it may administer, which no plugin's may", () => {
    const line = `--secret ${secret} --workspace acme --user ada --admin`;
    expect(token(line)).toMatchObject({ kind: "run", options: { admin: true } });
    expect(token(`${line} --plugin stats`)).toMatchObject({ kind: "mistake" });
  });

  it("reads every flag", () => {
    const line = `--secret ${secret} --workspace demo --user ada --grant notes/**:write --grant x/*:read --expires 7d`;
    expect(token(line)).toEqual({
      kind: "run",
      options: {
        secret,
        workspace: "demo",
        user: "ada",
        grants: ["notes/**:write", "x/*:read"],
        expiresIn: 7 * 86_400_000,
      },
    });
  });

  it("takes the secret from the environment", () => {
    expect(token("--workspace demo --user ada --expires never", { CROFT_SECRET: secret })).toEqual({
      kind: "run",
      options: { secret, workspace: "demo", user: "ada", expiresIn: "never" },
    });
  });

  const mistakes: [string, string][] = [
    ["--workspace demo --user ada", "--secret is needed."],
    [`--secret ${secret} --user ada`, "--workspace is needed."],
    [`--secret ${secret} --workspace demo`, "--user is needed."],
    [`--secret ${secret} --workspace a/b --user ada`, "--workspace is no name"],
    [`--secret ${secret} --workspace demo --user a/b`, "--user is no id"],
    [
      `--secret ${secret} --workspace demo --user ada --grant notes`,
      '--grant: Invalid grant "notes"',
    ],
    [
      `--secret ${secret} --workspace demo --user ada --grant ../x:read`,
      "--grant: Invalid pattern",
    ],
    [`--secret ${secret} --workspace demo --user ada --expires soon`, "--expires must be like 90s"],
    [`--secret ${secret} --workspace demo --user ada --expires 0h`, "--expires must be like 90s"],
  ];
  for (const [line, message] of mistakes) {
    it(`says what is wrong with \`${line}\``, () => {
      const command = token(line);
      expect(command.kind === "mistake" && command.message).toContain(message);
    });
  }
});
