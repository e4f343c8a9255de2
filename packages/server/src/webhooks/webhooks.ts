/**
 * The webhooks of a server. Each workspace that is open has couriers; of one that was closed, or left by a crash, with something untold a
 * file says so, and it is opened again until all is told.
 */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Hub } from "@croft/core";
import type { Log } from "../log.ts";
import { fileNameOf, isWorkspaceName } from "../workspace-name.ts";
import { Courier } from "./courier.ts";
import type { WebhookSettings } from "./webhook-options.ts";

/** Options of {@link createWebhooks}. */
export interface WebhooksOptions {
  readonly webhooks: readonly WebhookSettings[];
  /** For the files that say which workspaces have something untold. */
  readonly directory: string;
  readonly log: Log;
}

/** The webhooks of a server. */
export interface Webhooks {
  /** A workspace was opened; call what is returned before its hub is disposed. */
  opened(workspace: string, hub: Hub): () => Promise<void>;
  /** Looks after workspaces that nobody opens; `acquire` opens one, and returns what lets it go. */
  start(acquire: (workspace: string) => Promise<() => void>): void;
  /** Ends that. Couriers end with their workspaces. */
  dispose(): Promise<void>;
}

/** Requests to one webhook at a time. */
const MAX_REQUESTS = 8;
/** How often workspaces that are not open are looked after, in milliseconds; of each this doubles up to the longest. */
const FIRST_LOOK = 30_000;
const MAX_LOOK = 3_600_000;
/** How long a workspace is open for that, in milliseconds. */
const PATIENCE = 60_000;

/** Creates the {@link Webhooks} of a server. */
export function createWebhooks({ webhooks, directory, log }: WebhooksOptions): Webhooks {
  const open = new Map<string, readonly Courier[]>();
  const turns = webhooks.map(() => createTurns(MAX_REQUESTS));
  const looks = new Map<string, { readonly at: number; readonly wait: number }>();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  let disposed = false;
  mkdirSync(directory, { recursive: true });
  const markerOf = (workspace: string): string => join(directory, fileNameOf(workspace));

  function opened(workspace: string, hub: Hub): () => Promise<void> {
    const meant = webhooks.flatMap((webhook, index) => {
      const turn = turns[index];
      const isMeant = webhook.workspaces?.includes(workspace) ?? true;
      return isMeant && turn ? [{ webhook, turn }] : [];
    });
    if (meant.length === 0) return () => Promise.resolve();
    try {
      // Before anything can change: a crash does not say what was open.
      writeFileSync(markerOf(workspace), workspace, { flush: true });
    } catch (error) {
      log("error", "webhooks may miss changes", { workspace, error: String(error) });
    }
    const couriers = meant.map((each) => new Courier({ workspace, hub, log, ...each }));
    open.set(workspace, couriers);
    return async () => {
      open.delete(workspace);
      const isSettled = couriers.every((courier) => courier.isSettled);
      await Promise.all(couriers.map((courier) => courier.stop()));
      if (isSettled) rmSync(markerOf(workspace), { force: true });
    };
  }

  async function look(acquire: (workspace: string) => Promise<() => void>): Promise<void> {
    for (const name of readdirSync(directory)) {
      if (disposed) return;
      const workspace = readFileSync(join(directory, name), "utf8");
      if (!isWorkspaceName(workspace) || open.has(workspace)) continue;
      const last = looks.get(workspace);
      if (last && Date.now() < last.at + last.wait) continue;
      const wait = Math.min(MAX_LOOK, (last?.wait ?? FIRST_LOOK / 2) * 2);
      looks.set(workspace, { at: Date.now(), wait });
      await tell(workspace, acquire);
    }
  }

  /** Opens a workspace until its couriers have told all, or could not. */
  async function tell(
    workspace: string,
    acquire: (workspace: string) => Promise<() => void>,
  ): Promise<void> {
    let release: () => void;
    try {
      release = await acquire(workspace);
    } catch {
      // Logged where it failed.
      return;
    }
    const couriers = open.get(workspace) ?? [];
    const late = Promise.withResolvers<void>();
    const patience = setTimeout(late.resolve, PATIENCE);
    await Promise.race([Promise.all(couriers.map(({ tried }) => tried)), late.promise]);
    clearTimeout(patience);
    if (couriers.every(({ isSettled }) => isSettled)) looks.delete(workspace);
    release();
  }

  return {
    opened,
    start(acquire) {
      const next = (): void => {
        looking = look(acquire)
          .catch((error: unknown) => {
            log("error", "webhooks cannot be looked after", { error: String(error) });
          })
          .then(() => {
            if (!disposed) timer = setTimeout(next, FIRST_LOOK);
            timer?.unref();
          });
      };
      next();
    },
    async dispose() {
      disposed = true;
      clearTimeout(timer);
      // The one that is being looked after ends with its couriers.
      for (const couriers of open.values())
        await Promise.all(couriers.map((courier) => courier.stop()));
      await looking;
    },
  };
}

/** At most `max` have their turn at once; the others wait in their order. */
function createTurns(max: number): () => Promise<() => void> {
  let taken = 0;
  const waiting: (() => void)[] = [];
  const done = (): void => {
    taken--;
    waiting.shift()?.();
  };
  return async () => {
    if (taken >= max) await new Promise<void>((resolve) => waiting.push(resolve));
    taken++;
    return done;
  };
}
