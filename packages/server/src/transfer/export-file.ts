/**
 * The file that a workspace is exported to: lines of JSON. The first says what it is, then comes a line for each document by its path, and
 * the last has the number of documents and a hash of all before it. `docs/operating.md` has it for other programs.
 */

import { createHash } from "node:crypto";
import {
  comparePaths,
  CroftError,
  type ExportedDocument,
  inspectUpdate,
  isDocPath,
} from "@croft/core";
import { z } from "zod";

/** A document of a file. */
export type FileDocument = Pick<ExportedDocument, "path" | "update">;

const FORMAT = "workspace";
const VERSION = 1;
/** The largest document that is read, as a line, in bytes. */
const MAX_LINE_BYTES = 256 * 1024 * 1024;
const NEWLINE = 10;

const header = z.object({
  croft: z.literal(FORMAT),
  version: z.number().int(),
  workspace: z.string(),
  at: z.iso.datetime(),
});
const line = z.object({
  path: z.string().refine(isDocPath),
  update: z.base64(),
});
const footer = z.object({ documents: z.number().int(), sha256: z.string() });

/** Writes a file, in pieces. */
export async function* writeExport(
  workspace: string,
  at: Date,
  documents: AsyncIterable<ExportedDocument>,
): AsyncGenerator<Buffer, void, undefined> {
  const hash = createHash("sha256");
  let count = 0;
  const toLine = (value: object): Buffer => {
    const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
    hash.update(bytes);
    return bytes;
  };
  yield toLine({ croft: FORMAT, version: VERSION, workspace, at: at.toISOString() });
  for await (const { path, update, changedAt } of documents) {
    count++;
    yield toLine({
      path,
      changedAt: new Date(changedAt).toISOString(),
      update: Buffer.from(update).toString("base64"),
    });
  }
  yield toLine({ documents: count, sha256: hash.copy().digest("hex") });
}

/**
 * Reads the documents of a file, one at a time. What is wrong with it is thrown when it is met, at the latest after the last document.
 *
 * @throws {@link CroftError} `input/invalid`, saying in which line.
 */
export async function* readExport(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<FileDocument, void, undefined> {
  const hash = createHash("sha256");
  let number = 0;
  let count = 0;
  let before = "";
  let isWhole = false;
  for await (const bytes of linesOf(pieces)) {
    number++;
    if (isWhole) throw broken(number, "there is something after the last line");
    const value = parse(bytes, number);
    if (number === 1) {
      checkHeader(value);
    } else if (typeof value === "object" && value !== null && "sha256" in value) {
      const end = footer.safeParse(value);
      if (!end.success || end.data.documents !== count || end.data.sha256 !== hash.digest("hex"))
        throw broken(
          number,
          "it is not what was exported: the number of documents or the hash is another",
        );
      isWhole = true;
    } else {
      const document = documentOf(value, number);
      if (comparePaths(document.path, before) <= 0)
        throw broken(number, `${document.path} is twice, or out of order`);
      before = document.path;
      count++;
      yield document;
    }
    if (!isWhole) hash.update(bytes).update("\n");
  }
  if (!isWhole) throw broken(number + 1, "the end is missing");
}

function checkHeader(value: unknown): void {
  const { data } = header.safeParse(value);
  if (!data) throw broken(1, "this is no export of a croft workspace");
  if (data.version !== VERSION)
    throw broken(1, `it has version ${data.version}, and this croft reads ${VERSION}`);
}

function documentOf(value: unknown, number: number): FileDocument {
  const parsed = line.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw broken(number, `${issue?.path.join(".") || "it"} is no document's`);
  }
  const { path } = parsed.data;
  const update = new Uint8Array(Buffer.from(parsed.data.update, "base64"));
  const inspection = inspectUpdate(update, { maxBytes: Number.MAX_SAFE_INTEGER });
  if (!inspection.ok)
    throw broken(number, `the update of ${path} is malformed: ${inspection.message}`);
  return { path, update };
}

function parse(bytes: Buffer, number: number): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    throw broken(number, "it is no JSON");
  }
}

async function* linesOf(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, void, undefined> {
  let held: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces) {
    let from = 0;
    for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, from)) {
      yield Buffer.concat([...held, piece.subarray(from, at)]);
      held = [];
      size = 0;
      from = at + 1;
    }
    if (from < piece.length) held.push(piece.subarray(from));
    size += piece.length - from;
    if (size > MAX_LINE_BYTES) throw broken(0, "a line is too long");
  }
  // A line that was not ended is one that was cut.
  if (size > 0) yield Buffer.concat(held);
}

function broken(number: number, why: string): CroftError {
  const where = number > 0 ? `line ${number}: ` : "";
  return new CroftError("input/invalid", `The export is broken: ${where}${why}.`, {
    hint: "Nothing was imported. Export it again, and bring the file as it was.",
  });
}
