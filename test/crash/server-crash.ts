/** Kills a real server again and again while clients type, and checks what it had promised. */

import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { createChoices } from "./choices.ts";
import { compareAll } from "./compare.ts";
import { createLedger } from "./ledger.ts";
import { type NodeClient, openNodeClient, readAfresh } from "./node-client.ts";
import { type CrashOptions, type CrashReport, report } from "./report.ts";
import { until } from "./until.ts";

const CLIENTS = ["ada", "ben", "cleo", "dan"] as const;
/** Every so many kills the clients pause, and everything is compared. */
const COMPARE_EVERY = 5;

/** See the top of this file. */
export async function crashServer(options: CrashOptions): Promise<CrashReport> {
  const { cycles, seed, tell } = options;
  const ledger = createLedger();
  const choices = createChoices(seed);
  const directory = mkdtempSync(join(realpathSync(tmpdir()), "croft-server-crash-"));
  const data = join(directory, "server");
  const clients: NodeClient[] = [];
  let server: ServerProcess | undefined;

  const restart = async ({ port }: ServerProcess): Promise<ServerProcess> => {
    server = undefined;
    server = await startServerProcess({ data, port });
    return server;
  };

  /** The server alone, before any client can give it back what it lost, must keep its promises. */
  const audit = async (killed: ServerProcess, where: string): Promise<void> => {
    for (const { workspace } of clients) workspace.sync.pause();
    const promised = ledger.promised("server");
    const { url } = await restart(killed);
    ledger.check(where, await readAfresh(url), promised);
    for (const { workspace } of clients) workspace.sync.resume();
  };

  const compare = (url: string, when: string): Promise<void> =>
    compareAll({ ledger, clients, servers: [url], when });

  const run = async (): Promise<void> => {
    let running = await startServerProcess({ data });
    server = running;
    for (const name of CLIENTS) {
      const path = join(directory, `${name}.sqlite`);
      clients.push(await openNodeClient({ name, url: running.url, path, ledger }));
    }
    const hands = clients.map((client, index) => ({
      client,
      choices: createChoices(seed + 1 + index),
    }));
    const startTyping = () => hands.map((hand) => hand.client.type(hand.choices));
    let typing = startTyping();
    try {
      for (let cycle = 1; cycle <= cycles; cycle++) {
        // While the clients come back, or well within their load.
        if (choices.once(4)) await delay(choices.number(0, 150));
        else {
          const before = ledger.acknowledged;
          await until(
            () => ledger.acknowledged > before,
            () => {
              return `nothing is acknowledged after ${cycle - 1} kills: ${clients.map((each) => each.describe()).join(" | ")}`;
            },
          );
          await delay(choices.number(0, 300));
        }
        const audited = choices.once(3);
        await running.kill();
        if (audited) await audit(running, `the server after kill ${cycle}`);
        else await restart(running);
        running = server ?? running;
        if (cycle % COMPARE_EVERY === 0 && cycle < cycles) {
          await Promise.all(typing.map((stop) => stop()));
          await compare(running.url, `after kill ${cycle}`);
          tell?.(`${cycle} kills of the server, ${ledger.acknowledged} values acknowledged`);
          typing = startTyping();
        }
      }
    } finally {
      await Promise.all(typing.map((stop) => stop()));
    }
    await compare(running.url, "in the end");
    await running.kill();
    await audit(running, "the server in the end, killed once more");
  };

  try {
    return await report("server killed", options, ledger, run);
  } finally {
    await Promise.all(clients.map((client) => client.dispose()));
    await server?.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}
