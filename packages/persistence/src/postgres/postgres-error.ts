/** What PostgreSQL's error codes mean in the words of the store contract. */

import { CroftError } from "@croft/core";
import { DamagedRow } from "./rows.ts";

/** Whatever went wrong with a workspace's tables, as an error of the store contract. */
export function toStoreError(thrown: unknown, workspace: string): CroftError {
  if (thrown instanceof CroftError) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  if (thrown instanceof DamagedRow) return corrupt(workspace, detail, thrown);
  const code = codeOf(thrown);
  switch (code) {
    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    case "53100":
      return new CroftError("store/full", "The database's disk is full.", {
        hint: "Free some space there; the store works on.",
        cause: thrown,
      });
    case "XX001":
    case "XX002":
      return corrupt(workspace, detail, thrown);
    case "42P01":
    case "3F000":
    case "42883":
      return new CroftError("store/closed", `The tables of ${workspace} were removed.`, {
        hint: "Start the server anew to make empty ones, or restore a backup.",
        cause: thrown,
      });
    default:
      return new CroftError("store/failed", `The database of ${workspace} failed: ${detail}`, {
        hint: "Nothing was lost. Look at the database; what waits is stored when it works again.",
        cause: thrown,
      });
  }
}

function corrupt(workspace: string, detail: string, cause: unknown): CroftError {
  return new CroftError(
    "store/corrupt",
    `What the database has of ${workspace} is damaged: ${detail}`,
    {
      hint: "Nothing was changed. Export what can be read, or restore a backup.",
      cause,
    },
  );
}

function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error) || !("code" in thrown)) return "";
  return typeof thrown.code === "string" ? thrown.code : "";
}
