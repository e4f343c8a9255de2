/** Downloads, of bounded size, with errors that say what to do. */

import { CroftError } from "@croft/core";
import { readBody } from "../read-body.ts";

/** Options of downloads. */
export interface FetchOptions {
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
  /** Default: the platform's, without cookies. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** What is downloaded. */
export interface Wanted {
  readonly url: string | URL;
  /** In bytes. */
  readonly limit: number;
  /** What it is, for messages: `package`. */
  readonly what: string;
}

/**
 * Downloads; resolves with the bytes, and where they came from in the end.
 *
 * @throws CroftError `input/invalid` when the address is none of `https:` or `http:`; `link/offline` when nothing answers;
 *   `plugin/registry` when the answer is an error or too large. What the signal says, when it is aborted.
 */
export async function download(
  { url: text, limit, what }: Wanted,
  { signal, fetch = globalThis.fetch }: FetchOptions,
): Promise<{ readonly bytes: Uint8Array; readonly url: URL }> {
  const url = URL.parse(text);
  if (url?.protocol !== "https:" && url?.protocol !== "http:") {
    throw new CroftError("input/invalid", `${String(text)} is no address of a ${what}.`, {
      hint: "It starts with https://.",
    });
  }
  const gone = (cause: unknown): CroftError =>
    new CroftError("link/offline", `The ${what} at ${url.href} cannot be reached.`, {
      cause,
      hint: "Try again when there is a network.",
    });
  let response: Response;
  try {
    response = await fetch(url, { credentials: "omit", ...(signal && { signal }) });
  } catch (cause) {
    signal?.throwIfAborted();
    throw gone(cause);
  }
  try {
    if (!response.ok)
      throw bad(`The server says ${response.status} to the ${what} at ${url.href}.`);
    const bytes = await readBody(response, limit);
    if (!bytes) throw bad(`The ${what} at ${url.href} is larger than ${limit} bytes.`);
    return { bytes, url: response.url === "" ? url : new URL(response.url) };
  } catch (cause) {
    signal?.throwIfAborted();
    throw cause instanceof CroftError ? cause : gone(cause);
  } finally {
    // What was not read is not wanted; if it is over already, that is as well.
    await response.body?.cancel().catch(() => undefined);
  }
}

function bad(message: string): CroftError {
  return new CroftError("plugin/registry", message, {
    hint: "Ask whoever gave you the address.",
  });
}
