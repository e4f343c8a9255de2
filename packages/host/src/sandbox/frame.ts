/** Frames with an opaque origin and a policy that allows one script: of sandboxes, of views, and of the test whether there can be any. */

import { CroftError } from "@croft/core";
import { policyOf } from "./boot.ts";

/** How long a frame may take to tell something, in milliseconds. */
const PATIENCE = 10_000;

/** Options of {@link openFrame}. */
export interface FrameOptions {
  /** All that runs in the frame; it tells the page `ready` when it does. */
  readonly script: string;
  readonly ready: string;
  /** For people who cannot see that it is not shown. */
  readonly title: string;
}

/**
 * Puts a frame that is not shown into the page, and waits until its script runs.
 *
 * @throws CroftError `plugin/failed` when it does not; then it is gone.
 */
export async function openFrame({
  script,
  ready,
  title,
}: FrameOptions): Promise<HTMLIFrameElement> {
  const frame = fencedFrame(title);
  frame.setAttribute("aria-hidden", "true");
  frame.tabIndex = -1;
  frame.style.cssText = "position:absolute;width:0;height:0;border:0;visibility:hidden";
  const policy = policyOf(await hashOf(script));
  frame.srcdoc = `<!doctype html><meta http-equiv="content-security-policy" content="${policy}"><script>${script}</script>`;
  try {
    await startFrame(frame, document.body, ready);
  } catch (error) {
    frame.remove();
    throw error;
  }
  return frame;
}

/** Makes a frame that can run scripts, and has no origin: no storage, no cookies, nothing of this page. */
export function fencedFrame(title: string): HTMLIFrameElement {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.referrerPolicy = "no-referrer";
  frame.title = title;
  return frame;
}

/**
 * Puts a frame into the page and waits until its script says that it is there.
 *
 * @throws CroftError `plugin/failed` when it does not.
 */
export async function startFrame(
  frame: HTMLIFrameElement,
  place: HTMLElement,
  ready: string,
): Promise<void> {
  const isReady = reportOf(frame, [ready]);
  const isLoaded = new Promise<void>((resolve) => {
    frame.addEventListener("load", () => resolve(), { once: true });
  });
  place.append(frame);
  await isReady;
  await isLoaded;
}

/**
 * The first of some words that the frame's own script tells the page.
 *
 * @throws CroftError `plugin/failed` when it tells none of them in time.
 */
export async function reportOf<Word extends string>(
  frame: HTMLIFrameElement,
  words: readonly Word[],
): Promise<Word> {
  const { promise, resolve, reject } = Promise.withResolvers<Word>();
  const hear = ({ source, data }: MessageEvent<unknown>): void => {
    const word = words.find((each) => each === data);
    if (word !== undefined && source === frame.contentWindow) resolve(word);
  };
  const timer = setTimeout(() => {
    reject(
      new CroftError("plugin/failed", "A plugin's sandbox does not start in this page.", {
        hint: "If the page has a content security policy, it must allow what `sandboxSources` says.",
      }),
    );
  }, PATIENCE);
  addEventListener("message", hear);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    removeEventListener("message", hear);
  }
}

const hashes = new Map<string, Promise<string>>();

/** The SHA-256 of a script, as policies write it. */
export function hashOf(script: string): Promise<string> {
  let hash = hashes.get(script);
  if (!hash) {
    hash = crypto.subtle
      .digest("SHA-256", new TextEncoder().encode(script))
      .then((digest) => btoa(String.fromCharCode(...new Uint8Array(digest))));
    hashes.set(script, hash);
  }
  return hash;
}
