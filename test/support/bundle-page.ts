/** Scripts of pages for tests in a browser. */

import { fileURLToPath } from "node:url";
import { build } from "vite";

/** A module with all that it imports, croft's packages from their sources, as one script. */
export async function bundlePage(entry: string): Promise<string> {
  const result = await build({
    root: fileURLToPath(new URL("../..", import.meta.url)),
    configFile: false,
    logLevel: "silent",
    resolve: { conditions: ["source", "module", "browser"] },
    build: {
      write: false,
      minify: false,
      // One file: what is loaded on demand would be another one.
      rolldownOptions: { output: { codeSplitting: false } },
      lib: { entry, formats: ["es"] },
    },
  });
  const outputs = [result].flat().flatMap((each) => ("output" in each ? each.output : []));
  return outputs.map((each) => (each.type === "chunk" ? each.code : "")).join("\n");
}
