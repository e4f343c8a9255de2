/** What goes into importers and exporters and comes out of them, and what status items show: checked, whoever made it. */

import { CroftError } from "@croft/core";
import * as z from "zod";
import type { ExportedFile, ImportedFile, ImportResult, StatusContent } from "../contributing.ts";
import { isDeceiving } from "../manifest-fields.ts";

/** Bytes of a file that is imported or exported. */
export const MAX_FILE_BYTES: number = 32 * 1024 * 1024;
/** Documents that one import can tell of. */
const MAX_PATHS = 1_000;

const bytes = z
  .instanceof(Uint8Array, { error: "must be a Uint8Array" })
  .refine((value) => value.byteLength <= MAX_FILE_BYTES, {
    error: `must not have more than ${MAX_FILE_BYTES} bytes`,
  })
  // A copy: neither side sees what the other one does with it later.
  .transform((value) => value.slice());
const line = (max: number): z.ZodString =>
  z
    .string({ error: "must be a text" })
    .max(max, { error: `must not be longer than ${max} characters`, abort: true })
    .refine((value) => value.isWellFormed() && !isDeceiving(value), {
      error: "must be one line without control characters",
    });
const fileName = line(255).refine(
  (name) => /^[^/\\:*?"<>|]*[^/\\:*?"<>|. ]$/.test(name) && name.trim() === name,
  { error: "must be a file's name, without a folder and without any of \\ / : * ? \" < > |" },
);
const mediaType = z
  .string({ error: "must be a media type" })
  .max(100)
  .regex(/^[a-z]+\/[a-z0-9][a-z0-9.+-]*(?:;\s?[a-z]+=[\w-]+)?$/, { error: "must be a media type" });

/** Checks what an importer is handed. Its name is a person's: whatever it is, without a folder. */
export const importInput: z.ZodType<ImportedFile> = z.strictObject({
  name: z.string().max(255),
  mediaType: z.string().max(255),
  bytes,
});

/** Checks what an exporter is handed. */
export const exportInput: z.ZodType<{ readonly path: string }> = z.strictObject({
  path: z.string(),
});

const imported: z.ZodType<ImportResult> = z.object({
  paths: z
    .array(z.string({ error: "must be a doc path" }).max(1_024), { error: "must be a list" })
    .max(MAX_PATHS, { error: `must not have more than ${MAX_PATHS} entries` }),
});
const exported: z.ZodType<ExportedFile> = z.object({ name: fileName, mediaType, bytes });
const status: z.ZodType<StatusContent> = z.strictObject({
  text: line(80).min(1, { error: "is empty; hide the item with `undefined`" }),
  tooltip: line(300).optional(),
  command: z.string().optional(),
});

/** Checks what an importer answers. @throws CroftError `input/invalid`. */
export function checkImported(result: unknown): ImportResult {
  return check(imported, result, "What the importer returned");
}

/** Checks what an exporter answers. @throws CroftError `input/invalid`. */
export function checkExported(result: unknown): ExportedFile {
  return check(exported, result, "What the exporter returned");
}

/** Checks what a status item is to show. @throws CroftError `input/invalid`. */
export function checkStatus(content: unknown): StatusContent {
  return check(status, content, "What the status item is to show");
}

/** Checks `data`; `what` begins the error's message. @throws CroftError `input/invalid`. */
export function check<T>(schema: z.ZodType<T>, data: unknown, what: string): T {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `\`${path.map(String).join(".")}\` ${message}`,
  );
  throw new CroftError("input/invalid", `${what} is invalid: ${issues.slice(0, 5).join("; ")}.`);
}
