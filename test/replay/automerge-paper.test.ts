/**
 * A whole paper with all its history, 259,778 keystrokes of one author: through his device and the
 * server, which go offline or die on the way, to somebody who has never seen it.
 */

import { afterEach, expect, it } from "vitest";
import { loadAutomergePaper } from "../support/trace.ts";
import { readCold, readStore } from "./cold-readers.ts";
import { openStage, type Stage } from "./stage.ts";

const { batches, endContent } = loadAutomergePaper();
const AUTHOR = { trace: "automerge-paper", agent: 0, user: "martin" } as const;
/** After so many batches the server is killed. */
const SERVER_CRASH = 50;
/** Between these the author's process is killed. */
const CRASH = { from: 90, to: 96, offline: false };

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.dispose();
});

it("automerge-paper: nothing of 259,778 keystrokes is lost, whoever died on the way", async () => {
  const start = performance.now();
  const opened = await openStage();
  stage = opened;
  const first = await opened.author({ ...AUTHOR, crash: CRASH, crashed: undefined });
  const serverCrashed = new Promise<void>((resolve, reject) => {
    first.onMessage((message) => {
      if (message.type !== "progress" || message.own !== SERVER_CRASH) return;
      opened.crashServer().then(resolve, reject);
    });
  });
  await first.next("kill-me");
  await first.kill();
  await serverCrashed;
  const second = await opened.author({ ...AUTHOR, crash: undefined, crashed: CRASH });
  const { own } = await second.next("started");
  expect(own).toBeGreaterThanOrEqual(CRASH.from);
  const { times, text } = await second.next("finished");
  expect(text).toBe(endContent);

  const cold = await readCold(opened.target);
  expect(cold.text).toBe(endContent);
  await second.stop();
  await opened.stopServer();
  expect(await readStore(opened.serverStore, opened.target.document)).toBe(endContent);
  await opened.startServer();
  const again = await readCold(opened.target);
  expect(again.text).toBe(endContent);

  const left = batches.slice(own).reduce((sum, batch) => sum + batch.length, 0);
  const up = first.traffic.up + second.traffic.up;
  const down = first.traffic.down + second.traffic.down;
  const ms = (time: number): string => `${Math.round(time)} ms`;
  console.log(
    `automerge-paper: everything in ${ms(performance.now() - start)}; killed between batches ${CRASH.from} and ${CRASH.to}, back at ${own}; ` +
      `the last ${left} keystrokes typed in ${ms(times.typed)}, ` +
      `on the device after ${ms(times.onDevice)}, on the server after ${ms(times.onServer)}; ` +
      `author ${up} bytes up, ${down} down; ` +
      `cold join ${ms(cold.ms)}, ${cold.bytes} bytes, ` +
      `after a restart of the server ${ms(again.ms)}, ${again.bytes} bytes`,
  );
});
