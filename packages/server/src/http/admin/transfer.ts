/** Export and import of a workspace over HTTP. */

import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { CroftError, exportDocuments } from "@croft/core";
import { z } from "zod";
import { writeExport } from "../../transfer/export-file.ts";
import { importWorkspace } from "../../transfer/import-workspace.ts";
import { failed, json, tooLarge } from "../answers.ts";
import { createRoute, nothing, refusedBy, type Route } from "../route.ts";

const NDJSON = "application/x-ndjson";
/** The largest file that is taken, in bytes. */
const MAX_IMPORT_BYTES = 4 * 1024 ** 3;

const conflictSchema = z.object({
  path: z.string(),
  reason: z.string().describe("Why it could not be merged."),
  copy: z.string().optional().describe("The document that it went into; absent when left out."),
});
const report = z.object({
  stored: z.number().int().describe("Documents that have something new now."),
  known: z.number().int().describe("Documents of which all was there."),
  conflicts: z.array(conflictSchema),
});
const query = z.object({
  conflicts: z
    .enum(["copy", "skip"])
    .default("copy")
    .describe(
      "What becomes of a document that cannot be merged: it goes into another, or is left out.",
    ),
});

/** The routes that export and import. */
export const transferRoutes: readonly Route[] = [
  createRoute({
    ...{ method: "GET", path: "/export", tag: "Export and import", needs: "admin" },
    name: "exportWorkspace",
    summary: "All documents with all that is in them, as lines of JSON",
    ...{ query: nothing, body: nothing },
    answers: { 200: { description: "The file.", schema: z.string(), types: [NDJSON] } },
    async answer({ workspace, hub, membership, who }) {
      /** It may take long, and ends for whoever does not administer any more. */
      async function* guarded(): ReturnType<typeof exportDocuments> {
        for await (const document of exportDocuments(hub)) {
          if (refusedBy({ membership, who }, "admin")) throw noLonger(workspace);
          yield document;
        }
      }
      const name = encodeURIComponent(workspace);
      return {
        ...{ status: 200, type: NDJSON, body: "" },
        stream: writeExport(workspace, new Date(), guarded()),
        headers: { "content-disposition": `attachment; filename*=UTF-8''${name}.ndjson` },
      };
    },
  }),
  createRoute({
    ...{ method: "POST", path: "/import", tag: "Export and import", needs: "admin" },
    name: "importWorkspace",
    summary: "Brings in what was exported; a broken file is refused as a whole",
    ...{ query, body: nothing },
    bytes: "What was exported.",
    answers: {
      200: { description: "What became of the documents.", schema: report },
      400: { description: "The file is broken; nothing was imported." },
      413: { description: "It is too large." },
    },
    async answer({ request, hub, membership, who, query: { conflicts } }) {
      const folder = await mkdtemp(join(tmpdir(), "croft-import-"));
      const path = join(folder, "import.ndjson");
      try {
        let size = 0;
        async function* bounded(): AsyncGenerator<Uint8Array> {
          for await (const piece of request) {
            if (!Buffer.isBuffer(piece)) continue;
            size += piece.length;
            if (size > MAX_IMPORT_BYTES) return;
            yield piece;
          }
        }
        await pipeline(bounded, createWriteStream(path, { mode: 0o600 }));
        if (size > MAX_IMPORT_BYTES) return tooLarge("The file is too large.");
        await membership.refresh();
        const refused = refusedBy({ membership, who }, "admin");
        if (refused) return refused;
        const { user } = who.principal;
        return json(200, await importWorkspace(hub, path, { user, conflicts }));
      } catch (error) {
        if (!(error instanceof CroftError) || error.code !== "input/invalid") throw error;
        const { code, message, hint } = error;
        return failed(400, code, message, hint === undefined ? {} : { hint });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  }),
];

function noLonger(workspace: string): CroftError {
  return new CroftError("access/denied", `Whoever exports ${workspace} administers it no longer.`, {
    hint: "What has come is not all of it.",
  });
}
