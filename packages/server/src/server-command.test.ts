import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseServerCommand, SERVER_HELP } from "./server-command.ts";

const secret = "0123456789abcdef";
const folder = mkdtempSync(join(tmpdir(), "croft-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file, with text as it is; without content there is none. */
function fileOf(content: unknown): string {
  const path = join(folder, `${Math.random()}.json`);
  if (content !== undefined)
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const server = (line: string, env = {}) => parseServerCommand(line.split(" ").filter(Boolean), env);

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

  it("reads whom tokens are of", () => {
    const jwks = "https://login.example.org/keys";
    const line = `--jwks ${jwks} --issuer https://login.example.org/ --issuer b --audience acme --clock-tolerance 90s`;
    expect(server(`${line} --proxies 2 --max-sessions 50000 --metrics-port 9464`)).toMatchObject({
      kind: "run",
      options: {
        jwks,
        issuers: ["https://login.example.org/", "b"],
        audience: "acme",
        clockTolerance: 90_000,
        proxies: 2,
        maxSessions: 50_000,
        metricsPort: 9464,
      },
    });
    const former = "fedcba9876543210";
    const env = { CROFT_SECRET: secret, CROFT_FORMER_SECRET: `${former}, ${secret}` };
    expect(server("", env)).toMatchObject({ options: { formerSecrets: [former, secret] } });
  });

  it("reads a file, over which the environment wins, and over that the flags", () => {
    const path = fileOf({
      port: 9000,
      host: "0.0.0.0",
      data: "/data",
      secret,
      origins: ["https://a.example"],
      anonymousAccess: true,
      keepHistory: "1d",
    });
    const run = {
      port: 9002,
      host: "::1",
      data: "/data",
      secret,
      origins: ["https://a.example"],
      anonymousAccess: true,
      recover: false,
      keepHistory: 86_400_000,
    };
    const env = { CROFT_HOST: "::1", CROFT_PORT: "9001" };
    expect(server(`--config ${path} --port 9002`, env)).toEqual({ kind: "run", options: run });
    expect(server("--port 9002", { ...env, CROFT_CONFIG: path })).toEqual({
      kind: "run",
      options: run,
    });
  });

  it.each([
    [{ prot: 1 }, "has an option that is not known: prot."],
    [{ secret, port: "x" }, "must be a number from 0 to 65535."],
    [{ secret, port: 1.5 }, "must be a number from 0 to 65535."],
    [{ secret, origins: "https://a.example" }, "origins in"],
    [{ secret, origins: "https://a.example" }, "must be a list."],
    [{ secret, keepHistory: 5 }, "must be like 90s, 30m, 12h or 7d, or none."],
    [{ secret, recover: 2 }, "must be 1 or 0."],
    [[], "must be an object of options."],
    ["{", "is no JSON"],
    [undefined, "cannot be read"],
  ])("says what is wrong with a file of %j", (content, message) => {
    const path = fileOf(content);
    const command = server(`--config ${path}`);
    expect(command.kind === "mistake" && command.message).toContain(message);
    expect(command.kind === "mistake" && command.message).toContain(path);
  });

  it("tells every option in its help, in lines that fit", () => {
    for (const flag of [
      "--secret <text>",
      "--jwks <address>",
      "--keep-history <time>",
      "--recover",
    ]) {
      expect(SERVER_HELP).toContain(`  ${flag}`);
    }
    for (const line of SERVER_HELP.split("\n")) expect(line.length).toBeLessThan(100);
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
