/**
 * Makes one ES module of a plugin's source and all that it imports. By esbuild: quick, well kept, and what
 * it makes does not depend on the machine.
 */

import { CroftError } from "@croft/core";
import { build, type Message, type Plugin } from "esbuild";
import { realpath } from "node:fs/promises";
import type { Project } from "./project.ts";

/** A plugin's module. */
export interface Bundle {
  readonly code: Uint8Array;
  /** What the author should know, though it works. */
  readonly warnings: readonly string[];
}

/**
 * Bundles a plugin. `@croft/plugin` must be installed where the plugin is.
 *
 * @param conditions By which packages are resolved; default: those of this process.
 * @throws CroftError `plugin/package`, with a line for each error that names the file and the line in it.
 */
export async function bundlePlugin(
  { folder, manifest, source }: Project,
  conditions: readonly string[] = conditionsOfNode(),
): Promise<Bundle> {
  const result = await build({
    // Beside the plugin the module exports what serves it to a host at the other end of a port: croft and Yjs are there once.
    stdin: {
      // By the namespace: that there is no default is said in better words later.
      contents: `import * as main from ${JSON.stringify(await realpath(source))};
        export default main.default;
        globalThis.croftServe?.(main.default, servePlugin);
        import { servePlugin } from "@croft/plugin/remote";
        export { servePlugin };`,
      resolveDir: await realpath(folder),
      sourcefile: "entry.js",
    },
    absWorkingDir: await realpath(folder),
    bundle: true,
    write: false,
    metafile: true,
    outfile: "main.js",
    format: "esm",
    platform: "browser",
    // There is no document where a plugin runs.
    conditions: [...conditions, "worker", "module"],
    target: "es2022",
    minify: true,
    // Licences that want to be kept with the code are.
    legalComments: "eof",
    logLevel: "silent",
    plugins: [withoutNodeCrypto],
  }).catch((error: unknown): never => {
    const messages = hasErrors(error) ? error.errors.map(describe) : [String(error)];
    throw new CroftError(
      "plugin/package",
      `${manifest.id} cannot be bundled:${messages.map((line) => `\n- ${line}`).join("")}`,
      { plugin: manifest.id, cause: error },
    );
  });
  const [output] = result.outputFiles;
  const imports = Object.values(result.metafile.outputs).flatMap((each) => each.imports);
  const external = imports.filter((each) => each.external).map(({ path }) => path);
  if (!output || external.length > 0) {
    throw new CroftError(
      "plugin/package",
      `${manifest.id} would import ${[...new Set(external)].join(", ")} while it runs.`,
      {
        plugin: manifest.id,
        hint: "A plugin is one module, and its sandbox loads no other: install it, so that it can be bundled.",
      },
    );
  }
  return { code: output.contents, warnings: result.warnings.map(describe) };
}

/** A library of ours asks Node's module where there is no `crypto`; all of ours have it, and a plugin imports nothing. */
const withoutNodeCrypto: Plugin = {
  name: "without-node-crypto",
  setup(bundling) {
    bundling.onResolve({ filter: /^crypto$/ }, ({ path, importer }) =>
      /[\\/]@hpke[\\/]common[\\/]/.test(importer) ? { path, namespace: "absent" } : undefined,
    );
    bundling.onLoad({ filter: /^/, namespace: "absent" }, () => ({ contents: "" }));
  },
};

/** The conditions that this process resolves packages with count for what it bundles, too. */
function conditionsOfNode(): readonly string[] {
  const flag = /^--conditions=(.+)$/;
  return process.execArgv.flatMap((arg) => flag.exec(arg)?.[1] ?? []);
}

function hasErrors(error: unknown): error is { readonly errors: readonly Message[] } {
  return typeof error === "object" && error !== null && "errors" in error;
}

function describe({ text, location }: Message): string {
  return location ? `${location.file}:${location.line}: ${text}` : text;
}
