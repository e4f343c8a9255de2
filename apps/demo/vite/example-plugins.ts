/**
 * Plugins that a person can try in the demo: packed and signed when it starts, as their authors would, and offered under
 * `/plugins/`. The app installs them like any other file.
 */

import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { statsPlugin } from "@croft/example-simple-plugin";
import { type Bundle, bundlePlugin, type Project, readProject } from "@croft/plugin-cli";
import { packPlugin, type PublisherKeyPair, signPackage } from "@croft/plugin/package";
import type { Log } from "@croft/server";
import type { AnswerFile } from "./app-files.ts";
import { loadPublisherKeys } from "./publisher-keys.ts";

/** Where the examples are; what is there lists `index.json`. */
export const EXAMPLES_PATH = "/plugins/";

const FOLDER = fileURLToPath(new URL("../../../examples", import.meta.url));

/** Packs the examples, signed with the keys of `data`; answers requests for what is under {@link EXAMPLES_PATH}. */
export async function packExamples(data: string, log: Log): Promise<AnswerFile> {
  const keys = await loadPublisherKeys(data);
  const files = new Map<string, string | Uint8Array>();
  const listed = [];
  for (const [name, read] of listProjects()) {
    try {
      const project = await read();
      const { id, version, name: title, description } = project.manifest;
      const file = `${id}-${version}.croft`;
      files.set(file, await pack(project, keys));
      listed.push({ id, name: title, version, description, file });
    } catch (error) {
      // The others are there all the same.
      log("error", `the example ${name} cannot be packed`, { error: String(error) });
    }
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

/** The example whose manifest is in its code, and each folder of examples that has a `manifest.json`. */
function listProjects(): readonly (readonly [name: string, read: () => Promise<Project>])[] {
  const folders = readdirSync(FOLDER)
    .map((name) => [name, join(FOLDER, name)] as const)
    .filter(([, folder]) => existsSync(join(folder, "manifest.json")));
  return [
    ["simple-plugin", readSimple],
    ...folders.map(([name, folder]) => [name, () => readProject(folder)] as const),
  ];
}

async function readSimple(): Promise<Project> {
  const { manifest } = statsPlugin;
  const source = fileURLToPath(import.meta.resolve("@croft/example-simple-plugin/main"));
  const folder = dirname(dirname(source));
  return { folder, source, manifest, written: manifest, files: new Map() };
}

/** By the source: a process that runs several demos bundles each example once. */
const bundled = new Map<string, Promise<Bundle>>();

async function pack(project: Project, keys: PublisherKeyPair): Promise<Uint8Array> {
  const bundling = bundled.get(project.source) ?? bundlePlugin(project, ["source"]);
  bundled.set(project.source, bundling);
  const { code } = await bundling;
  const files = new Map([...project.files, [project.manifest.entry, code]]);
  return signPackage(await packPlugin({ manifest: project.written, files }), keys);
}
