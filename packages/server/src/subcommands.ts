/** The commands of `croft-server` beside the server itself. */

import { backupCommand, restoreCommand } from "./backup/backup-commands.ts";
import type { Subcommand } from "./subcommand.ts";
import { exportCommand, importCommand } from "./transfer/transfer-commands.ts";

/** By their names. */
export const subcommands: readonly Subcommand[] = [
  backupCommand,
  restoreCommand,
  exportCommand,
  importCommand,
];
