/** What is answered over HTTP: documents, and what went wrong. */

import { toCroftError } from "@croft/core";
import type { z } from "zod";
import type { Log } from "../log.ts";

/** What is answered. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  /** What is sent in place of the body, as it comes. */
  readonly stream?: AsyncIterable<Uint8Array>;
  /** Called when it was sent, or could not be. */
  readonly sent?: () => void;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A reason as a sentence. */
export function sentence(reason: string): string {
  return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
}

/** A value as JSON. */
export function json(status: number, value: unknown): Answer {
  return { status, type: "application/json", body: JSON.stringify(value, plain) };
}

/** What went wrong, for programs and people. */
export function failed(status: number, code: string, message: string, more: object = {}): Answer {
  return json(status, { error: { code, message, ...more } });
}

/** The same for what is not there and for what somebody may not read. */
export function notFound(): Answer {
  return failed(404, "access/denied", "There is no such document, or it may not be read.");
}

/** A token that is not good, and why. */
export function unauthorized(reason: string): Answer {
  const answer = failed(401, "auth/refused", sentence(reason));
  return { ...answer, headers: { "www-authenticate": "Bearer" } };
}

/** What is wrong with what was asked. */
export function misasked(error: z.ZodError, whole: string): Answer {
  const [issue] = error.issues;
  const name = issue && issue.path.length > 0 ? issue.path.map(String).join(".") : whole;
  return failed(400, "input/invalid", `Invalid ${name}: ${issue?.message ?? "not valid"}.`);
}

/** More than is taken; whatever is still coming is not read. */
export function tooLarge(message: string, code = "input/invalid"): Answer {
  return { ...failed(413, code, message), headers: { connection: "close" } };
}

/** Nothing but a status. */
export function empty(status: number): Answer {
  return { status, type: "text/plain", body: "" };
}

/** What was thrown, as an answer; what may not be read is not found. */
export function answerOf(thrown: unknown, log: Log): Answer {
  const error = toCroftError(thrown, "store/failed", "The request failed");
  const { code, message, hint } = error;
  if (code === "access/denied") return notFound();
  if (code !== "disposed") log("error", "request failed", { code, error: message });
  const answer = failed(503, code, message, hint === undefined ? {} : { hint });
  return { ...answer, headers: { "retry-after": "5" } };
}

/** What Yjs holds and JSON does not: large whole numbers are written as texts, bytes in base64. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
}
