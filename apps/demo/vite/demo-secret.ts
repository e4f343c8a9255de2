/** The secret that tokens of the demo are signed with: random, one for each data directory. */

import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Reads the secret of `directory`; makes it at the first start. */
export function loadSecret(directory: string): string {
  const path = join(directory, "demo-secret");
  mkdirSync(directory, { recursive: true });
  try {
    // Fails if it is there, so that two starts at once agree on one.
    writeFileSync(path, randomBytes(32).toString("base64url"), { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  return readFileSync(path, "utf8").trim();
}
