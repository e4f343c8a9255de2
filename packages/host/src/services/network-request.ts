/** What a plugin's request may be, whatever was granted. Pure. */

import { CroftError } from "@croft/core";
import type { NetworkRequest } from "@croft/plugin";
import { urlProblem } from "@croft/plugin/remote";

/** A request that can be sent, if it is granted. */
export interface CheckedRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer> | undefined;
}

const MAX_URL = 8_192;
const MAX_HEADER = 8_192;
/** Headers of a request: those that say what is sent and what is wanted. None that say who sends, or ask for another path or method. */
const SENT: ReadonlySet<string> = new Set([
  "accept",
  "accept-language",
  "authorization",
  "content-language",
  "content-type",
  "idempotency-key",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-unmodified-since",
  "prefer",
  "x-api-key",
]);
/** Headers of an answer. No cookies, nothing of what is between. */
const SHOWN: ReadonlySet<string> = new Set([
  "cache-control",
  "content-language",
  "content-type",
  "date",
  "etag",
  "expires",
  "last-modified",
  "link",
  "retry-after",
  "x-ratelimit-limit",
  "x-ratelimit-remaining",
  "x-ratelimit-reset",
]);

/**
 * Checks a request and brings it into the form in which it is judged and sent.
 *
 * @throws {@link CroftError} `input/invalid`.
 */
export function checkRequest(
  plugin: string,
  text: string,
  { method = "GET", headers = {}, body }: NetworkRequest,
  maxBytes: number,
): CheckedRequest {
  const refuse = (what: string, hint?: string): CroftError =>
    new CroftError("input/invalid", `A request of ${plugin} cannot be sent: ${what}.`, {
      plugin,
      hint,
    });
  if (typeof text !== "string" || text.length > MAX_URL || !URL.canParse(text)) {
    throw refuse("its URL is none", "Write the whole of it, as in `https://api.example.com/v1`.");
  }
  const url = new URL(text);
  const problem = urlProblem(url);
  if (problem !== undefined) throw refuse(`its URL ${problem}`);
  url.hash = "";
  const verb = String(method).toUpperCase();
  const copy: Record<string, string> = {};
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase();
    if (!SENT.has(name)) {
      throw refuse(
        `the header ${JSON.stringify(given.slice(0, 80))} may not be set`,
        `These may: ${[...SENT].join(", ")}.`,
      );
    }
    if (typeof value !== "string" || value.length > MAX_HEADER || !/^[\t\x20-\x7e]*$/.test(value)) {
      throw refuse(`the value of the header ${name} is none`);
    }
    copy[name] = value;
  }
  if (body === undefined) return { url, method: verb, headers: copy, body };
  if (verb === "GET" || verb === "HEAD") throw refuse(`${verb} sends nothing`);
  if (typeof body !== "string" && !(body instanceof Uint8Array)) {
    throw refuse("its body is neither text nor bytes");
  }
  // A copy: the plugin may go on writing into its own.
  const sent = typeof body === "string" ? new TextEncoder().encode(body) : new Uint8Array(body);
  if (sent.byteLength > maxBytes) throw refuse(`its body is larger than ${maxBytes} bytes`);
  // As text it gets its content type by itself.
  return { url, method: verb, headers: copy, body: typeof body === "string" ? body : sent };
}

/** The headers of an answer that a plugin is shown. */
export function shownHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => SHOWN.has(name)));
}
