/** The calls between a host and a plugin that runs elsewhere. Both ends check what they are told. */

import * as z from "zod";

const failure = z.strictObject({
  code: z.string(),
  message: z.string(),
  stack: z.string().optional(),
});
const grants = z.array(
  z.strictObject({ topic: z.string(), direction: z.enum(["publish", "subscribe"]) }),
);
const id = z.int().nonnegative();

/** What a host says to a plugin. */
export const toPlugin: z.ZodType<CallToPlugin> = z.discriminatedUnion("call", [
  z.strictObject({
    call: z.literal("activate"),
    workspace: z.string(),
    manifest: z.unknown(),
    granted: grants,
  }),
  z.strictObject({ call: z.literal("granted"), granted: grants }),
  z.strictObject({ call: z.literal("deactivate") }),
  z.strictObject({ call: z.literal("ping") }),
  z.strictObject({
    call: z.literal("event"),
    topic: z.string(),
    publisher: z.string(),
    data: z.unknown(),
  }),
  z.strictObject({ call: z.literal("published"), id, failure: failure.optional() }),
]);

/** What a plugin says to its host. */
export const toHost: z.ZodType<CallToHost> = z.discriminatedUnion("call", [
  z.strictObject({ call: z.literal("activated"), failure: failure.optional() }),
  z.strictObject({ call: z.literal("deactivated"), failure: failure.optional() }),
  z.strictObject({ call: z.literal("publish"), id, topic: z.string(), data: z.unknown() }),
  z.strictObject({ call: z.literal("subscribe"), topic: z.string() }),
  z.strictObject({ call: z.literal("unsubscribe"), topic: z.string() }),
  z.strictObject({
    call: z.literal("log"),
    level: z.enum(["debug", "info", "warn", "error"]),
    message: z.string(),
    data: z.unknown(),
  }),
  z.strictObject({ call: z.literal("threw"), where: z.string(), failure }),
  z.strictObject({ call: z.literal("pong") }),
]);

/** An error, as it crosses. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly stack?: string | undefined;
}

interface Granted {
  readonly topic: string;
  readonly direction: "publish" | "subscribe";
}

/** See {@link toPlugin}. */
export type CallToPlugin =
  | {
      readonly call: "activate";
      readonly workspace: string;
      readonly manifest: unknown;
      readonly granted: readonly Granted[];
    }
  | { readonly call: "granted"; readonly granted: readonly Granted[] }
  | { readonly call: "deactivate" }
  | { readonly call: "ping" }
  | {
      readonly call: "event";
      readonly topic: string;
      readonly publisher: string;
      readonly data: unknown;
    }
  | { readonly call: "published"; readonly id: number; readonly failure?: Failure | undefined };

/** See {@link toHost}. */
export type CallToHost =
  | { readonly call: "activated"; readonly failure?: Failure | undefined }
  | { readonly call: "deactivated"; readonly failure?: Failure | undefined }
  | {
      readonly call: "publish";
      readonly id: number;
      readonly topic: string;
      readonly data: unknown;
    }
  | { readonly call: "subscribe"; readonly topic: string }
  | { readonly call: "unsubscribe"; readonly topic: string }
  | {
      readonly call: "log";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly message: string;
      readonly data: unknown;
    }
  | { readonly call: "threw"; readonly where: string; readonly failure: Failure }
  | { readonly call: "pong" };

/** An error as it crosses: whatever was thrown. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return { code, message: error.message, stack: error.stack };
}
