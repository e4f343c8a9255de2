/** What routes that change the membership share: versions, conditions, and what is answered when something is not done. */

import type { IncomingMessage } from "node:http";
import type { Condition, Decide, Problem } from "../../membership/edits.ts";
import type { Changed } from "../../membership/membership.ts";
import { type Answer, failed } from "../answers.ts";
import type { AnswerDescription, Asked } from "../route.ts";

const STATUS: Readonly<Record<Problem["problem"], number>> = {
  missing: 404,
  changed: 412,
  "in-use": 409,
  "unknown-name": 422,
  full: 409,
  "last-admin": 409,
  "not-allowed": 403,
  "not-good": 410,
};

/** What may be wrong with a change, for the OpenAPI document. */
export const problems: Readonly<
  Record<"missing" | "changed" | "conflict" | "unknownName", AnswerDescription>
> = {
  missing: { description: "There is none." },
  changed: { description: "It is not as `If-Match` or `If-None-Match` say; nothing was changed." },
  conflict: { description: "Something depends on it, or there are too many." },
  unknownName: { description: "It names a role or a group that there is not." },
};

/** Changes something, and answers what `done` makes of it. */
export async function change(
  { membership, who: { principal }, address, needs }: Asked,
  decide: Decide,
  done: (changed: Changed) => Answer,
): Promise<Answer> {
  const actor = { principal, address, mustAdminister: needs === "admin" };
  const outcome = await membership.change(actor, decide);
  return "problem" in outcome ? refused(outcome) : done(outcome);
}

/** Why something is not done, as an answer. */
export function refused({ problem, message, hint }: Problem): Answer {
  const isDenied = problem === "missing" || problem === "not-allowed";
  const code = isDenied ? "access/denied" : "input/invalid";
  return failed(STATUS[problem], code, message, hint ? { hint } : {});
}

/** The version of a record as an ETag. */
export function etagOf(version: number): Readonly<Record<string, string>> {
  return { etag: `"${version}"` };
}

/** As which a record must be, by the headers of a request. */
export function conditionOf({ headers }: IncomingMessage): Condition {
  const match = headers["if-match"];
  const isNew = headers["if-none-match"]?.trim() === "*";
  if (match === undefined) return { isNew };
  if (match.trim() === "*") return { isNew, exists: true };
  const tags = match.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return { isNew, match: tags.map((tag) => Number(/^"(\d+)"$/.exec(tag)?.[1] ?? "NaN")) };
}
