/** Many in one document: how fast updates reach everybody, beside a relay that only copies bytes. */

import { mintToken } from "@croft/server";
import { SECRET } from "../test/support/server-process.ts";
import { type OpenPeer, openCroftPeers, openRelayPeer } from "./peers.ts";
import { median, printTable, quantile } from "./report.ts";
import { openRoom } from "./room.ts";
import { type BenchServer, cpuTime, startCroft, startRelay } from "./servers.ts";

const CLIENTS = [2, 50];
const REPETITIONS = 3;
/** Updates under way in the race, of all clients together. */
const IN_FLIGHT = 256;
const WARM_UP_MS = 500;
const RACE_MS = 1_500;
const STROLL_MS = 2_500;
/** Updates per second of all clients together. */
const RATE = 100;

/** The figures of one room. */
export interface Run {
  readonly updatesPerSecond: number;
  readonly cpuPerUpdate: number;
  readonly deliveryP50: number;
  readonly deliveryP99: number;
  readonly savedP50: number;
  readonly savedP99: number;
  readonly snapshots: number;
}

/** Prints the table. */
export async function benchFanout(): Promise<void> {
  const token = await mintToken({ secret: SECRET, workspace: "bench", user: "bench" });
  const contestants = [
    { name: "relay", start: startRelay, open: openRelayPeer },
    { name: "croft", start: startCroft, open: openCroftPeers(token, "bench", "notes/bench") },
  ];
  const rows: (string | number)[][] = [];
  for (const clients of CLIENTS) {
    const runs = contestants.map((): Run[] => []);
    // Taken in turns, so that a busy minute of the machine hits all of them.
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
      for (const [index, { start, open }] of contestants.entries()) {
        runs[index]?.push(await measure(start, open, clients));
      }
    }
    const middle = (index: number, field: keyof Run): number =>
      median((runs[index] ?? []).map((run) => run[field]));
    for (const [index, { name }] of contestants.entries()) {
      const speed = middle(index, "updatesPerSecond");
      rows.push([
        name,
        clients,
        speed,
        speed * (clients - 1),
        speed / middle(0, "updatesPerSecond"),
        middle(index, "cpuPerUpdate"),
        middle(index, "deliveryP50"),
        middle(index, "deliveryP99"),
        middle(index, "savedP50"),
        middle(index, "savedP99"),
        middle(index, "snapshots"),
      ]);
    }
  }
  printTable(
    `fanout: light clients, all type into one document (medians of ${REPETITIONS}; ` +
      `race with ${IN_FLIGHT} updates under way, latency at ${RATE} updates/s)`,
    [
      "server",
      "clients",
      "updates/s",
      "deliveries/s",
      "× relay",
      "server CPU µs/update",
      "delivery p50 ms",
      "p99 ms",
      "durable ack p50 ms",
      "p99 ms",
      "snapshots",
    ],
    rows,
  );
}

/** What a room at a server that `start` starts measures. */
export async function measure(
  start: () => Promise<BenchServer>,
  open: OpenPeer,
  clients: number,
): Promise<Run> {
  const server = await start();
  try {
    const room = await openRoom(open, server.url, clients);
    await room.race(WARM_UP_MS, IN_FLIGHT);
    const cpuBefore = cpuTime(server.pid);
    const race = await room.race(RACE_MS, IN_FLIGHT);
    const cpu = cpuTime(server.pid) - cpuBefore;
    const { delivery, saved } = await room.stroll(STROLL_MS, RATE);
    const { snapshots } = room;
    room.close();
    return {
      updatesPerSecond: (race.updates / race.ms) * 1000,
      cpuPerUpdate: (cpu * 1000) / race.updates,
      deliveryP50: median(delivery),
      deliveryP99: quantile(delivery, 0.99),
      savedP50: median(saved),
      savedP99: quantile(saved, 0.99),
      snapshots,
    };
  } finally {
    await server.stop();
  }
}
