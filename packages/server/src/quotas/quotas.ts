/** The quotas of a server: what a workspace may hold, and how fast users and connections may send. Over one, edits wait. */

import { type Clock, type Limit, type Postponement, type Store } from "@croft/core";
import { Rate } from "./rate.ts";
import { WorkspaceUsage } from "./workspace-usage.ts";

/** Quotas; each is absent for none. */
export interface Quotas {
  /** Most bytes of the documents of a workspace, as they are stored, without their history. */
  readonly workspaceBytes?: number | undefined;
  /** Most documents of a workspace. */
  readonly workspaceDocuments?: number | undefined;
  /** Most edits a second of a user, over all its connections. */
  readonly userUpdates?: number | undefined;
  /** Most bytes of edits a second of a user. */
  readonly userBytes?: number | undefined;
  /** Most edits a second over one connection. */
  readonly connectionUpdates?: number | undefined;
  /** Most bytes of edits a second over one connection. */
  readonly connectionBytes?: number | undefined;
}

/** Limits of the workspaces of a server. */
export interface ServerLimits {
  /** The limit of a workspace that is opened. */
  limitOf(store: Store): Limit;
}

/** So many seconds' worth may come at once: what was made offline does. */
const BURST_SECONDS = 10;
/** How long somebody waits for room in a workspace, in milliseconds. */
const FULL_WAIT = 15_000;
/** Rates of users that are remembered before those that use nothing are let go. */
const MANY_USERS = 10_000;

interface Rates {
  readonly updates: Rate | undefined;
  readonly bytes: Rate | undefined;
}

/** Creates {@link ServerLimits}; nothing where there are no quotas. */
export function createServerLimits(
  quotas: Quotas,
  clock: Pick<Clock, "now">,
): ServerLimits | undefined {
  if (Object.values(quotas).every((quota) => quota === undefined)) return undefined;
  const { userUpdates, userBytes, connectionUpdates, connectionBytes } = quotas;
  const users = new Map<string, Rates>();
  const connections = new WeakMap<object, Rates>();

  function ratesOf(updates: number | undefined, bytes: number | undefined): Rates {
    const now = clock.now();
    const rate = (quota: number | undefined): Rate | undefined =>
      quota === undefined ? undefined : new Rate(quota, BURST_SECONDS, now);
    return { updates: rate(updates), bytes: rate(bytes) };
  }

  function ofUser(user: string): Rates {
    let rates = users.get(user);
    if (rates) return rates;
    if (users.size >= MANY_USERS) {
      for (const [name, { updates, bytes }] of users) {
        const now = clock.now();
        if ((updates?.isFullAt(now) ?? true) && (bytes?.isFullAt(now) ?? true)) users.delete(name);
      }
    }
    rates = ratesOf(userUpdates, userBytes);
    users.set(user, rates);
    return rates;
  }

  function ofConnection(session: object): Rates {
    let rates = connections.get(session);
    if (!rates) connections.set(session, (rates = ratesOf(connectionUpdates, connectionBytes)));
    return rates;
  }

  return {
    limitOf(store) {
      const usage = new WorkspaceUsage(store, clock);
      const isCounted = (quotas.workspaceBytes ?? quotas.workspaceDocuments) !== undefined;
      // What cannot be read now is read when the next edit comes.
      const read = (): void => void usage.read().catch(() => undefined);
      if (isCounted) read();
      return ({ principal, session, path, isNew, bytes }) => {
        const all = [ofUser(principal.user), ...(session ? [ofConnection(session)] : [])];
        const now = clock.now();
        const wait = Math.max(
          ...all.flatMap((rates) => [
            rates.updates?.waitAt(now) ?? 0,
            rates.bytes?.waitAt(now) ?? 0,
          ]),
        );
        if (wait > 0)
          return { code: "rate", reason: "more was sent than may be in this time", wait };
        const isMore = isNew && !usage.isTaken(path);
        if (isCounted) {
          const full = fullFor(usage, quotas, bytes, isMore);
          if (full) {
            read();
            return full;
          }
          usage.add(bytes, isMore ? path : undefined);
        }
        for (const rates of all) {
          rates.updates?.take(1);
          rates.bytes?.take(bytes);
        }
        return undefined;
      };
    },
  };
}

function fullFor(
  { bytes: used, documents }: WorkspaceUsage,
  { workspaceBytes, workspaceDocuments }: Quotas,
  bytes: number,
  isMore: boolean,
): Postponement | undefined {
  if (workspaceBytes !== undefined && used + bytes > workspaceBytes)
    return full(`the workspace holds all the ${workspaceBytes} bytes that it may`);
  if (workspaceDocuments !== undefined && isMore && documents >= workspaceDocuments)
    return full(`the workspace has all the ${workspaceDocuments} documents that it may`);
  return undefined;
}

function full(reason: string): Postponement {
  return { code: "disk-full", reason, wait: FULL_WAIT };
}
