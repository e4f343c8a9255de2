/** What zod found wrong with a manifest, in words that name the field. */

import type { z } from "zod";

/** One line per issue, in the order of the fields. */
export function describeIssues(issues: readonly z.core.$ZodIssue[]): string[] {
  return issues.flatMap((issue) => {
    const at = fieldOf(issue.path);
    switch (issue.code) {
      case "unrecognized_keys":
        return issue.keys.map((key) => `${fieldOf([...issue.path, key])}: no such field is known`);
      case "invalid_key":
        return issue.issues.map(({ message }) => `${at}: ${message}`);
      default:
        return [`${at}: ${issue.message}`];
    }
  });
}

/** `permissions.documents[0].reason`. */
function fieldOf(path: readonly PropertyKey[]): string {
  let field = "";
  for (const key of path) {
    if (typeof key === "number") field += `[${key}]`;
    else field += field === "" ? String(key) : `.${String(key)}`;
  }
  return field === "" ? "manifest" : field;
}
