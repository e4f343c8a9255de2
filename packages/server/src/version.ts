/** The version of this package, from its own package.json. */

import { readFileSync } from "node:fs";
import { z } from "zod";

const schema = z.object({ version: z.string() });

/** For example `0.1.0`. */
export const version: string = schema.parse(
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")),
).version;
