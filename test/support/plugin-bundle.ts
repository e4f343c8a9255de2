/** Bundles of plugins for tests: made of a source text as `croft-plugin pack` makes them of a folder. */

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseManifest, type PluginManifestInput } from "@croft/plugin";
import { bundlePlugin } from "@croft/plugin-cli";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Bundles a module whose default export is a plugin; it may import croft's packages for plugins, and Yjs. */
export async function bundleSource(
  source: string,
  manifest: PluginManifestInput,
): Promise<Uint8Array> {
  const folder = mkdtempSync(join(tmpdir(), "croft-bundle-"));
  try {
    const modules = join(folder, "node_modules");
    mkdirSync(join(modules, "@croft"), { recursive: true });
    for (const name of ["core", "plugin"]) {
      symlinkSync(join(root, "packages", name), join(modules, "@croft", name));
    }
    symlinkSync(join(root, "node_modules/yjs"), join(modules, "yjs"));
    const main = join(folder, "main.js");
    writeFileSync(main, source);
    const { code } = await bundlePlugin(
      {
        folder,
        source: main,
        manifest: parseManifest(manifest),
        written: manifest,
        files: new Map(),
      },
      ["source"],
    );
    return code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
