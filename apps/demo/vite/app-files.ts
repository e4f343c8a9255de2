/**
 * The built app, in memory: what a server would serve in production, under the policy that it would
 * have there. Nothing is written to disk, so that several demos may run from one checkout.
 */

import { globSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, sep } from "node:path";
import { sandboxSources } from "@croft/host";
import { build } from "vite";

/** Answers a request for a file of the app. */
export type AnswerFile = (request: IncomingMessage, response: ServerResponse) => void;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".map": "application/json",
};

type Files = ReadonlyMap<string, string | Uint8Array>;

/** By the folder of the app: a process that runs several demos builds it once. */
const built = new Map<string, Promise<Files>>();

/** Builds the app that is in `root`; `syncUrl` is the only other server that its pages may reach. */
export async function buildAppFiles(root: string, syncUrl: string): Promise<AnswerFile> {
  const building = built.get(root) ?? buildFiles(root);
  built.set(root, building);
  const files = await building;
  const policy = await policyFor(syncUrl);
  return (request, response) => {
    const [path = "/"] = (request.url ?? "/").split(/[?#]/);
    const name = path === "/" ? "/index.html" : path;
    const body = files.get(name);
    if (body === undefined || (request.method !== "GET" && request.method !== "HEAD")) {
      response.writeHead(404, { "content-type": "text/plain" }).end("There is no such file.\n");
      return;
    }
    response.writeHead(200, {
      "content-type": TYPES[extname(name)] ?? "application/octet-stream",
      // Files under assets/ have the hash of their content in their name.
      "cache-control": name.startsWith("/assets/") ? "max-age=31536000, immutable" : "no-cache",
      "content-security-policy": policy,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
    response.end(request.method === "HEAD" ? undefined : body);
  };
}

async function buildFiles(root: string): Promise<Files> {
  const files = new Map<string, string | Uint8Array>();
  const result = await build({
    root,
    mode: "production",
    logLevel: "warn",
    build: { write: false, chunkSizeWarningLimit: Number.POSITIVE_INFINITY },
  });
  for (const output of Array.isArray(result) ? result : [result]) {
    if (!("output" in output)) continue;
    for (const file of output.output) {
      files.set(`/${file.fileName}`, file.type === "chunk" ? file.code : file.source);
    }
  }
  const publicDir = join(root, "public");
  for (const name of globSync("**/*.*", { cwd: publicDir })) {
    files.set(`/${name.split(sep).join("/")}`, readFileSync(join(publicDir, name)));
  }
  return files;
}

/**
 * Scripts only from here, and what sandboxes of plugins need; styles also inline, since the editor places cursors by them. Those of
 * views are inline as well; naming them by their hash would take that from the editor.
 * Packages of plugins are fetched from wherever a person says; the plugins themselves reach nothing of that.
 */
async function policyFor(syncUrl: string): Promise<string> {
  const sandbox = await sandboxSources();
  return [
    "default-src 'none'",
    `script-src 'self' ${sandbox.script}`,
    `worker-src 'self' ${sandbox.worker}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    `connect-src 'self' https: ${syncUrl}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
