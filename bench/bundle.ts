/** What a browser has to load for a workspace that is kept in IndexedDB, by esbuild. */

import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";
import { printTable } from "./report.ts";

const CLIENT = `
export { openWorkspace } from "@croft/core";
export { indexeddbStore } from "@croft/persistence/indexeddb";
`;

const VARIANTS: readonly { readonly name: string; readonly external: readonly string[] }[] = [
  { name: "everything", external: [] },
  { name: "without yjs", external: ["yjs"] },
  { name: "without yjs, y-protocols and lib0", external: ["yjs", "y-protocols/*", "lib0/*"] },
];

/** Prints the tables. */
export async function benchBundle(): Promise<void> {
  const rows: (string | number)[][] = [];
  let parts: ReadonlyMap<string, number> = new Map();
  for (const { name, external } of VARIANTS) {
    const { bytes, packages } = await bundle(external);
    rows.push([name, bytes.byteLength, gzipSync(bytes, { level: 9 }).byteLength]);
    if (external.length === 0) parts = packages;
  }
  printTable(
    "bundle: openWorkspace and the IndexedDB store",
    ["what", "minified bytes", "and gzipped"],
    rows,
  );
  printTable(
    "bundle: what everything is made of",
    ["package", "minified bytes"],
    [...parts].toSorted(([, a], [, b]) => b - a),
  );
}

async function bundle(
  external: readonly string[],
): Promise<{ readonly bytes: Uint8Array; readonly packages: ReadonlyMap<string, number> }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: CLIENT, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    conditions: ["source"],
    external: [...external],
    metafile: true,
    write: false,
  });
  const [file] = outputFiles;
  if (!file) throw new Error("esbuild made nothing");
  return { bytes: file.contents, packages: byPackage(metafile) };
}

function byPackage({ outputs }: Metafile): ReadonlyMap<string, number> {
  const packages = new Map<string, number>();
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      // In pnpm's tree the last `node_modules` names the package; ours are in `packages`.
      const [, foreign] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
      const [, own] = /packages\/([^/]+)\/src/.exec(path) ?? [];
      const name = foreign ?? (own === undefined ? "the entry" : `@croft/${own}`);
      packages.set(name, (packages.get(name) ?? 0) + bytesInOutput);
    }
  }
  return packages;
}
