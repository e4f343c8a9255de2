/**
 * Registries: lists of plugins that can be installed. A registry is a JSON file that anybody can put anywhere:
 *
 *     format    "croft-registry"
 *     version   1
 *     plugins   [{ id, name, description?, releases }]
 *     releases  [{ version, url, sha256, publisher?, released, size? }]
 *
 * `url` is that of the package file, relative to the registry's own; `sha256` is of the whole file, in hex; `publisher` is the key
 * that signed it; `released` is a date and time as ISO 8601 writes it. Nobody signs a registry: whom to trust, the signature of
 * each package says, which is checked when it is examined. What is not known here is ignored.
 */

import { CroftError, isPluginId } from "@croft/core";
import { compareVersions, isVersion } from "@croft/plugin";
import { isPublisherKey } from "@croft/plugin/package";
import * as z from "zod";
import { download, type FetchOptions } from "./download.ts";

/** The largest registry, in bytes: 8 MiB. */
const MAX_BYTES = 8 * 1024 * 1024;

/** A version of a plugin, as a registry offers it. */
export interface Release {
  readonly version: string;
  /** Where its package is. */
  readonly url: string;
  /** SHA-256 of the package file, in lower-case hex. */
  readonly sha256: string;
  /** The key that it is signed with, as the registry says; empty when nobody signed it. */
  readonly publisher: string;
  /** Milliseconds since 1970, as the registry says. */
  readonly released: number;
}

/** A plugin in a registry. */
export interface RegistryPlugin {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** The newest version first. */
  readonly releases: readonly Release[];
}

/** A registry that was read. */
export interface Registry {
  readonly plugins: readonly RegistryPlugin[];
}

const text = (max: number): z.ZodString => z.string().max(max);
const file = z.object({
  format: z.literal("croft-registry", { error: 'must be "croft-registry"' }),
  version: z.literal(1, { error: "must be 1; a newer croft may read it" }),
  plugins: z
    .array(
      z.object({
        id: text(64).refine(isPluginId, { error: "is no plugin id" }),
        name: text(80),
        description: text(500).default(""),
        releases: z
          .array(
            z.object({
              version: text(64).refine(isVersion, { error: "is no version" }),
              url: text(2048),
              sha256: z
                .string()
                .regex(/^[0-9a-f]{64}$/, { error: "is no SHA-256 in lower-case hex" }),
              publisher: z
                .string()
                .refine((key) => key === "" || isPublisherKey(key), {
                  error: "is no publisher's key",
                })
                .default(""),
              released: z.iso.datetime({ offset: true, error: "is no date and time" }),
            }),
          )
          .max(1_000),
      }),
    )
    .max(10_000),
});

/**
 * Downloads a registry.
 *
 * @throws CroftError `input/invalid` when the address is none of `https:` or `http:`; `link/offline` when nothing answers;
 *   `plugin/registry` when the answer is an error, too large, or no registry. The signal's reason when it is aborted.
 * @example
 * ```ts
 * const registry = await readRegistry("https://example.com/plugins/registry.json");
 * const release = findRelease(registry, "stats");
 * if (release) await installed.examine(await fetchPackage(release));
 * ```
 */
export async function readRegistry(
  url: string | URL,
  options: FetchOptions = {},
): Promise<Registry> {
  const found = await download({ url, limit: MAX_BYTES, what: "list of plugins" }, options);
  return parseRegistry(new TextDecoder().decode(found.bytes), found.url);
}

/**
 * Reads a registry's text; `base` is where it came from.
 *
 * @throws CroftError `plugin/registry`, naming what is wrong.
 */
export function parseRegistry(content: string, base: string | URL): Registry {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (cause) {
    throw noRegistry(base, "it is no JSON", cause);
  }
  const { data, error } = file.safeParse(value);
  if (error) {
    const { path, message } = error.issues[0] ?? { path: [], message: "" };
    throw noRegistry(base, `${path.join(".") || "it"} ${message}`);
  }
  const ids = new Set<string>();
  return {
    plugins: data.plugins.map(({ id, name, description, releases }) => {
      if (ids.has(id)) throw noRegistry(base, `${id} is in it twice`);
      ids.add(id);
      const read = releases.map(({ url, released, ...release }): Release => {
        const address = URL.parse(url, base);
        if (address?.protocol !== "https:" && address?.protocol !== "http:") {
          throw noRegistry(base, `${id} ${release.version} has no address that can be fetched`);
        }
        return { ...release, url: address.href, released: Date.parse(released) };
      });
      const newest = (a: Release, b: Release): number => compareVersions(b.version, a.version);
      return { id, name, description, releases: read.toSorted(newest) };
    }),
  };
}

/**
 * The newest release of a plugin; with `before` the newest that was out by then, in milliseconds since 1970, as the registry
 * says. Versions like `2.0.0-beta.1` are only found where there is no other.
 */
export function findRelease(
  { plugins }: Registry,
  id: string,
  { before = Number.POSITIVE_INFINITY }: { readonly before?: number | undefined } = {},
): Release | undefined {
  const releases = plugins.find((plugin) => plugin.id === id)?.releases ?? [];
  const out = releases.filter(({ released }) => released <= before);
  return out.find(({ version }) => !version.includes("-")) ?? out[0];
}

function noRegistry(base: string | URL, why: string, cause?: unknown): CroftError {
  return new CroftError("plugin/registry", `${String(base)} is no list of plugins: ${why}.`, {
    cause,
    hint: "Ask whoever gave you the address.",
  });
}
