/** Where packages come from: a file, an address, or the examples that the demo offers. Errors are for people. */

import { CroftError } from "@croft/core";
import { MAX_PACKAGE_BYTES } from "@croft/plugin/package";
import { z } from "zod";

/** Something that may be a package. */
export interface PackageSource {
  /** What a person knows it by. */
  readonly name: string;
  readonly read: (signal: AbortSignal) => Promise<Uint8Array>;
}

/** How package files end. */
export const PACKAGE_FILES = ".croft";

/** How long a server may take, in milliseconds. */
const PATIENCE = 30_000;
const EXAMPLES = "/plugins/";

/** A file that was picked, or dropped. */
export function fromFile(file: File): PackageSource {
  return {
    name: file.name,
    async read() {
      if (file.size > MAX_PACKAGE_BYTES) throw tooLarge(file.name);
      try {
        return new Uint8Array(await file.arrayBuffer());
      } catch (cause) {
        // A folder, or a file that was moved meanwhile.
        throw bad(`${file.name} cannot be read.`, "Choose the package file once more.", cause);
      }
    },
  };
}

/**
 * What is at an address.
 *
 * @throws CroftError `input/invalid` for what is no address of the web.
 */
export function fromAddress(text: string): PackageSource {
  const url = parseAddress(text.trim());
  return { name: url.href, read: (signal) => download(url, signal) };
}

function parseAddress(text: string): URL {
  const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (!url || !url.hostname.includes(".")) {
    throw new CroftError("input/invalid", `“${text}” is no address.`, {
      hint: "It looks like https://example.com/plugin-1.0.0.croft.",
    });
  }
  if (url.protocol === "https:" || url.origin === location.origin) return url;
  throw new CroftError("input/invalid", "Packages come from addresses that start with https://.", {
    hint: "Download the file yourself, and choose it here.",
  });
}

async function download(url: URL, signal: AbortSignal): Promise<Uint8Array> {
  const { hostname } = url;
  let response: Response;
  try {
    response = await fetch(url, {
      credentials: "omit",
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]),
    });
  } catch (cause) {
    throw bad(
      navigator.onLine
        ? `${hostname} cannot be reached, or does not let other pages read from it.`
        : "There is no network now.",
      "With a package file you can install without a network: download it, and choose it here.",
      cause,
    );
  }
  if (!response.ok) {
    const what = response.status === 404 ? "has no such file" : "does not give the file";
    throw bad(`${hostname} ${what} (HTTP ${response.status}).`, "Check the address.");
  }
  return readBounded(response, hostname);
}

/** All of a body, or an end when it is more than a package may have. */
async function readBounded(response: Response, from: string): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done || !value) break;
      size += value.length;
      if (size > MAX_PACKAGE_BYTES) throw tooLarge(`What ${from} sends`);
      parts.push(value);
    }
  } catch (cause) {
    if (cause instanceof CroftError) throw cause;
    throw bad(`${from} stopped in the middle of the file.`, "Try it again.", cause);
  } finally {
    void reader?.cancel().catch(() => undefined);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** An example that can be installed. */
export type ExamplePlugin = z.infer<typeof exampleSchema>;

const exampleSchema = z.object({
  id: z.string(),
  name: z.string(),
  version: z.string(),
  description: z.string(),
  file: z.string().regex(/^[\w.-]+$/),
});
const listSchema = z.object({ plugins: z.array(exampleSchema) });

/** The examples, from this demo's server, or as they were when it could be reached last. */
export async function listExamples(signal: AbortSignal): Promise<readonly ExamplePlugin[]> {
  const response = await fetch(`${EXAMPLES}index.json`, { signal });
  if (!response.ok) throw new Error(`The demo has no examples: HTTP ${response.status}.`);
  return listSchema.parse(await response.json()).plugins;
}

/** The package of an example. */
export function fromExample({ name, file }: ExamplePlugin): PackageSource {
  const url = new URL(EXAMPLES + file, location.href);
  return { name, read: (signal) => download(url, signal) };
}

function tooLarge(what: string): CroftError {
  const limit = MAX_PACKAGE_BYTES / 1024 / 1024;
  return bad(`${what} is larger than a package may be, which is ${limit} MB.`);
}

function bad(message: string, hint?: string, cause?: unknown): CroftError {
  return new CroftError("plugin/package", message, { hint, cause });
}
