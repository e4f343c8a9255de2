/** The version of this package, from its own package.json. */

import { readFileSync } from "node:fs";

const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
const { version: own } = JSON.parse(text) as { readonly version: string };

/** For example `0.1.0`. */
export const version: string = own;
