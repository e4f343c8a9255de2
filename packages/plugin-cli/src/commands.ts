/** What the commands do. Each resolves with the lines to print; what is wrong it throws as a `CroftError`. */

import { CroftError } from "@croft/core";
import { describePermissions, type PluginManifest } from "@croft/plugin";
import {
  createPublisherKeys,
  fingerprintOf,
  isPublisherKey,
  packPlugin,
  type PluginPackage,
  readPackage,
  signPackage,
} from "@croft/plugin/package";
import { bundlePlugin } from "./bundle.ts";
import type { Command } from "./command-line.ts";
import { checkDefinition } from "./definition.ts";
import { readKeyFile, readPackageFile, writeKeyFile, writePackageFile } from "./package-file.ts";
import { readProject } from "./project.ts";
import { writeIndex } from "./registry-index.ts";

type Of<Kind extends Command["kind"]> = Extract<Command, { readonly kind: Kind }>;

/** Runs a command. */
export function run(
  command: Of<"check" | "pack" | "keygen" | "sign" | "verify" | "index">,
): Promise<readonly string[]> {
  switch (command.kind) {
    case "check":
      return check(command);
    case "pack":
      return pack(command);
    case "keygen":
      return keygen(command);
    case "sign":
      return sign(command);
    case "verify":
      return verify(command);
    case "index":
      return index(command);
  }
}

/** Bundles and checks a plugin. */
export async function check(
  { folder }: Pick<Of<"check">, "folder">,
  conditions?: readonly string[],
): Promise<readonly string[]> {
  const { plugin, warnings } = await build(folder, conditions);
  const { id, version } = plugin.manifest;
  return [`${id} ${version} is fine.`, ...(await describe(plugin)), ...warnings];
}

/** Writes a plugin into one file. */
async function pack({ folder, out, key }: Of<"pack">): Promise<readonly string[]> {
  const keys = key === undefined ? undefined : await readKeyFile(key);
  const { bytes: unsigned, plugin, warnings } = await build(folder);
  const { id, version } = plugin.manifest;
  const file = out ?? `${id}-${version}.croft`;
  const bytes = keys ? await signPackage(unsigned, keys) : unsigned;
  await writePackageFile(file, bytes);
  const lines = await describe({ ...plugin, publisher: keys?.publisher });
  return [`Wrote ${file}, ${size(bytes.length)}.`, ...lines, ...warnings];
}

/** Makes a publisher's keys. */
async function keygen({ out }: Of<"keygen">): Promise<readonly string[]> {
  const keys = await createPublisherKeys();
  await writeKeyFile(out, keys);
  return [
    `Wrote ${out}. Keep it, and keep it to yourself: whoever has it can publish updates in your name,`,
    "and without it you cannot publish any more.",
    `  key           ${keys.publisher}`,
    `  fingerprint   ${await fingerprintOf(keys.publisher)}`,
  ];
}

/** Signs a package. */
async function sign({ file, key }: Of<"sign">): Promise<readonly string[]> {
  const keys = await readKeyFile(key);
  const bytes = await signPackage(await readPackageFile(file), keys);
  await writePackageFile(file, bytes);
  return [`Signed ${file}.`, ...(await describe(await readPackage(bytes)))];
}

/** Checks a package. */
async function verify({ file, publisher, unsigned }: Of<"verify">): Promise<readonly string[]> {
  if (publisher !== undefined && !isPublisherKey(publisher)) {
    throw new CroftError("input/invalid", `${publisher} is no publisher's key.`, {
      hint: "It is the `key` that `croft-plugin keygen` prints, 43 characters.",
    });
  }
  const plugin = await readPackage(await readPackageFile(file));
  const { id, version } = plugin.manifest;
  if (plugin.publisher === undefined && (publisher !== undefined || !unsigned)) {
    throw new CroftError("plugin/signature", `Nobody signed ${id} ${version}.`, {
      plugin: id,
      hint: "Sign it with `croft-plugin sign`, or accept that with --unsigned.",
    });
  }
  if (publisher !== undefined && plugin.publisher !== publisher) {
    throw new CroftError(
      "plugin/signature",
      `${id} ${version} was signed by ${plugin.publisher}, and not by ${publisher}.`,
      { plugin: id },
    );
  }
  const files = [...plugin.files].map(
    ([path, bytes]) => `  ${path.padEnd(30)} ${size(bytes.length)}`,
  );
  return [`${id} ${version} is as it was packed.`, ...(await describe(plugin)), "files", ...files];
}

/** Writes a registry over a folder of packages. */
async function index({ folder }: Of<"index">): Promise<readonly string[]> {
  const { file, versions, unsigned } = await writeIndex(folder, Date.now());
  return [
    `Wrote ${file}, plugins: ${versions.size}.`,
    ...[...versions].map(([id, all]) => `  ${id.padEnd(30)} ${all.join(", ")}`),
    ...unsigned.map((name) => `note: nobody signed ${name}, and applications refuse it`),
  ];
}

/** A plugin's folder, made into a package. */
export interface Made {
  readonly bytes: Uint8Array;
  readonly plugin: PluginPackage;
  readonly warnings: readonly string[];
}

/** Bundles, checks and packs a plugin. */
export async function build(folder: string, conditions?: readonly string[]): Promise<Made> {
  const project = await readProject(folder);
  const { manifest, written } = project;
  const { code, warnings } = await bundlePlugin(project, conditions);
  await checkDefinition(code, manifest);
  const files = new Map(project.files).set(manifest.entry, code);
  const bytes = await packPlugin({ manifest: written, files });
  const plugin = await readPackage(bytes);
  const advice = [...warnings, ...lacks(manifest, files)].map((line) => `note: ${line}`);
  return { bytes, plugin, warnings: advice };
}

/** What people will miss in a plugin that works. */
function lacks(manifest: PluginManifest, files: ReadonlyMap<string, unknown>): readonly string[] {
  const isLicensed = [...files.keys()].some((name) => name.startsWith("LICENSE"));
  return [
    ...(manifest.description === "" ? ["the manifest has no `description`"] : []),
    ...(manifest.publisher === "" ? ["the manifest names no `publisher`"] : []),
    ...(manifest.license === "" ? ["the manifest names no `license`"] : []),
    ...(isLicensed ? [] : [`there is no LICENSE file`]),
  ];
}

async function describe(plugin: PluginPackage): Promise<readonly string[]> {
  const { manifest, publisher, hash, files } = plugin;
  const signed = publisher ? `${publisher} (${await fingerprintOf(publisher)})` : "nobody";
  const permissions = describePermissions(manifest.permissions);
  const asks = permissions.map(({ what, why }) => `  asks to       ${what}: ${why}`);
  const code = files.get(manifest.entry)?.length ?? 0;
  return [
    `  name          ${manifest.name}`,
    `  module        ${manifest.entry}, ${size(code)}`,
    `  content       ${hash}`,
    `  signed by     ${signed}`,
    ...(asks.length > 0 ? asks : ["  asks to       nothing beyond its own documents"]),
  ];
}

function size(bytes: number): string {
  return bytes < 1000 ? `${bytes} bytes` : `${(bytes / 1000).toFixed(1)} kB`;
}
