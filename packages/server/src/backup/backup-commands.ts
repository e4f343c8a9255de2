/** The commands `croft-server backup` and `croft-server restore`. */

import { z } from "zod";
import { type Flags, filled } from "../command-line.ts";
import { DEFAULT_DATA } from "../options.ts";
import { defineSubcommand, type Subcommand } from "../subcommand.ts";
import { isWorkspaceName } from "../workspace-name.ts";
import { backUpWorkspaces, restoreWorkspaces } from "./back-up-workspaces.ts";

const directory = z.string("is needed").min(1, "must not be empty");
const workspace = z
  .string()
  .refine(isWorkspaceName, "is no name that a workspace can have")
  .optional();
const moment = z.iso
  .datetime({
    offset: true,
    error: "must be like 2026-11-28T09:30:00Z or 2026-11-28T10:30:00+01:00",
  })
  .transform((text) => Date.parse(text));

const one = {
  flag: "workspace",
  value: "name",
  help: ["this one in place of all"],
} as const;

const backupSchema = z.object({ to: directory, data: filled.optional(), workspace });
const BACKUP_FLAGS: Flags<keyof z.infer<typeof backupSchema>> = {
  to: { flag: "to", value: "directory", help: ["where backups are; made if it is missing"] },
  data: {
    flag: "data",
    value: "directory",
    help: [`the server's, which may be running; default ./${DEFAULT_DATA}`],
  },
  workspace: one,
};

const restoreSchema = z.object({
  from: directory,
  data: directory,
  at: moment.optional(),
  workspace,
});
const RESTORE_FLAGS: Flags<keyof z.infer<typeof restoreSchema>> = {
  from: { flag: "from", value: "directory", help: ["where backups are"] },
  data: {
    flag: "data",
    value: "directory",
    help: ["where the workspaces are to be; must have none of them"],
  },
  at: {
    flag: "at",
    value: "time",
    help: [
      "the moment, as 2026-11-28T09:30:00Z: what was committed later is",
      "left out; default: all that there is",
    ],
  },
  workspace: one,
};

/** `croft-server backup`. */
export const backupCommand: Subcommand = defineSubcommand({
  name: "backup",
  about: "copies workspaces while a server uses them",
  schema: backupSchema,
  flags: BACKUP_FLAGS,
  async run({ to, data = DEFAULT_DATA, workspace: only }, print) {
    for (const { path } of await backUpWorkspaces({ data, to, workspace: only })) print(path);
  },
});

/** `croft-server restore`. */
export const restoreCommand: Subcommand = defineSubcommand({
  name: "restore",
  about: "makes workspaces as they were at a moment",
  schema: restoreSchema,
  flags: RESTORE_FLAGS,
  async run(options, print) {
    const { restored, later } = await restoreWorkspaces(options);
    for (const { path, copiedAt, commits, lastCommitAt, whole } of restored) {
      const until = new Date(lastCommitAt ?? copiedAt).toISOString();
      print(
        `${path}: ${commits} ${commits === 1 ? "commit" : "commits"} after the copy, until ${until}`,
      );
      if (!whole) print(`${path}: the end of its journal is damaged, what came later is lost`);
    }
    for (const name of later) print(`${name}: left out, it has no backup from before that moment`);
    print("Start the server with --recover until the devices are back, if they may have more.");
  },
});
