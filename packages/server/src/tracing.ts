/**
 * Traces: one span for each session, commit and request. The tracer is OpenTelemetry's, or anything of its shape: this package needs
 * none of its own.
 */

import type { Store } from "@croft/core";
import { withCommit } from "./with-commit.ts";

/** What can be said of a span. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** A span, as of `@opentelemetry/api`. */
export interface Span {
  setAttributes(attributes: SpanAttributes): unknown;
  /** `code` 2 is an error. */
  setStatus(status: { readonly code: 2; readonly message?: string }): unknown;
  end(): void;
}

/** A tracer, as of `@opentelemetry/api`: `trace.getTracer("croft")`. */
export interface Tracer {
  startSpan(
    name: string,
    options?: {
      /** 0 is internal, 1 of a server. */
      readonly kind?: 0 | 1;
      readonly attributes?: Record<string, string | number | boolean>;
    },
  ): Span;
}

/** OpenTelemetry's number for an error. */
const ERROR = 2;
/** OpenTelemetry's number for a span of a server. */
const SERVER = 1;

/** A span of something that a peer asked for; nothing where nobody traces. */
export function startServerSpan(
  tracer: Tracer | undefined,
  name: string,
  attributes: Record<string, string | number | boolean>,
): Span | undefined {
  return tracer?.startSpan(name, { kind: SERVER, attributes });
}

/** Ends a span; `error` is what went wrong. */
export function endSpan(span: Span | undefined, attributes: SpanAttributes, error?: string): void {
  span?.setAttributes(attributes);
  if (error !== undefined) span?.setStatus({ code: ERROR, message: error });
  span?.end();
}

/** The same store, with a span for each commit: one for all that arrived in a turn. */
export function traceCommits(store: Store, workspace: string, tracer: Tracer | undefined): Store {
  if (!tracer) return store;
  return withCommit(store, async (batch) => {
    const documents = batch.documents ?? [];
    const span = tracer.startSpan("croft.commit", {
      attributes: {
        "croft.workspace": workspace,
        "croft.store": store.kind,
        "croft.documents": documents.length,
        "croft.entries": documents.reduce((sum, { append = [] }) => sum + append.length, 0),
      },
    });
    try {
      const result = await store.commit(batch);
      endSpan(span, {});
      return result;
    } catch (error) {
      endSpan(span, {}, error instanceof Error ? error.message : String(error));
      throw error;
    }
  });
}

/**
 * The tracer that the process was given, as by `node --import ./tracing.js`; nothing is traced where no SDK was started.
 *
 * @throws Error when `@opentelemetry/api` is not installed.
 */
export async function findTracer(version: string): Promise<Tracer> {
  const { trace } = await import("@opentelemetry/api");
  return trace.getTracer("@croft/server", version);
}
