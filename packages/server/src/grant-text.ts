/** Grants as text: `notes/**:write`, in tokens and on the command line. */

import { type Access, CroftError, type Grant, parsePattern } from "@croft/core";

const ACCESS: ReadonlyMap<string, Access> = new Map([
  ["none", "none"],
  ["read", "read"],
  ["write", "write"],
]);

/**
 * Reads a grant: a pattern, a colon, and `none`, `read` or `write`.
 *
 * @throws {@link CroftError} `input/invalid`, saying what is wrong.
 * @example
 * ```ts
 * parseGrant("notes/**:write"); // { pattern: "notes/**", access: "write" }
 * ```
 */
export function parseGrant(text: string): Grant {
  const colon = text.lastIndexOf(":");
  const access = ACCESS.get(text.slice(colon + 1));
  if (colon < 0 || !access) {
    throw new CroftError(
      "input/invalid",
      `Invalid grant ${JSON.stringify(text.slice(0, 100))}: it must end in \`:read\`, \`:write\` or \`:none\`.`,
      { hint: "For example `notes/**:write`." },
    );
  }
  return { pattern: parsePattern(text.slice(0, colon)), access };
}

/** A grant as a text, as {@link parseGrant} reads it. */
export function grantText({ pattern, access }: Grant): string {
  return `${pattern}:${access}`;
}
