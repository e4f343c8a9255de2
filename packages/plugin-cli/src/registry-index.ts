/** A registry file over a folder of packages: put both on any web server, and applications can offer what is in it. */

import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { CroftError } from "@croft/core";
import { compareVersions } from "@croft/plugin";
import { type PluginPackage, readPackage } from "@croft/plugin/package";
import { readPackageFile, writePackageFile } from "./package-file.ts";

/** The file in the folder. */
export const REGISTRY_FILE = "registry.json";

/** What was written. */
export interface WrittenIndex {
  readonly file: string;
  /** By id, the newest version first. */
  readonly versions: ReadonlyMap<string, readonly string[]>;
  /** Packages that nobody signed: applications refuse them. */
  readonly unsigned: readonly string[];
}

interface Found {
  readonly url: string;
  readonly sha256: string;
  readonly package: PluginPackage;
}

/**
 * Writes `registry.json` for all `.croft` files in a folder. A package that was in it before keeps its date; what is new was
 * released at `now`, in milliseconds since 1970.
 *
 * @throws CroftError `plugin/package` when a file is no package, or a version of a plugin is there twice.
 */
export async function writeIndex(folder: string, now: number): Promise<WrittenIndex> {
  const file = join(folder, REGISTRY_FILE);
  const dates = await readDates(file);
  const found = await readPackages(folder);
  const byId = Map.groupBy(found, (each) => each.package.manifest.id);
  const plugins = [...byId].map(([id, packages]) => {
    const newest = packages.toSorted((a, b) => compareVersions(versionOf(b), versionOf(a)));
    newest.forEach((each, at) => mustDiffer(each, newest[at + 1]));
    const { name = id, description = "" } = newest[0]?.package.manifest ?? {};
    const releases = newest.map((each) => ({
      version: versionOf(each),
      url: encodeURIComponent(each.url),
      sha256: each.sha256,
      publisher: each.package.publisher ?? "",
      released: dates.get(each.sha256) ?? new Date(now).toISOString(),
    }));
    return { id, name, description, releases };
  });
  const sorted = plugins.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const content = { format: "croft-registry", version: 1, plugins: sorted };
  await writePackageFile(file, Buffer.from(`${JSON.stringify(content, undefined, 2)}\n`));
  return {
    file,
    versions: new Map(sorted.map(({ id, releases }) => [id, releases.map((each) => each.version)])),
    unsigned: found.filter((each) => !each.package.publisher).map(({ url }) => url),
  };
}

async function readPackages(folder: string): Promise<readonly Found[]> {
  const names = await readdir(folder).catch((cause: unknown): never => {
    throw new CroftError("plugin/package", `There is no folder ${folder}.`, { cause });
  });
  const found: Found[] = [];
  for (const url of names.filter((name) => name.endsWith(".croft")).toSorted()) {
    const bytes = await readPackageFile(join(folder, url));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    try {
      found.push({ url, sha256, package: await readPackage(bytes) });
    } catch (error) {
      if (!(error instanceof CroftError)) throw error;
      const { code, message, plugin, hint } = error;
      throw new CroftError(code, `${url}: ${message}`, { plugin, hint, cause: error });
    }
  }
  return found;
}

/** When packages were released, by their hash, as the file says that is there. */
async function readDates(file: string): Promise<ReadonlyMap<string, string>> {
  const dates = new Map<string, string>();
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return dates;
  try {
    JSON.parse(text, function (this: unknown, key, value: unknown) {
      const holder = Object(this) as Readonly<Record<string, unknown>>;
      if (key === "released" && typeof value === "string" && typeof holder["sha256"] === "string") {
        dates.set(holder["sha256"], value);
      }
      return value;
    });
  } catch (cause) {
    throw new CroftError("plugin/package", `${file} is there, and is no JSON.`, {
      cause,
      hint: "It has the dates of earlier releases: mend it, or remove it to begin anew.",
    });
  }
  return dates;
}

function mustDiffer(one: Found, other: Found | undefined): void {
  if (!other || compareVersions(versionOf(one), versionOf(other)) !== 0) return;
  const { id, version } = one.package.manifest;
  throw new CroftError("plugin/package", `${one.url} and ${other.url} are both ${id} ${version}.`, {
    plugin: id,
    hint: "Remove one of them.",
  });
}

function versionOf({ package: { manifest } }: Found): string {
  return manifest.version;
}
