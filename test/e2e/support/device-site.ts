/** Bundles device-page.ts and serves it, so that browsers have an origin which outlives a crash. */

import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build, type Rolldown } from "vite";

/** See the top of this file. */
export interface DeviceSite {
  readonly url: string;
  close(): Promise<void>;
}

const ENTRY = fileURLToPath(new URL("device-page.ts", import.meta.url));
const HTML = `<!doctype html><title>A device</title><script type="module" src="/page.js"></script>`;

/** Starts it on a free port. */
export async function openDeviceSite(): Promise<DeviceSite> {
  const code = await bundle();
  const server = createServer((request, response) => {
    const script = request.url === "/page.js";
    response.setHeader("content-type", script ? "text/javascript" : "text/html; charset=utf-8");
    response.end(script ? code : HTML);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The site has no port.");
  return {
    url: `http://127.0.0.1:${address.port}/`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function bundle(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: "warn",
    resolve: {
      conditions: ["source", "module", "browser", "development|production"],
      dedupe: ["yjs", "lib0", "y-protocols"],
    },
    build: {
      write: false,
      minify: false,
      target: "esnext",
      lib: { entry: ENTRY, formats: ["es"], fileName: "page" },
    },
  });
  const outputs = (Array.isArray(built) ? built : [built]).filter(isOutput);
  const [chunk, ...more] = outputs.flatMap(({ output }) => output);
  if (chunk?.type !== "chunk" || more.length > 0) throw new Error("The page is not one file.");
  return chunk.code;
}

function isOutput(built: object): built is Rolldown.RolldownOutput {
  return "output" in built;
}
