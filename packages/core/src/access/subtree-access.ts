/**
 * What a principal may do in a whole subtree, documents that nobody has made yet included. A gate answers for one path at a
 * time; what its answers depend on are patterns, so it is asked for a path of each kind that they tell apart.
 */

import { type DocPath, type DocPattern, isDocPath, MAX_SEGMENTS } from "../doc-path.ts";
import { type Access, allows, type Principal } from "./access.ts";
import type { Gate } from "./gate.ts";

/** A segment that no pattern names. */
const ANY = "·";

/** Whether a text can be at the top of a subtree. */
export function isSubtree(path: string): boolean {
  return isDocPath(path) || isDocPath(`${path}/${ANY}`);
}

/** Whether a principal may read some document at or below a path, if there is one. */
export function mayReadSome(gate: Gate, principal: Principal, path: string): boolean {
  for (const access of accessIn(gate, principal, path)) if (allows(access, "read")) return true;
  return false;
}

/**
 * Whether a principal may write every document at and below a path, whatever it is called. Never where the gate does not tell
 * what its answers depend on.
 */
export function mayWriteAll(gate: Gate, principal: Principal, path: string): boolean {
  if (!gate.patterns) return false;
  for (const access of accessIn(gate, principal, path)) {
    if (!allows(access, "write")) return false;
  }
  return true;
}

function* accessIn(gate: Gate, principal: Principal, subtree: string): Generator<Access> {
  const patterns = [`${subtree}/**` as DocPattern, ...(gate.patterns?.(principal) ?? [])];
  if (isDocPath(subtree)) yield gate.check(principal, subtree).access;
  for (const pattern of patterns) {
    for (const path of pathsOf(pattern, subtree)) yield gate.check(principal, path).access;
  }
}

/** Paths below a subtree that a pattern matches, one of each length, where that makes a difference. */
function* pathsOf(pattern: DocPattern, subtree: string): Generator<DocPath> {
  const top = subtree.split("/");
  const path: string[] = [];
  for (const [index, wanted] of pattern.split("/").entries()) {
    if (wanted === "**") {
      path.push(...top.slice(index));
      while (path.length < MAX_SEGMENTS) {
        path.push(ANY);
        const text = path.join("/");
        if (isDocPath(text)) yield text;
      }
      return;
    }
    const segment = top[index];
    if (segment !== undefined && wanted !== "*" && wanted !== segment) return;
    path.push(segment ?? (wanted === "*" ? ANY : wanted));
  }
  const text = path.join("/");
  if (path.length > top.length && isDocPath(text)) yield text;
}
