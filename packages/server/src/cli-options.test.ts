import { describe, expect, it } from "vitest";
import { parseServerCommand, parseTokenCommand } from "./cli-options.ts";

const secret = "0123456789abcdef";
const server = (line: string, env = {}) => parseServerCommand(line.split(" ").filter(Boolean), env);
const token = (line: string, env = {}) => parseTokenCommand(line.split(" ").filter(Boolean), env);

describe("croft-server's options", () => {
  it("reads every flag", () => {
    const line = `--port 0 --host ::1 --data /tmp/x --secret ${secret} --origin https://a.example --origin *`;
    expect(server(line)).toEqual({
      kind: "run",
      options: {
        port: 0,
        host: "::1",
        data: "/tmp/x",
        secret,
        origins: ["https://a.example", "*"],
        anonymousAccess: false,
        recover: false,
      },
    });
  });

  it("says how a value is given that begins with a dash", () => {
    const message = "--secret needs a value; write --secret=… for one that begins with a dash.";
    expect(server("--secret -0123456789abcdef")).toEqual({ kind: "mistake", message });
    expect(server("--secret --port 1")).toEqual({ kind: "mistake", message });
    expect(server("--secret=-0123456789abcdef")).toMatchObject({
      kind: "run",
      options: { secret: "-0123456789abcdef" },
    });
  });

  it("reads the environment, and flags win", () => {
    const env = {
      CROFT_PORT: "9000",
      CROFT_HOST: "0.0.0.0",
      CROFT_DATA: "/data",
      CROFT_SECRET: secret,
      CROFT_ANONYMOUS_ACCESS: "1",
      CROFT_ORIGIN: "https://a.example, https://b.example",
    };
    expect(server("--port 9001", env)).toEqual({
      kind: "run",
      options: {
        port: 9001,
        host: "0.0.0.0",
        data: "/data",
        secret,
        origins: ["https://a.example", "https://b.example"],
        anonymousAccess: true,
        recover: false,
      },
    });
  });

  it.each([
    ["30d", 30 * 86_400_000],
    ["12h", 12 * 3_600_000],
    ["none", 0],
  ])("keeps what was deleted for %s", (text, keepDeleted) => {
    const options = { anonymousAccess: true, recover: false, keepDeleted };
    const run = { kind: "run", options };
    expect(server(`--anonymous-access --keep-deleted ${text}`)).toEqual(run);
    expect(server("--anonymous-access", { CROFT_KEEP_DELETED: text })).toEqual(run);
  });

  it("keeps the history of documents for as long as is said", () => {
    const day = { kind: "run", options: { keepHistory: 86_400_000 } };
    expect(server("--anonymous-access --keep-history 1d")).toMatchObject(day);
    expect(server("--anonymous-access", { CROFT_KEEP_HISTORY: "24h" })).toMatchObject(day);
    expect(server("--anonymous-access --keep-history none")).toMatchObject({
      options: { keepHistory: 0 },
    });
  });

  it.each(["", "0d", "month", "-1h"])("does not keep anything for %j", (text) => {
    for (const flag of ["keep-deleted", "keep-history"]) {
      const mistaken = server(`--anonymous-access --${flag}=${text}`);
      expect(mistaken).toMatchObject({ kind: "mistake" });
      expect(JSON.stringify(mistaken)).toContain(flag);
    }
  });

  it("an empty variable is none", () => {
    const env = { CROFT_PORT: "", CROFT_SECRET: "", CROFT_ANONYMOUS_ACCESS: "", CROFT_ORIGIN: "" };
    expect(server("--anonymous-access", env)).toEqual({
      kind: "run",
      options: { anonymousAccess: true, recover: false },
    });
  });

  it("asks for help or the version before anything else", () => {
    expect(server("--help")).toEqual({ kind: "help" });
    expect(server("-h --port x")).toEqual({ kind: "help" });
    expect(server("--version")).toEqual({ kind: "version" });
  });

  const mistakes: [string, Record<string, string>, string][] = [
    ["", {}, "A secret is needed"],
    ["", { CROFT_ANONYMOUS_ACCESS: "0" }, "A secret is needed"],
    [`--secret ${secret} --port x`, {}, "--port must be a number from 0 to 65535."],
    [`--secret ${secret} --port 65536`, {}, "--port must be a number from 0 to 65535."],
    [`--secret ${secret} --port -1`, {}, "--port"],
    [`--secret ${secret} --port`, {}, "--port"],
    [`--secret ${secret}`, { CROFT_PORT: "80a" }, "CROFT_PORT must be a number"],
    [`--secret ${secret} --data=`, {}, "--data must not be empty."],
    [`--secret ${secret} --host=`, {}, "--host must not be empty."],
    ["--secret short", {}, "--secret: The secret has 5 characters; it needs at least 16."],
    ["", { CROFT_SECRET: "short" }, "CROFT_SECRET: The secret has 5 characters"],
    [`--secret ${secret} --origin a.example`, {}, "--origin must be like"],
    ["", { CROFT_ANONYMOUS_ACCESS: "maybe" }, "CROFT_ANONYMOUS_ACCESS must be 1 or 0."],
    ["--anonymous-access=yes", {}, "--anonymous-access"],
    ["--anonymous-acess", {}, "Unknown option '--anonymous-acess'."],
    ["here", {}, "Unexpected argument 'here'."],
  ];
  for (const [line, env, message] of mistakes) {
    it(`says what is wrong with \`${line}\` ${JSON.stringify(env)}`, () => {
      const command = server(line, env);
      expect(command).toMatchObject({ kind: "mistake" });
      if (command.kind !== "mistake") return;
      expect(command.message).toContain(message);
      expect(command.message).not.toContain("\n");
    });
  }
});

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
