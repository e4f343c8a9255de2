/** Packages from the network. They are checked when they are examined, wherever they came from. */

import { CroftError, toHex } from "@croft/core";
import { MAX_PACKAGE_BYTES } from "@croft/plugin/package";
import { download, type FetchOptions } from "./download.ts";
import type { Release } from "./registry.ts";

export type { FetchOptions } from "./download.ts";

/**
 * Downloads a package file, from an address or as a registry has it. In a browser its server has to allow that (CORS).
 *
 * @throws CroftError `input/invalid`, `link/offline`, `plugin/registry` as for `readRegistry`; `plugin/package` when it is not the
 *   file that the registry names. The signal's reason when it is aborted.
 * @example
 * ```ts
 * const bytes = await fetchPackage("https://example.com/stats-1.0.0.croft");
 * const offer = await installed.examine(bytes);
 * ```
 */
export async function fetchPackage(
  from: string | URL | Release,
  options: FetchOptions = {},
): Promise<Uint8Array> {
  const release = typeof from === "string" || from instanceof URL ? undefined : from;
  const url = typeof from === "string" || from instanceof URL ? from : from.url;
  const wanted = { url, limit: MAX_PACKAGE_BYTES, what: "package" };
  const { bytes } = await download(wanted, options);
  if (!release) return bytes;
  const hash = toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice())));
  if (hash === release.sha256) return bytes;
  throw new CroftError("plugin/package", `The package at ${url} is not the one that was listed.`, {
    hint: "Do not install it. Tell whoever keeps the list.",
  });
}
