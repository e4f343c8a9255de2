/** Documents over HTTP, for programs that are no replicas: which there are, and what is in them. */

import { comparePaths, CroftError, isDocPath, type Replica } from "@croft/core";
import * as Y from "yjs";
import { z } from "zod";
import { documentToJson } from "../document-json.ts";
import type { LocalReplicas } from "../local-replicas.ts";
import { type Answer, empty, failed, json, notFound, unauthorized } from "./answers.ts";
import { type Asked, createRoute, nothing, type Route } from "./route.ts";

/** How long an answer may take, in milliseconds. */
const PATIENCE = 30_000;
const MAX_PAGE = 10_000;

const FORMATS = {
  update: "application/octet-stream",
  vector: "application/octet-stream",
  json: "application/json",
  text: "text/plain; charset=utf-8",
} as const;
type Format = keyof typeof FORMATS;

const listQuery = z.object({
  prefix: z.string().max(2048).default(""),
  after: z.string().max(2048).default(""),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(1000),
});
type ListQuery = z.output<typeof listQuery>;

const listAnswer = z.object({
  documents: z.array(
    z.object({
      path: z.string(),
      bytes: z.number().int().describe("About how many it has at the server."),
      changedAt: z.number().int().describe("Milliseconds since 1970."),
      version: z.string().describe("Another one after each change; it is in the ETag."),
    }),
  ),
  next: z.string().optional().describe("Goes into `after`; absent on the last page."),
});

const readQuery = z.object({
  format: z.enum(["update", "vector", "json", "text"]).optional(),
  root: z.string().max(1024).optional(),
});
type ReadQuery = z.output<typeof readQuery>;

/** What reading needs of its server. */
export interface ReadingContext {
  readonly replicas: LocalReplicas;
}

/** The routes that read documents. */
export function readingRoutes(context: ReadingContext): readonly Route[] {
  const listing = createRoute({
    ...{ method: "GET", path: "/documents", tag: "Documents", needs: "token" },
    name: "listDocuments",
    summary: "Lists the documents that may be read, by path",
    query: listQuery,
    body: nothing,
    answers: { 200: { description: "A page of them.", schema: listAnswer } },
    answer: async (asked) => withReplica(context, asked, (replica) => list(replica, asked.query)),
  });
  const reading = createRoute({
    ...{ method: "GET", path: "/documents/{path*}", tag: "Documents", needs: "token" },
    name: "readDocument",
    summary: "Tells what is in a document",
    query: readQuery,
    body: nothing,
    answers: {
      200: {
        description:
          "All of it as a Yjs update (v1) or its state vector, its root types as JSON, or one root type as text.",
        schema: z.unknown(),
        types: [...new Set(Object.values(FORMATS).map((type) => type.replace(/;.*/, "")))],
      },
      304: { description: "It is as `If-None-Match` says." },
      404: { description: "There is no such document, or it may not be read." },
    },
    async answer(asked) {
      const { path = "" } = asked.params;
      if (!isDocPath(path)) return notFound();
      return withReplica(context, asked, (replica) => read(replica, path, asked));
    },
  });
  return [listing, reading];
}

async function withReplica(
  { replicas }: ReadingContext,
  { workspace, membership, who: { principal } }: Asked,
  work: (replica: Replica) => Promise<Answer>,
): Promise<Answer> {
  const replica = await replicas.join(workspace, principal);
  // A replica whose token is revoked meanwhile waits for ever.
  const revoked = Promise.withResolvers<Answer>();
  const stop = membership.watch(
    () => principal,
    ({ reason }) => revoked.resolve(unauthorized(reason)),
  );
  try {
    const refusal = membership.refusalOf(principal);
    if (refusal) return unauthorized(refusal.reason);
    const working = work(replica);
    // What comes of it after that nobody waits for.
    working.catch(() => undefined);
    return await Promise.race([working, revoked.promise]);
  } finally {
    stop();
    await replica.dispose();
  }
}

async function list(replica: Replica, { prefix, after, limit }: ListQuery): Promise<Answer> {
  const listing = replica.listing(prefix);
  try {
    await inTime(listing.ready);
    checkAlive(replica);
    const all = listing.documents.filter(({ path }) => comparePaths(path, after) > 0);
    const page = all.slice(0, limit);
    const documents = page.map(({ path, bytes, changedAt, ...at }) => {
      return { path, bytes, changedAt, version: etagOf(at) };
    });
    const next = all.length > page.length ? page.at(-1)?.path : undefined;
    return json(200, { documents, ...(next !== undefined && { next }) });
  } finally {
    listing.dispose();
  }
}

async function read(
  replica: Replica,
  path: string,
  { request, query }: Asked<ReadQuery>,
): Promise<Answer> {
  const { root } = query;
  const format = query.format ?? formatFor(request.headers.accept ?? "");
  const listing = replica.listing(path);
  let etag: string;
  try {
    await inTime(listing.ready);
    checkAlive(replica);
    const row = listing.documents.find((each) => each.path === path);
    if (!row) return notFound();
    etag = etagOf(row);
  } finally {
    listing.dispose();
  }
  // One document in several formats is several things.
  const headers = {
    etag: `"${etag}-${format}${root === undefined ? "" : `-${encodeURIComponent(root)}`}"`,
  };
  if (isKnown(request.headers["if-none-match"] ?? "", headers.etag))
    return { ...empty(304), headers };
  const handle = replica.open(path);
  try {
    await inTime(handle.caughtUp());
    const answer = show(handle.doc, format, root);
    return { ...answer, headers: answer.status === 200 ? headers : {} };
  } finally {
    handle.close();
  }
}

function show(doc: Y.Doc, format: Format, root: string | undefined): Answer {
  const type = FORMATS[format];
  if (format === "update") return { status: 200, type, body: Y.encodeStateAsUpdate(doc) };
  if (format === "vector") return { status: 200, type, body: Y.encodeStateVector(doc) };
  const all = documentToJson(doc);
  if (root === undefined && format === "json") return json(200, all);
  const names = Object.keys(all);
  if (root === undefined && names.length !== 1) {
    return failed(400, "input/invalid", "Say which root type is meant, as ?root=body.", {
      roots: names,
    });
  }
  const name = root ?? names[0] ?? "";
  const value = Object.hasOwn(all, name) ? all[name] : undefined;
  if (value === undefined)
    return failed(404, "input/invalid", `There is nothing in the root type ${name}.`, {
      roots: names,
    });
  if (format === "json") return json(200, value);
  return { status: 200, type, body: typeof value === "string" ? value : JSON.stringify(value) };
}

/** Whether a client has it: weak tags, which proxies make that compress, stand for the same. */
function isKnown(known: string, etag: string): boolean {
  return known.split(",").some((each) => each.trim().replace(/^W\//, "") === etag);
}

/** A replica that ends says of everything that it is not there. */
function checkAlive({ session }: Replica): void {
  if (session.name === "stopped") throw new CroftError("disposed", "The server is shutting down.");
}

function formatFor(accept: string): Format {
  if (/application\/json/i.test(accept)) return "json";
  return /text\/plain/i.test(accept) ? "text" : "update";
}

function etagOf({
  epoch,
  head,
  tag,
}: {
  readonly epoch: string;
  readonly head: number;
  readonly tag: string;
}): string {
  return `${epoch}-${head}-${tag}`;
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new CroftError("store/failed", "The document cannot be read now.")),
      PATIENCE,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
