/** Imports an export into a workspace: first all of the file is checked, then its documents are brought in. */

import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { CroftError, type Hub, importDocument, isDocPath } from "@croft/core";
import { type FileDocument, readExport } from "./export-file.ts";

/** Options of {@link importWorkspace}. */
export interface ImportOptions {
  /** Whose name is on what it adds: a user's id. */
  readonly user: string;
  /**
   * What becomes of a document where other edits are known under the same client ids: it goes into another document, or is left out.
   * Default: `copy`.
   */
  readonly conflicts?: "copy" | "skip" | undefined;
}

/** A document that could not be merged. */
export interface ImportConflict {
  readonly path: string;
  readonly reason: string;
  /** The document that it went into; absent when it was left out. */
  readonly copy?: string;
}

/** What {@link importWorkspace} did. */
export interface ImportReport {
  /** Documents that have something new now. */
  readonly stored: number;
  /** Documents of which all was there. */
  readonly known: number;
  readonly conflicts: readonly ImportConflict[];
}

/** So much is on its way to the store at once. */
const WINDOW_DOCUMENTS = 64;
const WINDOW_BYTES = 8 * 1024 * 1024;
/** How many names for a copy are tried. */
const MAX_COPIES = 100;

/**
 * Imports the file at `path`, which may be compressed (`.gz`).
 *
 * @throws {@link CroftError} `input/invalid` when the file is broken: then nothing was imported; `store/…` when the store fails: then
 * a part of it may be there, and importing it again goes on.
 */
export async function importWorkspace(
  hub: Hub,
  path: string,
  options: ImportOptions,
): Promise<ImportReport> {
  await checkExport(path);
  const importing = new Importing(hub, options);
  let window: FileDocument[] = [];
  let bytes = 0;
  for await (const document of documentsIn(path)) {
    window.push(document);
    bytes += document.update.length;
    if (window.length < WINDOW_DOCUMENTS && bytes < WINDOW_BYTES) continue;
    await importing.bring(window);
    window = [];
    bytes = 0;
  }
  await importing.bring(window);
  return importing.report();
}

/**
 * Reads all of a file, so that nothing is imported of what is broken somewhere.
 *
 * @throws CroftError `input/invalid` when it is.
 */
export async function checkExport(path: string): Promise<void> {
  const documents = documentsIn(path);
  for (let step = await documents.next(); !step.done;) step = await documents.next();
}

async function* documentsIn(path: string): AsyncGenerator<FileDocument, void, undefined> {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  const isCompressed = path.endsWith(".gz");
  const pieces = isCompressed ? file.pipe(createGunzip()) : file;
  // A pipe does not pass on what goes wrong at its beginning.
  file.on("error", (error) => pieces.destroy(error));
  try {
    yield* readExport(pieces);
  } catch (cause) {
    if (cause instanceof CroftError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CroftError("input/invalid", `The export cannot be read: ${why}.`, { cause });
  } finally {
    file.destroy();
    pieces.destroy();
  }
}

class Importing {
  readonly #hub: Hub;
  readonly #options: ImportOptions;
  readonly #conflicts: ImportConflict[] = [];
  #stored = 0;
  #known = 0;

  constructor(hub: Hub, options: ImportOptions) {
    this.#hub = hub;
    this.#options = options;
  }

  /** All of them in one commit, as far as it goes. */
  async bring(documents: readonly FileDocument[]): Promise<void> {
    await Promise.all(documents.map((document) => this.#bring(document)));
  }

  report(): ImportReport {
    const conflicts = this.#conflicts.toSorted((a, b) => (a.path < b.path ? -1 : 1));
    return { stored: this.#stored, known: this.#known, conflicts };
  }

  async #bring({ path, update }: FileDocument): Promise<void> {
    const { user: author, conflicts = "copy" } = this.#options;
    const outcome = await importDocument(this.#hub, { path, update, author });
    switch (outcome.kind) {
      case "stored":
        this.#stored++;
        break;
      case "known":
        this.#known++;
        break;
      case "invalid":
        this.#conflicts.push({ path, reason: outcome.reason });
        break;
      case "conflict": {
        const copy = conflicts === "copy" ? await this.#copy(path, update) : undefined;
        this.#conflicts.push({ path, reason: outcome.reason, ...(copy !== undefined && { copy }) });
        break;
      }
    }
  }

  /** The same ids are nobody's in a document of its own. */
  async #copy(path: string, update: Uint8Array): Promise<string | undefined> {
    for (let number = 1; number <= MAX_COPIES; number++) {
      const copy = `${path}-imported${number === 1 ? "" : `-${number}`}`;
      if (!isDocPath(copy)) return undefined;
      const { user: author } = this.#options;
      const outcome = await importDocument(this.#hub, { path: copy, update, author });
      if (outcome.kind === "stored" || outcome.kind === "known") return copy;
    }
    return undefined;
  }
}
