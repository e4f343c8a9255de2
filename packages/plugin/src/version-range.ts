/**
 * Versions and ranges of them, as npm reads them. `semver` is asked through its single functions,
 * so that a plugin's bundle does not carry the rest of it.
 */

import compare from "semver/functions/compare.js";
import satisfies from "semver/functions/satisfies.js";
import valid from "semver/functions/valid.js";
import validRange from "semver/ranges/valid.js";

/** Whether `text` is a version in full: `1.0.0`, `2.1.0-beta.1`; not `1.0`, not `v1.0.0`. */
export function isVersion(text: string): boolean {
  return valid(text) === text.split("+")[0];
}

/** Whether `text` is a range of versions: `^1.2.0`, `>=1 <3`, `1.x || 2.x`, `*`. */
export function isVersionRange(text: string): boolean {
  return text.trim() !== "" && validRange(text) !== null;
}

/**
 * Which of two versions comes first: negative when `a` is older than `b`, 0 for the same, positive when it is newer. A
 * pre-release comes before its release; what follows `+` does not count.
 */
export function compareVersions(a: string, b: string): number {
  return compare(a, b);
}

/**
 * Whether `version` is in `range`. A pre-release is so only where the range names one of the same
 * version, as with npm.
 *
 * @example
 * ```ts
 * fitsVersionRange("1.4.0", "^1.2.0"); // true
 * fitsVersionRange("2.0.0-beta.1", "^1.2.0"); // false
 * ```
 */
export function fitsVersionRange(version: string, range: string): boolean {
  return satisfies(version, range);
}
