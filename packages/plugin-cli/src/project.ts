/** A plugin's folder, as its author keeps it. */

import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { CroftError } from "@croft/core";
import { parseManifest, type PluginManifest, type PluginManifestInput } from "@croft/plugin";

/** Where a plugin's module begins; the first of them that is there. */
const SOURCES = ["src/main.ts", "src/main.tsx", "src/main.js", "src/main.jsx"];
/** Files that go into the package as they are, beside what is in `assets/`. */
const TEXTS = ["LICENSE", "LICENSE.md", "LICENSE.txt", "README.md"];

/** A plugin's folder, read. */
export interface Project {
  readonly folder: string;
  /** As its author wrote it. */
  readonly written: PluginManifestInput;
  readonly manifest: PluginManifest;
  /** The path of the file where its module begins. */
  readonly source: string;
  /** What goes into the package beside the module, by path in it. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * Reads a plugin's folder.
 *
 * @throws CroftError `plugin/manifest` when there is no manifest, or it is wrong; `plugin/package` when its
 *   module is missing.
 */
export async function readProject(folder: string): Promise<Project> {
  const written = await readManifest(folder);
  const manifest = parseManifest(written);
  const source = await findSource(folder);
  const files = new Map<string, Uint8Array>();
  for (const name of TEXTS) {
    const path = join(folder, name);
    if (await isFile(path)) files.set(name, await readFile(path));
  }
  for (const path of await listFiles(join(folder, "assets"))) {
    files.set(relative(folder, path).split(sep).join("/"), await readFile(path));
  }
  return { folder, written: written as PluginManifestInput, manifest, source, files };
}

async function readManifest(folder: string): Promise<unknown> {
  const path = join(folder, "manifest.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new CroftError("plugin/manifest", `There is no manifest.json in ${folder}.`, {
      hint: "Name the folder of a plugin, or begin one with `croft-plugin init`.",
      cause,
    });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new CroftError("plugin/manifest", `${path} is no JSON: ${detail}.`, { cause });
  }
}

async function findSource(folder: string): Promise<string> {
  for (const name of SOURCES) {
    const path = join(folder, name);
    if (await isFile(path)) return path;
  }
  throw new CroftError("plugin/package", `There is no ${SOURCES.join(", ")} in ${folder}.`, {
    hint: "The first of them that is there is bundled, and exports the plugin as its default.",
  });
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ?? false;
}

/** The files below a folder; links are not followed. None where there is no such folder. */
async function listFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
