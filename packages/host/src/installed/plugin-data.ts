/**
 * A plugin's documents as one file, for people to keep and for croft to go back to. It is JSON:
 *
 *     format     "croft-plugin-data"
 *     version    1
 *     plugin     the plugin's id
 *     data       the version that its documents are written in
 *     documents  by path: { path, update, content }
 *
 * `update` is the document as a Yjs update v1 in base64, all of it; `content` shows what is in it, and is not read back. Documents
 * are in the order of their paths: the same documents give the same bytes.
 */

import { CroftError, type DocPath, isDocPath, ownerOf } from "@croft/core";
import * as Y from "yjs";
import * as z from "zod";
import { fromBase64, toBase64 } from "../base64.ts";

/** A plugin's documents, each as one Yjs update. */
export interface PluginData {
  readonly plugin: string;
  /** The version that they are written in. */
  readonly data: number;
  readonly documents: ReadonlyMap<DocPath, Uint8Array>;
}

const FORMAT = "croft-plugin-data";
const file = z.object({
  format: z.literal(FORMAT),
  version: z.literal(1),
  plugin: z.string(),
  data: z.int().min(1),
  documents: z.array(z.object({ path: z.string(), update: z.base64() })),
});

/** Writes a plugin's documents into a file; with `readable` also as people can read it. */
export function writePluginData(
  { plugin, data, documents }: PluginData,
  { readable = false }: { readonly readable?: boolean } = {},
): Uint8Array {
  const listed = [...documents]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, update]) => ({
      path,
      update: toBase64(update),
      ...(readable && { content: contentOf(update) }),
    }));
  const whole = { format: FORMAT, version: 1, plugin, data, documents: listed };
  return new TextEncoder().encode(`${JSON.stringify(whole, undefined, readable ? 2 : 0)}\n`);
}

/**
 * Reads such a file.
 *
 * @throws CroftError `input/invalid` when it is none, or holds documents of another plugin.
 */
export function readPluginData(bytes: Uint8Array): PluginData {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid("it is no JSON", cause);
  }
  const { data: found, error } = file.safeParse(value);
  if (error) {
    const { path, message } = error.issues[0] ?? { path: [], message: "" };
    throw invalid(`${path.join(".") || "it"}: ${message}`);
  }
  const documents = new Map<DocPath, Uint8Array>();
  for (const { path, update } of found.documents) {
    if (!isDocPath(path) || ownerOf(path) !== found.plugin) {
      throw invalid(`${path} is no document of ${found.plugin}`);
    }
    documents.set(path, fromBase64(update));
    contentOf(fromBase64(update));
  }
  return { plugin: found.plugin, data: found.data, documents };
}

/** What is in a document, as far as it can be shown as JSON: by the name of each root type. */
function contentOf(update: Uint8Array): Readonly<Record<string, unknown>> {
  const doc = new Y.Doc();
  try {
    Y.applyUpdate(doc, update);
    const shown: [string, unknown][] = [];
    for (const [name, type] of doc.share) shown.push([name, show(doc, name, type)]);
    return Object.fromEntries(shown);
  } catch (cause) {
    throw invalid("one of its documents is damaged", cause);
  } finally {
    doc.destroy();
  }
}

/** Bytes do not say of which kind a root type is; what it holds does. */
function show(
  doc: Y.Doc,
  name: string,
  { _map, _start }: { readonly _map: ReadonlyMap<string, unknown>; readonly _start: Y.Item | null },
): unknown {
  if (_map.size > 0) return doc.getMap(name).toJSON();
  let item = _start;
  while (item?.deleted) item = item.right;
  if (!item) return null;
  const { content } = item;
  if (content instanceof Y.ContentString || content instanceof Y.ContentFormat) {
    return doc.getText(name).toJSON();
  }
  if (content instanceof Y.ContentType && content.type instanceof Y.XmlElement) {
    return doc.getXmlFragment(name).toJSON();
  }
  return doc.getArray(name).toJSON();
}

function invalid(what: string, cause?: unknown): CroftError {
  return new CroftError("input/invalid", `This is no file with a plugin's data: ${what}.`, {
    hint: "Take one that `exportData` wrote.",
    cause,
  });
}
