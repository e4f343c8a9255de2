/**
 * Figures of a server, for Prometheus. They are few, and none is by user, workspace or document, so that they cost the same however
 * many there are.
 */

import type { CommitResult, Store, StoreBatch } from "@croft/core";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { withCommit } from "./with-commit.ts";

/** How somebody speaks to the server. */
export type Protocol = "croft" | "y-websocket";

/** What is counted; each does nothing where nobody asks for figures. */
export interface Metrics {
  opened(protocol: Protocol): void;
  closed(protocol: Protocol, code: number): void;
  /** A request for a session got this HTTP status. */
  refused(status: number): void;
  answered(method: string, status: number, milliseconds: number): void;
  /** The same store, whose commits are counted. */
  observe(store: Store): Store;
  /** In the format of Prometheus. */
  text(): Promise<string>;
  /** The type of {@link Metrics.text}. */
  readonly contentType: string;
}

/** What a server is at this moment. */
export interface Observed {
  readonly sessions: Readonly<Record<Protocol, number>>;
  readonly workspaces: number;
}

/** Seconds, from a commit to memory to a disk that is worn out. */
const COMMIT_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

/** Where nobody asks for figures. */
export const NO_METRICS: Metrics = {
  opened: () => undefined,
  closed: () => undefined,
  refused: () => undefined,
  answered: () => undefined,
  observe: (store) => store,
  text: async () => "",
  contentType: "text/plain",
};

/** Creates {@link Metrics}; `observed` is asked whenever somebody reads them. */
export function createMetrics(observed: () => Observed): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: "croft_sessions",
    help: "Sessions that are open.",
    labelNames: ["protocol"],
    registers,
    collect() {
      for (const [protocol, count] of Object.entries(observed().sessions))
        this.set({ protocol }, count);
    },
  });
  new Gauge({
    name: "croft_workspaces",
    help: "Workspaces that are open.",
    registers,
    collect() {
      this.set(observed().workspaces);
    },
  });
  const opened = new Counter({
    name: "croft_sessions_opened_total",
    help: "Sockets that were taken.",
    labelNames: ["protocol"],
    registers,
  });
  const closed = new Counter({
    name: "croft_sessions_closed_total",
    help: "Sockets that were closed, by the code that they ended with.",
    labelNames: ["protocol", "code"],
    registers,
  });
  const refused = new Counter({
    name: "croft_upgrades_refused_total",
    help: "Requests for a session that were refused, by HTTP status.",
    labelNames: ["status"],
    registers,
  });
  const answered = new Histogram({
    name: "croft_http_request_duration_seconds",
    help: "How long requests for documents took.",
    labelNames: ["method", "status"],
    registers,
  });
  const commits = new Histogram({
    name: "croft_commit_duration_seconds",
    help: "How long stores took to make a batch durable.",
    labelNames: ["outcome"],
    buckets: COMMIT_BUCKETS,
    registers,
  });
  const entries = new Counter({
    name: "croft_entries_total",
    help: "Updates that were appended to logs.",
    registers,
  });
  const bytes = new Counter({
    name: "croft_entry_bytes_total",
    help: "Bytes of updates that were appended to logs.",
    registers,
  });

  async function commit(store: Store, batch: StoreBatch): Promise<CommitResult> {
    const end = commits.startTimer();
    try {
      const result = await store.commit(batch);
      end({ outcome: "stored" });
      for (const { append = [] } of batch.documents ?? []) {
        entries.inc(append.length);
        bytes.inc(append.reduce((sum, { update }) => sum + update.length, 0));
      }
      return result;
    } catch (error) {
      end({ outcome: "failed" });
      throw error;
    }
  }

  return {
    opened: (protocol) => opened.inc({ protocol }),
    // Codes that peers make up would each be a series of their own.
    closed: (protocol, code) => closed.inc({ protocol, code: isKnown(code) ? code : "other" }),
    refused: (status) => refused.inc({ status }),
    answered: (method, status, milliseconds) =>
      answered.observe({ method, status }, milliseconds / 1000),
    observe: (store) => withCommit(store, (batch) => commit(store, batch)),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function isKnown(code: number): boolean {
  return (code >= 1000 && code < 1016) || (code >= 4400 && code < 4600);
}
