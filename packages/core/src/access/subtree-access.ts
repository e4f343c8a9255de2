/**
 * What a principal may do in a whole subtree, documents that nobody has made yet included. A gate answers for one path, so
 * it is asked for the subtree's own and for one right below it of which nobody thought.
 */

import { isDocPath } from "../doc-path.ts";
import { allows, type Access, type Principal } from "./access.ts";
import type { Gate } from "./gate.ts";

/** The name of a document that no grant names. */
const ANY = "7f3d0c5a-any-document-9b1e46d2";

/** Whether a principal may read documents at or right below a path, whatever they are called. */
export function mayRead(gate: Gate, principal: Principal, path: string): boolean {
  return accessIn(gate, principal, path).some((access) => allows(access, "read"));
}

/** Whether a principal may write all documents at and right below a path, whatever they are called. */
export function mayWriteAll(gate: Gate, principal: Principal, path: string): boolean {
  const all = accessIn(gate, principal, path);
  return all.length > 0 && all.every((access) => allows(access, "write"));
}

function accessIn(gate: Gate, principal: Principal, path: string): readonly Access[] {
  return [path, `${path}/${ANY}`]
    .filter(isDocPath)
    .map((each) => gate.check(principal, each).access);
}
