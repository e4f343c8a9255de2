/**
 * Plugins that a person can try in the demo: packed and signed when it starts, as their authors would, and offered under
 * `/plugins/`. The app installs them like any other file.
 */

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { statsPlugin } from "@croft/example-simple-plugin";
import { bundlePlugin } from "@croft/plugin-cli";
import { packPlugin, signPackage } from "@croft/plugin/package";
import type { AnswerFile } from "./app-files.ts";
import { loadPublisherKeys } from "./publisher-keys.ts";

/** Where the examples are; what is there lists `index.json`. */
export const EXAMPLES_PATH = "/plugins/";

const EXAMPLES = [
  {
    plugin: statsPlugin,
    source: fileURLToPath(import.meta.resolve("@croft/example-simple-plugin/main")),
  },
];

/** Packs the examples, signed with the keys of `data`; answers requests for what is under {@link EXAMPLES_PATH}. */
export async function packExamples(data: string): Promise<AnswerFile> {
  const keys = await loadPublisherKeys(data);
  const files = new Map<string, string | Uint8Array>();
  const listed = [];
  for (const { plugin, source } of EXAMPLES) {
    const { manifest } = plugin;
    const { id, name, version, description } = manifest;
    const folder = dirname(dirname(source));
    const project = { folder, source, manifest, written: manifest, files: new Map() };
    const { code } = await bundlePlugin(project, ["source"]);
    const packed = await packPlugin({ manifest, files: new Map([[manifest.entry, code]]) });
    const file = `${id}-${version}.croft`;
    files.set(file, await signPackage(packed, keys));
    listed.push({ id, name, version, description, file });
  }
  files.set("index.json", JSON.stringify({ plugins: listed }));
  return (request, response) => {
    const [path = ""] = (request.url ?? "").split(/[?#]/);
    const name = path.slice(EXAMPLES_PATH.length);
    const body = files.get(name);
    if (body === undefined || (request.method !== "GET" && request.method !== "HEAD")) {
      response.writeHead(404, { "content-type": "text/plain" }).end("There is no such file.\n");
      return;
    }
    response.writeHead(200, {
      "content-type": name.endsWith(".json") ? "application/json" : "application/octet-stream",
      "cache-control": "no-cache",
      "x-content-type-options": "nosniff",
    });
    response.end(request.method === "HEAD" ? undefined : body);
  };
}
