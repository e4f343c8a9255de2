/** The commands `croft-server export` and `croft-server import`. */

import { createWriteStream, existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { createGate, createHub, CroftError, exportDocuments } from "@croft/core";
import { z } from "zod";
import { type Flags, filled } from "../command-line.ts";
import { DEFAULT_DATA } from "../options.ts";
import { createSqliteStores, sqliteFileOf } from "../sqlite-stores.ts";
import { defineSubcommand, type Subcommand } from "../subcommand.ts";
import { isUserId } from "../token.ts";
import { isWorkspaceName } from "../workspace-name.ts";
import { writeExport } from "./export-file.ts";
import { checkExport, importWorkspace } from "./import-workspace.ts";

const workspace = z
  .string("is needed")
  .refine(isWorkspaceName, "is no name that a workspace can have");
const file = z.string("is needed").min(1, "must not be empty");

const exportSchema = z.object({ workspace, to: file, data: filled.optional() });
const EXPORT_FLAGS: Flags<keyof z.infer<typeof exportSchema>> = {
  workspace: { flag: "workspace", value: "name", help: ["which one"] },
  to: {
    flag: "to",
    value: "file",
    help: ["the file that is made; compressed when it ends in .gz"],
  },
  data: {
    flag: "data",
    value: "directory",
    help: [`the server's, which may be running; default ./${DEFAULT_DATA}`],
  },
};

const importSchema = z.object({
  workspace,
  from: file,
  data: filled.optional(),
  user: z.string().refine(isUserId, "is no id that a user can have").default("import"),
  conflicts: z.enum(["copy", "skip"], "must be copy or skip").optional(),
});
const IMPORT_FLAGS: Flags<keyof z.infer<typeof importSchema>> = {
  workspace: { flag: "workspace", value: "name", help: ["which one; made if it is missing"] },
  from: { flag: "from", value: "file", help: ["what was exported"] },
  data: {
    flag: "data",
    value: "directory",
    help: [`no server may be using the workspace; default ./${DEFAULT_DATA}`],
  },
  user: { flag: "user", value: "id", help: ["whose name is on it; default import"] },
  conflicts: {
    flag: "conflicts",
    value: "what",
    help: [
      "what becomes of a document that cannot be merged: copy (into",
      "<path>-imported, the default) or skip",
    ],
  },
};

/** `croft-server export`. */
export const exportCommand: Subcommand = defineSubcommand({
  name: "export",
  about: "writes the documents of a workspace into a file",
  schema: exportSchema,
  flags: EXPORT_FLAGS,
  async run({ workspace: name, to, data = DEFAULT_DATA }, print) {
    const path = sqliteFileOf(data, name);
    if (!existsSync(path)) throw missing(name, data);
    if (existsSync(to)) {
      throw new CroftError("input/invalid", `${to} is there already.`, { hint: "Name another." });
    }
    const { openSqliteStore } = await import("@croft/persistence/sqlite");
    const store = await openSqliteStore({ path });
    const partial = `${to}.partial`;
    let count = 0;
    async function* counted(): ReturnType<typeof exportDocuments> {
      for await (const document of exportDocuments(store)) {
        count++;
        yield document;
      }
    }
    try {
      const pieces = Readable.from(writeExport(name, new Date(), counted()));
      const out = createWriteStream(partial, { mode: 0o600, flush: true });
      if (to.endsWith(".gz")) await pipeline(pieces, createGzip(), out);
      else await pipeline(pieces, out);
      await rename(partial, to);
    } finally {
      await rm(partial, { force: true });
      await store.close();
    }
    print(`${to}: ${count} ${count === 1 ? "document" : "documents"}`);
  },
});

/** `croft-server import`. */
export const importCommand: Subcommand = defineSubcommand({
  name: "import",
  about: "brings what was exported into a workspace",
  schema: importSchema,
  flags: IMPORT_FLAGS,
  async run({ workspace: name, from, data = DEFAULT_DATA, user, conflicts }, print) {
    const { isSqliteStoreInUse } = await import("@croft/persistence/sqlite");
    if (isSqliteStoreInUse(sqliteFileOf(data, name))) {
      throw new CroftError("input/invalid", `A server is using ${name}.`, {
        hint: "Stop it, or import over HTTP: POST /api/<workspace>/import.",
      });
    }
    // Before there is a workspace for it.
    await checkExport(from);
    const store = await createSqliteStores(data).openStore(name);
    const hub = await createHub({ store, gate: createGate() });
    try {
      const report = await importWorkspace(hub, from, { user, conflicts });
      print(`${name}: ${report.stored} stored, ${report.known} known`);
      for (const { path: document, reason, copy } of report.conflicts) {
        print(`${document}: ${copy === undefined ? "left out" : `is in ${copy}`}, since ${reason}`);
      }
    } finally {
      await hub.dispose();
    }
  },
});

function missing(name: string, data: string): CroftError {
  return new CroftError("input/invalid", `There is no workspace ${name} in ${data}.`, {
    hint: "Look whether the directory and the workspace are named as they should be.",
  });
}
