/** Errors, as they cross between a plugin and its host. */

import { CroftError, type ErrorCode } from "@croft/core";
import * as z from "zod";

/** An error, as it crosses. */
export interface Failure {
  /** A code of croft's; empty for what others threw. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly stack?: string | undefined;
}

/** Checks a {@link Failure}. */
export const failureSchema: z.ZodType<Failure> = z.strictObject({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  stack: z.string().optional(),
});

/** An error as it crosses: whatever was thrown. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  const { message, stack } = error;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const hint = error instanceof CroftError ? error.hint : undefined;
  return { code, message, stack, hint };
}

/** What crossed, as an error again. */
export function errorOf({ code, message, hint, stack }: Failure): Error {
  // The code is the other side's word, as the message is.
  const error =
    code === "" ? new Error(message) : new CroftError(code as ErrorCode, message, { hint });
  if (stack !== undefined) error.stack = stack;
  return error;
}
