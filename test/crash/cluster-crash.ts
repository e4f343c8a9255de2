/**
 * Several real servers on one PostgreSQL database: they are killed and started again, their ways to the database are cut, and clients
 * move from one to the other while they type.
 */

import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { openTcpGate, type TcpGate } from "../support/tcp-gate.ts";
import { createChoices } from "./choices.ts";
import { compareAll } from "./compare.ts";
import { createLedger } from "./ledger.ts";
import { type NodeClient, openNodeClient, readAfresh } from "./node-client.ts";
import { type CrashOptions, type CrashReport, report } from "./report.ts";
import { until } from "./until.ts";

const CLIENTS = ["ada", "ben", "cleo", "dan", "eve", "flo"] as const;
const SERVERS = 3;
/** Every so many faults the clients pause, and everything is compared. */
const COMPARE_EVERY = 10;

/** A server, its own way to the database, and where it is. */
interface Member {
  readonly gate: TcpGate;
  server: ServerProcess;
}

/** See the top of this file; `postgres` and `redis` are addresses of servers. */
export async function crashCluster(
  options: CrashOptions & { readonly postgres: string; readonly redis?: string | undefined },
): Promise<CrashReport> {
  const { cycles, seed, tell, postgres, redis } = options;
  const ledger = createLedger();
  const choices = createChoices(seed);
  const directory = mkdtempSync(join(realpathSync(tmpdir()), "croft-cluster-crash-"));
  const schema = `croft_crash_${process.pid}_${seed}`;
  const database = new pg.Client({ connectionString: postgres });
  let wayToRedis: TcpGate | undefined;
  const members: Member[] = [];
  const clients: NodeClient[] = [];
  /** At which server each client is. */
  const places = new Map<string, number>();

  const start = async (gate: TcpGate, port = 0): Promise<ServerProcess> => {
    const url = new URL(postgres);
    url.host = `127.0.0.1:${gate.port}`;
    return startServerProcess({
      data: join(directory, "unused"),
      port,
      postgres: {
        url: url.href,
        schema,
        redis: wayToRedis && `redis://127.0.0.1:${wayToRedis.port}`,
      },
    });
  };
  const urlOf = (name: string): string => members[places.get(name) ?? 0]?.server.url ?? "";
  const compare = (when: string): Promise<void> =>
    compareAll({ ledger, clients, servers: members.map(({ server }) => server.url), when });

  /** One thing that goes wrong. */
  const fault = async (): Promise<void> => {
    const member = members[choices.number(0, SERVERS - 1)];
    if (!member) return;
    switch (choices.number(0, wayToRedis ? 5 : 4)) {
      case 0:
      case 1: {
        const { port } = member.server;
        await member.server.kill();
        await delay(choices.number(0, 300));
        member.server = await start(member.gate, port);
        break;
      }
      case 2:
        member.gate.shut();
        await delay(choices.number(0, 1500));
        member.gate.open();
        break;
      case 5:
        // Hints are lost, for all of them.
        wayToRedis?.shut();
        await delay(choices.number(0, 1500));
        wayToRedis?.open();
        break;
      case 3:
        // As when the database is started anew: every connection of every server ends.
        await database.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE application_name LIKE 'croft%' AND query LIKE $1`,
          [`%${schema}%`],
        );
        break;
      default: {
        const client = clients[choices.number(0, clients.length - 1)];
        if (!client) break;
        places.set(client.name, choices.number(0, SERVERS - 1));
        client.workspace.sync.pause();
        client.workspace.sync.resume();
      }
    }
  };

  const run = async (): Promise<void> => {
    await database.connect();
    const { hostname, port } = new URL(postgres);
    if (redis !== undefined) {
      const { hostname: host, port: at } = new URL(redis);
      wayToRedis = await openTcpGate({ host, port: Number(at || 6379) });
    }
    for (let index = 0; index < SERVERS; index++) {
      const gate = await openTcpGate({ host: hostname, port: Number(port || 5432) });
      members.push({ gate, server: await start(gate) });
    }
    for (const [index, name] of CLIENTS.entries()) {
      places.set(name, index % SERVERS);
      const path = join(directory, `${name}.sqlite`);
      clients.push(await openNodeClient({ name, url: () => urlOf(name), path, ledger }));
    }
    const hands = clients.map((client, index) => ({
      client,
      choices: createChoices(seed + 1 + index),
    }));
    const startTyping = () => hands.map((hand) => hand.client.type(hand.choices));
    let typing = startTyping();
    try {
      for (let cycle = 1; cycle <= cycles; cycle++) {
        const before = ledger.acknowledged;
        await until(
          () => ledger.acknowledged > before,
          () =>
            `nothing is acknowledged after ${cycle - 1} faults: ${clients.map((each) => each.describe()).join(" | ")}`,
        );
        await delay(choices.number(0, 300));
        await fault();
        if (cycle % COMPARE_EVERY === 0 && cycle < cycles) {
          await Promise.all(typing.map((stop) => stop()));
          await compare(`after fault ${cycle}`);
          tell?.(
            `${cycle} faults of ${SERVERS} servers, ${ledger.acknowledged} values acknowledged`,
          );
          typing = startTyping();
        }
      }
    } finally {
      await Promise.all(typing.map((stop) => stop()));
    }
    await compare("in the end");
    const promised = ledger.promised("server");
    for (const { workspace } of clients) workspace.sync.pause();
    await Promise.all(members.map(({ server }) => server.kill()));
    // Every server anew, and no client that could give back what they lost.
    const copies = new Map<string, Awaited<ReturnType<typeof readAfresh>>>();
    for (const member of members) {
      member.server = await start(member.gate);
      copies.set(member.server.url, await readAfresh(member.server.url));
    }
    for (const [url, contents] of copies)
      ledger.check(`the server at ${url}, anew`, contents, promised);
  };

  try {
    return await report(`${SERVERS} servers on one database`, options, ledger, run);
  } finally {
    await Promise.all(clients.map((client) => client.dispose()));
    await Promise.all(members.map(({ server }) => server.kill()));
    await Promise.all(members.map(({ gate }) => gate.close()));
    await wayToRedis?.close();
    await database.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await database.end();
    rmSync(directory, { recursive: true, force: true });
  }
}
