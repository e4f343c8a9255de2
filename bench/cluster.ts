/** The same room as in `fanout`, over SQLite, over PostgreSQL, and over several servers on one PostgreSQL. */

import { mintToken } from "@croft/server";
import * as Y from "yjs";
import { SECRET } from "../test/support/server-process.ts";
import { measure, type Run } from "./fanout.ts";
import { type OpenPeer, openCroftPeers } from "./peers.ts";
import { median, printTable } from "./report.ts";
import { type BenchServer, startCroft, startCroftOn } from "./servers.ts";

const CLIENTS = [2, 50];
const REPETITIONS = 3;

/** Writes something, and waits until it is stored. */
async function write(open: OpenPeer, url: string): Promise<void> {
  const stored = Promise.withResolvers<void>();
  const peer = await open(url, {
    delivered: () => undefined,
    saved: () => stored.resolve(),
    snapshot: () => undefined,
  });
  const doc = new Y.Doc();
  doc.getMap("bench").set("begun", true);
  peer.send(Y.encodeStateAsUpdate(doc));
  await stored.promise;
  peer.close();
}

/** Prints the table, where `CROFT_TEST_POSTGRES` names a database. */
export async function benchCluster(): Promise<void> {
  const postgres = process.env["CROFT_TEST_POSTGRES"];
  const redis = process.env["CROFT_TEST_REDIS"];
  if (postgres === undefined) {
    console.log("\ncluster: CROFT_TEST_POSTGRES names no database, so nothing is measured.");
    return;
  }
  const token = await mintToken({ secret: SECRET, workspace: "bench", user: "bench" });
  const open = openCroftPeers(token, "bench", "notes/bench");
  let urls: readonly string[] = [];
  let next = 0;
  const spread = async (server: Promise<BenchServer & { readonly urls: readonly string[] }>) => {
    ({ urls } = await server);
    next = 0;
    return server;
  };
  const contestants = [
    { name: "SQLite, 1 server", start: startCroft, isSpread: false },
    { name: "PostgreSQL, 1 server", start: () => startCroftOn({ postgres }, 1), isSpread: false },
    {
      name: "PostgreSQL, 2 servers, hints by NOTIFY",
      start: () => spread(startCroftOn({ postgres }, 2)),
      isSpread: true,
    },
    ...(redis === undefined
      ? []
      : [
          {
            name: "PostgreSQL, 2 servers, hints by Redis",
            start: () => spread(startCroftOn({ postgres, redis }, 2)),
            isSpread: true,
          },
        ]),
  ];
  const rows: (string | number)[][] = [];
  for (const clients of CLIENTS) {
    const runs = contestants.map((): Run[] => []);
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
      for (const [index, { start, isSpread }] of contestants.entries()) {
        // Clients go to one server after the other.
        const peer: typeof open = async (url, listener) => {
          if (!isSpread) return open(url, listener);
          // A document that nobody has written to is another one at each server, until it is stored.
          if (next === 0) await write(open, url);
          return open(urls[next++ % urls.length] ?? url, listener);
        };
        runs[index]?.push(await measure(start, peer, clients));
      }
    }
    for (const [index, { name }] of contestants.entries()) {
      const middle = (field: keyof Run): number =>
        median((runs[index] ?? []).map((run) => run[field]));
      const first = median((runs[0] ?? []).map((run) => run.updatesPerSecond));
      const speed = middle("updatesPerSecond");
      rows.push([
        name,
        clients,
        speed,
        speed / first,
        middle("cpuPerUpdate"),
        middle("deliveryP50"),
        middle("deliveryP99"),
        middle("savedP50"),
        middle("savedP99"),
      ]);
    }
  }
  printTable(
    `cluster: light clients, all type into one document (medians of ${REPETITIONS})`,
    [
      "servers",
      "clients",
      "updates/s",
      "× SQLite",
      "CPU µs/update, first server",
      "delivery p50 ms",
      "p99 ms",
      "durable ack p50 ms",
      "p99 ms",
    ],
    rows,
  );
}
