/** What sandboxes and views need of a page's policy. */

import { VIEW_BOOT_HASH } from "../views/view-boot.generated.ts";
import { VIEW_STYLE } from "../views/view-style.ts";
import { BOOT } from "./boot.ts";
import { hashOf } from "./frame.ts";
import { SELF_TEST } from "./self-test.ts";

/** Sources for directives of a content security policy, as they are written there. */
export interface SandboxSources {
  /** For `script-src`: the hashes of the scripts of frames. */
  readonly script: string;
  /** For `style-src`: the hash of the style of views. */
  readonly style: string;
  /** For `worker-src`. */
  readonly worker: string;
}

/**
 * What a page's content security policy must allow besides the page's own, so that plugins can be sandboxed in it and
 * show their views.
 *
 * @example
 * ```ts
 * const { script, style, worker } = await sandboxSources();
 * const policy = `default-src 'self'; script-src 'self' ${script}; style-src 'self' ${style}; worker-src 'self' ${worker}`;
 * ```
 */
export async function sandboxSources(): Promise<SandboxSources> {
  const [boot, test, style] = await Promise.all([BOOT, SELF_TEST, VIEW_STYLE].map(hashOf));
  return {
    script: [boot, test, VIEW_BOOT_HASH].map((hash) => `'sha256-${hash}'`).join(" "),
    style: `'sha256-${style}'`,
    worker: "data:",
  };
}
