/**
 * A bus over Redis' publish and subscribe, for many servers on one database: what they say to each other is then no work of the
 * database's. Redis keeps nothing of it. `@redis/client` is Redis' own driver, without the modules that the package `redis` adds.
 */

import { CroftError, createEmitter } from "@croft/core";
import { createClient } from "@redis/client";
import type { Bus } from "../bus.ts";

/** Options of {@link openRedisBus}. */
export interface RedisBusOptions {
  /** As `redis://cache.example.org:6379`. */
  readonly url: string;
  /** Told of connections that break; others are made. Default: nobody is told. */
  readonly onProblem?: ((error: Error) => void) | undefined;
}

const CHANNEL = "croft";
/** First wait for another connection, in milliseconds; doubles up to the longest. */
const RETRY_FIRST = 100;
const RETRY_MAX = 5000;
/** How often a connection is looked at that nothing comes over, in milliseconds. */
const PING_EVERY = 5000;
/** What one text may have, in bytes: far more than any has. */
const MAX_BYTES = 1024 * 1024;

/**
 * Joins a bus; while Redis cannot be reached nothing is carried, and servers compare with the database every few seconds.
 *
 * @throws {@link CroftError} `input/invalid` when `url` is none of Redis'.
 * @example
 * ```ts
 * const bus = openRedisBus({ url: "redis://localhost:6379" });
 * // Hand it to openPostgresStores; when the stores are closed, so is the bus.
 * ```
 */
export function openRedisBus({ url, onProblem = () => undefined }: RedisBusOptions): Bus {
  if (!/^rediss?:\/\//.test(url)) {
    throw new CroftError("input/invalid", "`url` of a Redis server is not one.", {
      hint: "As in redis://user:password@host:6379.",
    });
  }
  let closed = false;
  const report = (error: unknown): void => {
    // What was being said when it was left is lost, as it may be.
    if (!closed) onProblem(error instanceof Error ? error : new Error(String(error)));
  };
  const texts = createEmitter<string>();
  const missed = createEmitter<void>();
  const options = {
    url,
    pingInterval: PING_EVERY,
    // What cannot be said now is not said later: it is old by then.
    disableOfflineQueue: true,
    socket: {
      reconnectStrategy: (failures: number) =>
        Math.min(RETRY_MAX, RETRY_FIRST * 2 ** Math.min(10, failures)),
    },
  };
  const speaker = createClient(options);
  const listener = createClient({ ...options, disableOfflineQueue: false });
  for (const client of [speaker, listener]) client.on("error", report);
  listener.on("ready", () => missed.emit());
  speaker.connect().catch(report);
  listener
    .connect()
    .then(() => listener.subscribe(CHANNEL, (text) => texts.emit(text)))
    .catch(report);
  return {
    maxBytes: MAX_BYTES,
    publish(text) {
      if (closed || !speaker.isReady) return;
      speaker.publish(CHANNEL, text).catch(report);
    },
    subscribe: (each) => texts.on(each),
    onMissed: (each) => missed.on(each),
    async close() {
      if (closed) return;
      closed = true;
      texts.clear();
      missed.clear();
      for (const client of [speaker, listener]) client.destroy();
    },
  };
}
