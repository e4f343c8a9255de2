// What a user gets: every package is built, packed, and installed from its tarball into an empty
// project outside the workspace, where it must type-check, run in Node and bundle for a browser.

import { execFile } from "node:child_process";
import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify, stripVTControlCharacters } from "node:util";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

// Real processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
}

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const folders = globSync("packages/*/package.json", { cwd: root }).map(dirname).toSorted();
const tool = (path: string): string => join(root, "node_modules", path);

/** Entry points that run in Node only; all others have to type-check and bundle for browsers too. */
const nodeOnly = [
  "@croft/server",
  "@croft/persistence/postgres",
  "@croft/persistence/redis",
  "@croft/persistence/sqlite",
  "@croft/plugin-cli",
  "@croft/host/node",
];
/** Entry points that run in browsers only. */
const browserOnly = ["@croft/host", "@croft/persistence/indexeddb"];

const project = mkdtempSync(join(realpathSync(tmpdir()), "croft-packaging-"));
let tarballs: string[] = [];
let manifests: Manifest[] = [];
const entries = (): string[] =>
  manifests.flatMap(({ name, exports }) =>
    Object.keys(exports)
      .filter((path) => !path.endsWith(".json"))
      .map((path) => name + path.slice(1)),
  );

beforeAll(async () => {
  await node([tool("typescript/bin/tsc"), "-b", "tsconfig.build.json"], root);
  const packed = join(project, "tarballs");
  mkdirSync(packed);
  for (const folder of folders) {
    await node(
      [tool("pnpm/bin/pnpm.cjs"), "pack", "--pack-destination", packed],
      join(root, folder),
    );
  }
  tarballs = globSync("*.tgz", { cwd: packed }).map((file) => join(packed, file));
  // What has types of its own in a package apart, and what a new plugin is checked and tested with.
  const beside = ["@types/node", "@types/react", "typescript", "vitest"].map(
    (name) => `${name}@${manifest(tool(name)).version}`,
  );
  write("package.json", JSON.stringify({ name: "consumer", private: true, type: "module" }));
  await run("npm", [
    "install",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    ...beside,
    ...tarballs,
  ]);
  manifests = folders.map((folder) =>
    manifest(join(project, "node_modules/@croft", basename(folder))),
  );
}, 240_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

test("there is a tarball of every package, and no source condition or workspace range in it", () => {
  expect(tarballs).toHaveLength(folders.length);
  for (const each of manifests) {
    expect(JSON.stringify(each)).not.toMatch(/"source":|workspace:|catalog:/);
  }
});

describe.each(folders)("%s", (folder) => {
  const tarball = (): string =>
    tarballs.find((file) => basename(file).startsWith(`croft-${basename(folder)}-`)) ?? "";

  test("publint finds nothing", async () => {
    await node([tool("publint/src/cli.js"), "run", tarball(), "--strict"], project);
  });

  test("its types resolve (attw)", async () => {
    await node(
      [
        tool("@arethetypeswrong/cli/dist/index.js"),
        tarball(),
        "--profile",
        "esm-only",
        "--no-definitely-typed",
      ],
      project,
    );
  });

  test("its commands are there and start with #!", () => {
    const at = join(project, "node_modules/@croft", basename(folder));
    for (const file of Object.values(manifest(at).bin ?? {})) {
      expect(readFileSync(join(at, file), "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
    }
  });
});

// Strict, and with the declarations of all libraries checked. Node's consumers have DOM too, since the
// types of yjs name a few of its.
test.each([
  ["browser", nodeOnly, []],
  ["node", browserOnly, ["node"]],
])("every entry point type-checks in a %s project", async (name, without, types) => {
  const imported = entries().filter((entry) => !without.includes(entry));
  write(`${name}.ts`, importAll(imported));
  write(
    `tsconfig.${name}.json`,
    JSON.stringify({
      compilerOptions: {
        module: "nodenext",
        target: "ES2024",
        lib: ["ES2024", "DOM"],
        types,
        strict: true,
        skipLibCheck: false,
        noEmit: true,
      },
      files: [`${name}.ts`],
    }),
  );
  await node([tool("typescript/bin/tsc"), "-p", `tsconfig.${name}.json`], project);
});

test("every entry point that is for Node loads in it, with one copy of yjs", async () => {
  write("run.mjs", importAll(entries().filter((entry) => !browserOnly.includes(entry))));
  expect(await node(["run.mjs"], project)).not.toContain("Yjs was already imported");
});

test("the packed server finds the file of its compaction thread", async () => {
  write(
    "compact.mjs",
    `import { createWorkerCompactor } from "./node_modules/@croft/server/dist/compaction/worker-compactor.js";
     const compactor = createWorkerCompactor();
     const { clocks } = await compactor.compact({ snapshot: undefined, updates: [] });
     console.log("clients:", clocks.size);
     await compactor.dispose();`,
  );
  expect(await node(["compact.mjs"], project)).toBe("clients: 0\n");
});

test("the server is started by its package's name", async () => {
  const version = await run("npm", ["exec", "--no", "--", "@croft/server", "--version"], project);
  expect(version).toBe(`${manifest(join(project, "node_modules/@croft/server")).version}\n`);
});

test("a plugin is begun, tested, checked, packed, signed and verified with what is published", async () => {
  const bin = (name: string): string => join(project, "node_modules/.bin", name);
  await run(bin("create-plugin"), ["word-count", "--publisher", "Ada"]);
  const folder = join(project, "word-count");
  await node([join(project, "node_modules/typescript/bin/tsc"), "--noEmit"], folder);
  const tested = await node([join(project, "node_modules/vitest/vitest.mjs"), "run"], folder);
  expect(stripVTControlCharacters(tested)).toMatch(/Tests\s+2 passed/);
  expect(await run(bin("croft-plugin"), ["check"], folder)).toContain("word-count 1.0.0 is fine.");
  await run(bin("croft-plugin"), ["keygen"], folder);
  await run(bin("croft-plugin"), ["pack"], folder);
  await run(bin("croft-plugin"), ["sign", "word-count-1.0.0.croft"], folder);
  const verified = await run(bin("croft-plugin"), ["verify", "word-count-1.0.0.croft"], folder);
  expect(verified).toContain("word-count 1.0.0 is as it was packed.");
  expect(verified).not.toContain("note:");
});

test("every entry point that is for browsers bundles with Vite", async () => {
  write("bundle.js", importAll(entries().filter((entry) => !nodeOnly.includes(entry))));
  const warnings: string[] = [];
  const result = await build({
    root: project,
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      minify: false,
      lib: { entry: "bundle.js", formats: ["es"] },
      rolldownOptions: { onLog: (_, log) => void warnings.push(log.message) },
    },
  });
  const outputs = [result].flat().flatMap((each) => ("output" in each ? each.output : []));
  const chunks = outputs.filter((each) => each.type === "chunk");
  // The one way to Node that is left: @hpke/common loads its `crypto` where a runtime has no WebCrypto. It is never taken in a browser.
  const [toNode, ...others] = chunks.filter(({ name }) =>
    name.startsWith("__vite-browser-external"),
  );
  expect(others).toEqual([]);
  const code = chunks
    .filter((chunk) => chunk !== toNode)
    .map((chunk) => chunk.code.replace(/import\("\.\/__vite-browser-external_crypto-[^"]+"\)/, ""))
    .join("\n");
  expect(warnings).toEqual([]);
  expect(code).not.toMatch(/__vite-browser-external|from "node:/);
  expect(code.split("__ $YJS$ __").length - 1).toBeLessThanOrEqual(1);
});

function importAll(entries: readonly string[]): string {
  const imports = entries.map((entry, i) => `import * as m${i} from ${JSON.stringify(entry)};\n`);
  // Used, so that a bundler cannot drop what it has not looked at.
  return `${imports.join("")}Object.assign(globalThis, { all: [${entries.map((_, i) => `m${i}`).join(", ")}] });\n`;
}

function write(file: string, text: string): void {
  writeFileSync(join(project, file), text);
}

function manifest(folder: string): Manifest & { readonly version: string } {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** Runs a program of ours on this Node; its whole output, or an error that shows it. */
async function node(args: readonly string[], cwd: string): Promise<string> {
  return run(process.execPath, args, cwd);
}

async function run(file: string, args: readonly string[], cwd: string = project): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(file, args, {
      cwd,
      shell: process.platform === "win32" && file === "npm",
    });
    return stdout + stderr;
  } catch (error) {
    const { stdout = "", stderr = "" }: { stdout?: string; stderr?: string } = Object(error);
    throw new Error(`${file} ${args.join(" ")}\n${stdout}${stderr}`, { cause: error });
  }
}
