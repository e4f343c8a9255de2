/**
 * The manifest: what a plugin is and what it asks for. It is data (JSON), checked before any code
 * of the plugin runs; asking is not getting, the user grants.
 */

import { CroftError } from "@croft/core";
import type { Contributions, ContributionsInput } from "./contributions.ts";
import { describeIssues } from "./manifest-issues.ts";
import { manifestSchema } from "./manifest-schema.ts";
import type { AskedPermissions, WrittenPermissions } from "./permissions/permissions.ts";

/** A checked manifest, frozen. */
export interface PluginManifest {
  /** Lower-case, for example `word-count`; owns the documents under `word-count/`. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** For example `1.4.0`. */
  readonly version: string;
  /** The range of croft versions that it works with, for example `^0.1.0`. */
  readonly engine: string;
  readonly description: string;
  /** Who makes it, for people. Who it really is, the key says that its package is signed with. */
  readonly publisher: string;
  /** An SPDX expression, for example `MIT`; empty when nothing is said. */
  readonly license: string;
  /** The file in the package that holds its one ES module. Default `main.js`. */
  readonly entry: string;
  readonly permissions: AskedPermissions;
  /** What it offers to other plugins to call. */
  readonly apis: readonly OfferedApi[];
  /** When it is activated, as {@link parseActivation} reads it. Default `["startup"]`. */
  readonly activation: readonly string[];
  /** What it adds to the application: commands, settings and so on. */
  readonly contributes: Contributions;
  /** Plugins that have to be active before this one, with the range of versions that will do. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** Which version its documents are written in. Default 1; with a higher one `migrate` is run. */
  readonly data: number;
}

/** An API that a plugin offers to others. */
export interface OfferedApi {
  /** For example `search`; others call it `<plugin>/search`. */
  readonly name: string;
  /** For people. */
  readonly description: string;
}

/** A manifest as its author writes it. */
export interface PluginManifestInput {
  /** The JSON Schema that editors check the file with; croft ignores it. */
  readonly $schema?: string | undefined;
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly engine: string;
  readonly description?: string | undefined;
  readonly publisher?: string | undefined;
  readonly license?: string | undefined;
  readonly entry?: string | undefined;
  readonly permissions?: WrittenPermissions | undefined;
  readonly apis?:
    | readonly { readonly name: string; readonly description?: string | undefined }[]
    | undefined;
  readonly activation?: readonly string[] | undefined;
  readonly contributes?: ContributionsInput | undefined;
  readonly dependencies?: Readonly<Record<string, string>> | undefined;
  readonly data?: number | undefined;
}

/**
 * Checks a manifest, whatever it is, and fills in what was left out.
 *
 * @throws {@link CroftError} `plugin/manifest`; the message names every field that is wrong and
 *   says what would be right.
 * @example
 * ```ts
 * const manifest = parseManifest(JSON.parse(text));
 * manifest.permissions.documents; // [] when nothing is asked for
 * ```
 */
export function parseManifest(input: unknown): PluginManifest {
  const result = manifestSchema.safeParse(input);
  if (result.success) return deepFreeze(result.data);
  const plugin = idOf(input);
  const whose = plugin === undefined ? "The manifest" : `The manifest of ${JSON.stringify(plugin)}`;
  const issues = describeIssues(result.error.issues).map((line) => `\n- ${line}`);
  throw new CroftError("plugin/manifest", `${whose} is invalid:${issues.join("")}`, {
    plugin,
    hint: "Correct the fields that are named.",
  });
}

/** The id that an invalid manifest claims, if it can be shown. */
function idOf(input: unknown): string | undefined {
  if (typeof input !== "object" || input === null || !("id" in input)) return undefined;
  return typeof input.id === "string" ? input.id.slice(0, 64) : undefined;
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === "object" && part !== null) deepFreeze(part);
  }
  return Object.freeze(value);
}
