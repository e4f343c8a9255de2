/** Errors as plain data, for their way from one tab to another. */

import * as z from "zod/mini";
import { CroftError, type ErrorCode } from "../errors.ts";

/** A {@link CroftError} as data. */
export const plainError: z.ZodMiniType<PlainError> = z.object({
  code: z.string(),
  message: z.string(),
  path: z.optional(z.string()),
  hint: z.optional(z.string()),
});

/** A {@link CroftError} as data. */
export interface PlainError {
  readonly code: string;
  readonly message: string;
  readonly path?: string | undefined;
  readonly hint?: string | undefined;
}

/** The data of an error. */
export function toPlain({ code, message, path, hint }: CroftError): PlainError {
  return { code, message, path, hint };
}

/** The error of the data. The other tab runs the same program, so its codes are ours. */
export function fromPlain({ code, message, path, hint }: PlainError): CroftError {
  return new CroftError(code as ErrorCode, message, { path, hint });
}
