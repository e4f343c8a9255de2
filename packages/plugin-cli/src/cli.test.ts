// The command as a real process, on real folders.

import { execFile } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readPackage } from "@croft/plugin/package";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

// Real processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const cli = fileURLToPath(new URL("cli.ts", import.meta.url));
const packages = fileURLToPath(new URL("../..", import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "croft-plugin-"));
  const modules = join(folder, "node_modules/@croft");
  mkdirSync(modules, { recursive: true });
  for (const name of ["core", "plugin"]) symlinkSync(join(packages, name), join(modules, name));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function croftPlugin(...args: readonly string[]): Promise<Run> {
  try {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ["--conditions=source", cli, ...args],
      { cwd: folder },
    );
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code = -1, stdout = "", stderr = "" } = Object(error) as Record<string, never>;
    return { code, out: stdout, err: stderr };
  }
}

function write(path: string, text: string): void {
  writeFileSync(join(folder, path), text);
}

function edit(path: string, from: string, to: string): void {
  const text = readFileSync(join(folder, path), "utf8");
  expect(text).toContain(from);
  write(path, text.replace(from, to));
}

async function init(): Promise<void> {
  const { code, err } = await croftPlugin("init", "word-count", "--publisher", 'Ada & "Ben"');
  expect(err).toBe("");
  expect(code).toBe(0);
}

describe("init", () => {
  it("writes a plugin that is fine as it is, and says how to go on", async () => {
    const { out } = await croftPlugin("init", "word-count");
    expect(out).toContain("src/main.test.ts");
    expect(out).toContain("cd word-count && npm install && npm test");
    expect(existsSync(join(folder, "word-count/.gitignore"))).toBe(true);
    expect(readFileSync(join(folder, "word-count/package.json"), "utf8")).toContain('"word-count"');
    const { code, out: checked } = await croftPlugin("check", "word-count");
    expect(code).toBe(0);
    expect(checked).toContain("word-count 1.0.0 is fine.");
    expect(checked).toContain(
      "See the documents notes/pages/*: To hear of pages that are changed.",
    );
    expect(checked).toContain("note: the manifest names no `publisher`");
  });

  it("takes names with anything in them", async () => {
    await init();
    const manifest: unknown = JSON.parse(
      readFileSync(join(folder, "word-count/manifest.json"), "utf8"),
    );
    expect(manifest).toMatchObject({
      id: "word-count",
      name: "Word count",
      publisher: 'Ada & "Ben"',
    });
  });

  it("writes over nothing, and takes no wrong id", async () => {
    mkdirSync(join(folder, "mine"));
    write("mine/notes.txt", "mine");
    expect(await croftPlugin("init", "mine")).toMatchObject({ code: 1, out: "" });
    expect(readFileSync(join(folder, "mine/notes.txt"), "utf8")).toBe("mine");
    const { code, err } = await croftPlugin("init", "new", "--id", "Word Count");
    expect(code).toBe(1);
    expect(err).toContain('"Word Count" is no plugin id.\nWrite lower-case letters');
    expect(existsSync(join(folder, "new"))).toBe(false);
  });
});

describe("check", () => {
  it("names every field of the manifest that is wrong", async () => {
    await init();
    edit("word-count/manifest.json", '"version": "1.0.0"', '"version": "1"');
    edit("word-count/manifest.json", '"access": "read"', '"access": "all"');
    const { code, err } = await croftPlugin("check", "word-count");
    expect(code).toBe(1);
    expect(err).toContain('- version: "1" is no version');
    expect(err).toContain('- permissions.documents[0].access: must be "read" or "write"');
  });
});

