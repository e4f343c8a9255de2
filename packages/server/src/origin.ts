/**
 * Which web pages may connect. A token in the greeting, not a cookie, lets a peer in, so that with
 * tokens any page may try. With anonymous access any page that somebody visits could reach a
 * server on their own machine; so only pages of the same machine or address may, unless listed.
 */

import { isIP } from "node:net";

/** What is known of a request. */
export interface OriginRequest {
  /** The `Origin` header; absent outside of browsers. */
  readonly origin: string | undefined;
  /** The `Host` header. */
  readonly host: string | undefined;
}

/** What the operator said. */
export interface OriginPolicy {
  /** Origins as browsers write them (`https://app.example.org`), or `*` for all. */
  readonly origins: readonly string[] | undefined;
  readonly anonymousAccess: boolean;
}

/** Whether a request may open a session. */
export function isOriginAllowed(request: OriginRequest, policy: OriginPolicy): boolean {
  const { origin, host } = request;
  if (origin === undefined) return true;
  if (policy.origins) return policy.origins.includes("*") || policy.origins.includes(origin);
  if (!policy.anonymousAccess) return true;
  const page = hostnameOf(origin);
  if (page === undefined) return false;
  if (isLoopback(page)) return true;
  // The same address, but not the same name: a name that its owner points here after the page was
  // loaded (DNS rebinding) would pass.
  return isIP(page) !== 0 && page === hostnameOf(`http://${host ?? ""}`);
}

/**
 * Whether a request without an origin may be answered: browsers send none with what a page asks of its own address, and with
 * anonymous access that may be a name which somebody else points here. So only numbers and this machine's own names count then.
 */
export function isHostAllowed({ origin, host }: OriginRequest, policy: OriginPolicy): boolean {
  if (origin !== undefined || policy.origins || !policy.anonymousAccess) return true;
  const name = hostnameOf(`http://${host ?? ""}`);
  return name !== undefined && (isIP(name) !== 0 || isLoopback(name));
}

/** Whether `text` is an origin as browsers write it, or `*`. */
export function isOrigin(text: string): boolean {
  if (text === "*") return true;
  return URL.canParse(text) && new URL(text).origin === text;
}

function hostnameOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  return new URL(url).hostname.replace(/^\[(.*)\]$/, "$1");
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "::1" ||
    (isIP(hostname) === 4 && hostname.startsWith("127."))
  );
}
