/**
 * What one address may do before it has shown who it is. Who has never greeted costs memory and, with a signature to check, time:
 * each address has so many sockets that have not been let in, and so many refusals before it must wait. A refusal that is no
 * fault of the token's, and whoever was let in, does not count, so that an office behind one address comes back at once.
 */

import type { Clock } from "@croft/core";
import { isIP, isIPv6 } from "node:net";

/** Options of {@link AddressLimits}. */
export interface AddressLimitsOptions {
  /** Most sockets of one address that were not let in yet. */
  readonly maxWaiting: number;
  /** Most refused tokens of one address in a row; one more is allowed as often as `forgiveEvery` says. */
  readonly maxRefused: number;
  readonly clock: Clock;
}

/** One refused token of an address is forgotten as often as this, in milliseconds. */
const FORGIVE_EVERY = 2_000;
/** When that many addresses are remembered, those go that need not be. */
const MANY = 10_000;

interface Standing {
  waiting: number;
  refused: number;
  /** When `refused` was right. */
  at: number;
}

/** A socket, until somebody is let in on it or it is over. */
export interface Visit {
  /** Its token was good. Idempotent. */
  admitted(): void;
  /** A token of it was not. */
  refused(): void;
  /** The socket is over. Idempotent. */
  left(): void;
}

/** See the top of this file. */
export class AddressLimits {
  readonly #options: AddressLimitsOptions;
  readonly #standings = new Map<string, Standing>();
  #sweepAt = MANY;

  constructor(options: AddressLimitsOptions) {
    this.#options = options;
  }

  /** Somebody comes; nothing when that is too much, and how long to wait, in seconds, is {@link AddressLimits.retryAfter}. */
  enter(address: string): Visit | undefined {
    const key = keyOf(address);
    const standing = this.#standingOf(key);
    const { maxWaiting, maxRefused } = this.#options;
    if (standing.waiting >= maxWaiting || standing.refused >= maxRefused) return undefined;
    standing.waiting++;
    let waits = true;
    const done = (): void => {
      if (!waits) return;
      waits = false;
      standing.waiting--;
      this.#forget(key, standing);
    };
    return {
      admitted: () => {
        // Others behind the same address may have old tokens.
        standing.refused = 0;
        done();
      },
      refused: () => {
        this.#forgive(standing);
        standing.refused++;
      },
      left: done,
    };
  }

  /** Seconds until an address may try again. */
  get retryAfter(): number {
    return Math.ceil(FORGIVE_EVERY / 1000);
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#standings.size;
  }

  #standingOf(key: string): Standing {
    let standing = this.#standings.get(key);
    if (!standing) {
      if (this.#standings.size >= this.#sweepAt) this.#sweep();
      standing = { waiting: 0, refused: 0, at: this.#options.clock.now() };
      this.#standings.set(key, standing);
    }
    this.#forgive(standing);
    return standing;
  }

  #forgive(standing: Standing): void {
    const now = this.#options.clock.now();
    const forgiven = Math.floor((now - standing.at) / FORGIVE_EVERY);
    if (forgiven <= 0 && now >= standing.at) return;
    standing.refused = Math.max(0, standing.refused - Math.max(0, forgiven));
    standing.at = now;
  }

  #forget(key: string, standing: Standing): void {
    if (standing.waiting === 0 && standing.refused === 0) this.#standings.delete(key);
  }

  #sweep(): void {
    for (const [key, standing] of this.#standings) {
      this.#forgive(standing);
      this.#forget(key, standing);
    }
    // Not by each address that comes, where none can go.
    this.#sweepAt = Math.max(MANY, 2 * this.#standings.size);
  }
}

/** What counts as one address: of IPv6 the network of 64 bits, since each customer has at least that. */
function keyOf(address: string): string {
  if (!isIPv6(address)) return address;
  // The platform writes IPv6 in one way.
  const { hostname } = new URL(`http://[${address.replace(/%.*$/, "")}]`);
  const [head = "", tail] = hostname.slice(1, -1).split("::", 2);
  const front = head.split(":").filter(Boolean);
  const back = (tail ?? "").split(":").filter(Boolean);
  const zeros = tail === undefined ? 0 : 8 - front.length - back.length;
  const all = [...front, ...Array.from({ length: zeros }, () => "0"), ...back];
  const groups = all.map((group) => Number.parseInt(group, 16));
  const [, , , , , marker, high = 0, low = 0] = groups;
  const isMapped = marker === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  if (isMapped) return [high >> 8, high & 255, low >> 8, low & 255].join(".");
  return all.slice(0, 4).join(":");
}

/**
 * The address that a request comes from. Behind `proxies` of the operator's own, which each add whom they talk to, it is that
 * many places from the end of `X-Forwarded-For`; what is before that anybody can write. Ports that some proxies add do not count.
 */
export function addressOf(
  remote: string | undefined,
  forwarded: string | readonly string[] | undefined,
  proxies: number,
): string {
  const own = remote ?? "";
  const known = [forwarded ?? []].flat().join(",").split(",");
  const chain = [...known.map((text) => text.trim()).filter(Boolean), own];
  const entry = chain.at(-1 - proxies) ?? chain[0] ?? "";
  const bare = entry.replace(/^\[(.*)\](:\d+)?$/, "$1").replace(/^(\d+(?:\.\d+){3}):\d+$/, "$1");
  return isIP(bare) === 0 ? own : bare;
}
