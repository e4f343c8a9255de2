/** Packages of plugins that are written as texts, in what runs before croft serves them too. */

import type { PluginManifestInput } from "@croft/plugin";
import { packPlugin } from "@croft/plugin/package";
import { bundleSource } from "./plugin-bundle.ts";

/**
 * A plugin's package.
 *
 * @param activate What it does in `activate(context)`.
 * @param before What it does when its module is loaded, before it is served.
 */
export async function packageOf(
  manifest: PluginManifestInput,
  activate: string,
  before = "",
): Promise<number[]> {
  const source = `
    import * as Y from "yjs";
    ${before}
    export default { topics: {}, deactivate() {}, async activate(context) { ${activate} } };
    export const used = Y;`;
  const code = await bundleSource(source, manifest);
  return [...(await packPlugin({ manifest, files: new Map([["main.js", code]]) }))];
}
