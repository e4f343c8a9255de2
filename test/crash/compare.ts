/** Nobody types any more: everything comes to rest, everywhere the same. */

import type { Contents, Ledger } from "./ledger.ts";
import { type NodeClient, readAfresh } from "./node-client.ts";
import { until } from "./until.ts";

/** Waits until every client has all that was typed, and writes into the ledger where it is not so, there or on a server. */
export async function compareAll(options: {
  readonly ledger: Ledger;
  readonly clients: readonly NodeClient[];
  /** Addresses of servers. */
  readonly servers: readonly string[];
  /** For people. */
  readonly when: string;
}): Promise<void> {
  const { ledger, clients, servers, when } = options;
  await Promise.all(clients.map((client) => client.settled()));
  const typed = ledger.promised("memory");
  const missing = (): string[] =>
    clients
      .filter((client) => sizeOf(client.contents()) < typed.size)
      .map((client) => `${client.name} has ${sizeOf(client.contents())} of ${typed.size} values`);
  await until(
    () => missing().length === 0,
    () => missing().join(", "),
  ).catch((error: unknown) => ledger.wrong(String(error)));
  const copies = new Map(clients.map((client) => [`${client.name} ${when}`, client.contents()]));
  for (const url of servers) copies.set(`the server at ${url} ${when}`, await readAfresh(url));
  for (const [where, contents] of copies) ledger.check(where, contents, typed);
  ledger.agree(copies);
}

function sizeOf(contents: Contents): number {
  return [...contents.values()].reduce((sum, values) => sum + values.length, 0);
}
