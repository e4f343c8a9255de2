/** Begins a new plugin: copies the template, with the plugin's own names in it. */

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CroftError, isPluginId } from "@croft/core";

/** What the new plugin is called. */
export interface InitOptions {
  readonly folder: string;
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly publisher?: string | undefined;
  /** The version of croft's packages that it is for. */
  readonly version: string;
}

/** Files that npm would take for this package's own, or not pack at all. */
const RENAMED: Readonly<Record<string, string>> = {
  _gitignore: ".gitignore",
  "_package.json": "package.json",
  "_README.md": "README.md",
};
const TEMPLATE = fileURLToPath(new URL("../template", import.meta.url));

/**
 * Writes a new plugin into a folder; resolves with the files that it wrote.
 *
 * @throws CroftError `input/invalid` when the id is none, or the folder holds something.
 */
export async function initPlugin(options: InitOptions): Promise<readonly string[]> {
  const folder = resolve(options.folder);
  const id = options.id ?? idFrom(basename(folder));
  if (!isPluginId(id)) {
    throw new CroftError("input/invalid", `${JSON.stringify(id)} is no plugin id.`, {
      hint: "Write lower-case letters, digits and `-`, starting with a letter: --id word-count.",
    });
  }
  const there = await readdir(folder).catch(() => []);
  if (there.length > 0) {
    throw new CroftError("input/invalid", `There is something in ${folder} already.`, {
      hint: "Name a folder that is empty, or that is not there.",
    });
  }
  const values: Readonly<Record<string, string>> = {
    id,
    name: options.name ?? nameFrom(id),
    publisher: options.publisher ?? "",
    version: options.version,
    year: String(new Date().getFullYear()),
  };
  const entries = await readdir(TEMPLATE, { recursive: true, withFileTypes: true });
  const written: string[] = [];
  for (const entry of entries.filter((each) => each.isFile())) {
    const from = join(entry.parentPath, entry.name);
    const name = relative(TEMPLATE, from);
    const to = join(folder, RENAMED[name] ?? name);
    await mkdir(dirname(to), { recursive: true });
    await writeFile(to, fill(await readFile(from, "utf8"), from.endsWith(".json"), values));
    written.push(relative(folder, to));
  }
  return written.toSorted();
}

/** What to tell who began a plugin. */
export function describeStart(folder: string, files: readonly string[]): readonly string[] {
  return [
    `Wrote a plugin into ${folder}:`,
    ...files.map((file) => `  ${file}`),
    `Go on with:  cd ${folder} && npm install && npm test`,
  ];
}

/** Puts values in for `{{names}}`; within JSON they are escaped. */
function fill(text: string, isJson: boolean, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the template has no value for ${name}`);
    return isJson ? JSON.stringify(value).slice(1, -1) : value;
  });
}

function idFrom(folder: string): string {
  return folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^[-0-9]+|-+$/g, "");
}

/** `word-count` is called “Word count”. */
function nameFrom(id: string): string {
  const words = id.replaceAll(/[-.]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
