/** The keys that the demo signs its example plugins with: made at the first start, one pair for each data directory. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  createPublisherKeys,
  isPublisherKey,
  type PublisherKey,
  type PublisherKeyPair,
} from "@croft/plugin/package";
import { z } from "zod";

const schema = z.object({
  publisher: z.custom<PublisherKey>(isPublisherKey),
  privateKey: z.string(),
});

/** Reads the keys of `directory`. Kept, since an update by another publisher is refused. */
export async function loadPublisherKeys(directory: string): Promise<PublisherKeyPair> {
  const path = join(directory, "demo-publisher.json");
  mkdirSync(directory, { recursive: true });
  const fresh = JSON.stringify(await createPublisherKeys());
  try {
    // Fails if it is there, so that two starts at once agree on one.
    writeFileSync(path, fresh, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  return schema.parse(JSON.parse(readFileSync(path, "utf8")));
}