describe("pack, sign and verify", () => {
  it("make a package that anybody can check", async () => {
    await init();
    mkdirSync(join(folder, "word-count/assets/icons"), { recursive: true });
    write("word-count/assets/icons/logo.svg", "<svg/>");
    const packed = await croftPlugin("pack", "word-count");
    expect(packed.err).toBe("");
    expect(packed.out).toContain("Wrote word-count-1.0.0.croft, ");
    const file = join(folder, "word-count-1.0.0.croft");
    const { manifest, files, publisher, hash } = await readPackage(readFileSync(file));
    expect(manifest).toMatchObject({ id: "word-count", version: "1.0.0" });
    expect([...files.keys()]).toEqual(["LICENSE", "README.md", "assets/icons/logo.svg", "main.js"]);
    expect(publisher).toBeUndefined();

    const unsigned = await croftPlugin("verify", "word-count-1.0.0.croft");
    expect(unsigned).toMatchObject({ code: 1, out: "" });
    expect(unsigned.err).toContain("Nobody signed word-count 1.0.0.");
    expect(await croftPlugin("verify", "word-count-1.0.0.croft", "--unsigned")).toMatchObject({
      code: 0,
    });

    const made = await croftPlugin("keygen");
    const [, key = ""] = /key\s+(\S{43})/.exec(made.out) ?? [];
    expect(statSync(join(folder, "publisher.key")).mode & 0o777).toBe(0o600);
    expect((await croftPlugin("sign", "word-count-1.0.0.croft")).code).toBe(0);
    const verified = await croftPlugin("verify", "word-count-1.0.0.croft", "--publisher", key);
    expect(verified).toMatchObject({ code: 0, err: "" });
    expect(verified.out).toContain(`content       ${hash}`);
    expect(verified.out).toContain(`signed by     ${key} (`);
    expect(verified.out).toMatch(/assets\/icons\/logo\.svg\s+6 bytes/);

    // One key in 64 begins with a dash.
    for (const stranger of ["A".repeat(43), `-${"A".repeat(42)}`]) {
      const other = await croftPlugin("verify", "word-count-1.0.0.croft", "--publisher", stranger);
      expect(other.code).toBe(1);
      expect(other.err).toContain(`was signed by ${key}, and not by ${stranger}`);
    }

    const bytes = readFileSync(file);
    bytes.writeUInt8(bytes.readUInt8(200) ^ 1, 200);
    writeFileSync(file, bytes);
    const changed = await croftPlugin("verify", "word-count-1.0.0.croft");
    expect(changed).toMatchObject({ code: 1, out: "" });
    expect(changed.err).toMatch(/was changed after it was signed|cannot be used/);
  });

  it("packs the same content twice alike, and signs at once with --key", async () => {
    await init();
    await croftPlugin("keygen", "--out", "my.key");
    const hashes = new Set<string>();
    for (const out of ["a.croft", "b.croft"]) {
      const packed = await croftPlugin("pack", "word-count", "--out", out, "--key", "my.key");
      expect(packed).toMatchObject({ code: 0, err: "" });
      const read = await readPackage(readFileSync(join(folder, out)));
      expect(read.publisher).toBeDefined();
      hashes.add(read.hash);
    }
    expect(hashes.size).toBe(1);
  });

  it("writes over no key, and says what a file is that is none", async () => {
    await croftPlugin("keygen");
    const before = readFileSync(join(folder, "publisher.key"), "utf8");
    const again = await croftPlugin("keygen");
    expect(again.code).toBe(1);
    expect(again.err).toContain("Keys are never overwritten.");
    expect(readFileSync(join(folder, "publisher.key"), "utf8")).toBe(before);
    write("no.croft", "no package");
    expect((await croftPlugin("verify", "no.croft")).err).toContain(
      "it does not start as a package does",
    );
    expect((await croftPlugin("verify", "gone.croft")).err).toContain(
      "There is no file gone.croft",
    );
    chmodSync(join(folder, "publisher.key"), 0o600);
    write("publisher.key", "{}");
    expect((await croftPlugin("sign", "no.croft")).err).toContain("holds no keys of a publisher");
  });
});

it("a wrong command line ends with 2 and says how to go on", async () => {
  const { code, out, err } = await croftPlugin("packk");
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toBe('croft-plugin: There is no command "packk". See croft-plugin --help.\n');
  expect((await croftPlugin("--version")).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect((await croftPlugin()).out).toContain("Usage: croft-plugin <command>");
});
