/**
 * The bus that every database brings: LISTEN and NOTIFY. A notification is a transaction of its own, after the commit that it tells
 * of: PostgreSQL lets transactions that notify commit one after the other only. What is said within a moment is told together.
 */

import { createEmitter } from "@croft/core";
import pg from "pg";
import type { Bus } from "../bus.ts";
import type { SqlDatabase } from "./sql.ts";

/** Options of {@link openListenBus}. */
export interface ListenBusOptions {
  readonly url: string;
  /** For what is said. */
  readonly database: SqlDatabase;
  /** Told when the connection breaks; another one is made. */
  readonly onProblem: (error: Error) => void;
}

const CHANNEL = "croft";
/** First wait for another connection, in milliseconds; doubles up to the longest. */
const RETRY_FIRST = 100;
const RETRY_MAX = 5000;

/** Joins the bus of a database. */
export function openListenBus(options: ListenBusOptions): Bus {
  const bus = new ListenBus(options);
  bus.connect();
  return bus;
}

class ListenBus implements Bus {
  // PostgreSQL takes fewer than 8000.
  readonly maxBytes = 7999;
  readonly #options: ListenBusOptions;
  readonly #texts = createEmitter<string>();
  readonly #missed = createEmitter<void>();
  #client: pg.Client | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #waiting: string[] = [];
  #publishing = false;
  #closed = false;

  constructor(options: ListenBusOptions) {
    this.#options = options;
  }

  publish(text: string): void {
    this.#waiting.push(text);
    if (!this.#publishing) void this.#publishAll();
  }

  subscribe(listener: (text: string) => void): () => void {
    return this.#texts.on(listener);
  }

  onMissed(listener: () => void): () => void {
    return this.#missed.on(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#texts.clear();
    this.#missed.clear();
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  connect(): void {
    const client = new pg.Client({
      connectionString: this.#options.url,
      application_name: "croft bus",
      connectionTimeoutMillis: RETRY_MAX,
      keepAlive: true,
    });
    this.#client = client;
    client.on("notification", ({ payload = "" }) => this.#texts.emit(payload));
    client.on("error", (error) => this.#lose(client, error));
    client.on("end", () => this.#lose(client, new Error("the connection ended")));
    client
      .connect()
      .then(() => client.query(`LISTEN ${CHANNEL}`))
      .then(() => {
        if (this.#client !== client) return;
        this.#failures = 0;
        this.#missed.emit();
      })
      .catch((error: unknown) => {
        this.#lose(client, error instanceof Error ? error : new Error(String(error)));
      });
  }

  #lose(client: pg.Client, error: Error): void {
    if (this.#client !== client || this.#closed) return;
    this.#client = undefined;
    client.end().catch(() => undefined);
    this.#options.onProblem(error);
    const wait = Math.min(RETRY_MAX, RETRY_FIRST * 2 ** Math.min(10, this.#failures++));
    this.#timer = setTimeout(() => this.connect(), wait);
  }

  /** One statement at a time: what is said meanwhile goes with the next one. */
  async #publishAll(): Promise<void> {
    this.#publishing = true;
    while (this.#waiting.length > 0 && !this.#closed) {
      const texts = this.#waiting.splice(0);
      try {
        await this.#options.database.query(
          "SELECT pg_notify($1, each) FROM unnest($2::text[]) WITH ORDINALITY AS all_of(each, nth) ORDER BY nth",
          [CHANNEL, texts],
          "croft notify",
        );
      } catch (error) {
        // They are hints: whoever misses them compares.
        this.#options.onProblem(error instanceof Error ? error : new Error(String(error)));
      }
    }
    this.#publishing = false;
  }
}
