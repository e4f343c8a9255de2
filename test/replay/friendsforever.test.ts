/**
 * Two people write one text at the same time, as they once did, key by key; their devices and the
 * server are processes of their own, and go offline or die on the way.
 */

import { afterEach, expect, it } from "vitest";
import { loadFriendsForever, type Script } from "../support/trace.ts";
import type { AuthorMessage, CrashPlan } from "./author-messages.ts";
import type { AuthorProcess } from "./author-process.ts";
import { readCold, readStore } from "./cold-readers.ts";
import { replayPlain } from "./reference.ts";
import { openStage, type Stage } from "./stage.ts";

type Agent = 0 | 1;
type Finished = Extract<AuthorMessage, { type: "finished" }>;

const USERS = ["ada", "ben"] as const;
/** After so much of his text the server is killed under author 0. */
const SERVER_CRASH = 0.55;
const trace = loadFriendsForever();

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.dispose();
});

it("plain Yjs makes the recorded text only if agent 0 has the smaller client id", () => {
  expect(replayPlain(trace, [1, 2]).end).toEqual([trace.endContent, trace.endContent]);
  const [first, second] = replayPlain(trace, [2, 1]).end;
  expect(first).toBe(second);
  expect(first).not.toBe(trace.endContent);
});

it("friendsforever: everybody reads the recorded text, whoever died on the way", async () => {
  const start = performance.now();
  const opened = await openStage();
  stage = opened;
  const cast = createCast(opened);
  const serverCrashed = cast.whenTyped(0, SERVER_CRASH).then(() => opened.crashServer());
  const [ada, ben] = await Promise.all([cast.play(0, 0.3, false), cast.play(1, 0.7, true)]);
  await serverCrashed;
  expect(ada.text).toBe(trace.endContent);
  expect(ben.text).toBe(trace.endContent);
  expect(Math.min(ada.offline, ben.offline)).toBeGreaterThan(200);
  const cold = await readCold(opened.target);
  expect(cold.text).toBe(trace.endContent);
  await cast.stop();
  await opened.stopServer();
  expect(await readStore(opened.serverStore, opened.target.document)).toBe(trace.endContent);
  await opened.startServer();
  expect((await readCold(opened.target)).text).toBe(trace.endContent);
  console.log(
    `friendsforever: 26,078 keystrokes in ${seconds(performance.now() - start)}; ` +
      `offline ${ada.offline} and ${ben.offline} of them; ${describeTraffic(cast.traffic)}; ` +
      `cold join ${Math.round(cold.ms)} ms, ${cold.bytes} bytes`,
  );
});

/** Both authors, in all their lives; what one waits to see the other one is told to show. */
function createCast(on: Stage): {
  /** Plays one author to the end, who is killed and started again on the way. */
  play(agent: Agent, crashAt: number, offline: boolean): Promise<Finished>;
  whenTyped(agent: Agent, part: number): Promise<void>;
  stop(): Promise<void>;
  readonly traffic: { readonly up: number; readonly down: number };
} {
  const lives: AuthorProcess[] = [];
  const playing: [AuthorProcess | undefined, AuthorProcess | undefined] = [undefined, undefined];
  const shown: [number, number] = [0, 0];
  const typed: { agent: Agent; own: number; resolve: () => void }[] = [];

  async function enter(agent: Agent, crash: CrashPlan | undefined, crashed: CrashPlan | undefined) {
    const author = await on.author({
      trace: "friendsforever",
      agent,
      user: USERS[agent],
      crash,
      crashed,
    });
    lives.push(author);
    playing[agent] = author;
    author.onMessage((message) => {
      if (message.type === "look") show(agent === 0 ? 1 : 0, message.sees);
      if (message.type !== "progress") return;
      for (const wait of typed) if (wait.agent === agent && message.own >= wait.own) wait.resolve();
    });
    show(agent, shown[agent]);
    return author;
  }

  function show(agent: Agent, count: number): void {
    shown[agent] = Math.max(shown[agent], count);
    playing[agent]?.send({ type: "show", count: shown[agent] });
  }

  return {
    async play(agent, crashAt, offline) {
      const script = trace.scripts[agent];
      const crash = planCrash(script, crashAt, offline);
      const first = await enter(agent, crash, undefined);
      await first.next("kill-me");
      await first.kill();
      const second = await enter(agent, undefined, crash);
      const { own } = await second.next("started");
      console.log(
        `${USERS[agent]} was killed between ${crash.from} and ${crash.to}, comes back at ${own}`,
      );
      return second.next("finished");
    },
    whenTyped: (agent, part) =>
      new Promise((resolve) => {
        typed.push({ agent, own: part * trace.scripts[agent].keystrokes.length, resolve });
      }),
    async stop() {
      await Promise.all(playing.map(async (author) => author?.stop()));
    },
    get traffic() {
      const sum = (side: "up" | "down"): number =>
        lives.reduce((bytes, life) => bytes + life.traffic[side], 0);
      return { up: sum("up"), down: sum("down") };
    },
  };
}

/**
 * A stretch near `part` of the script in which an author can be killed so that it can be told
 * where he was: inserts only, which begin where the other one looks, and he does not look within.
 */
function planCrash(
  { turns, keystrokes, looks }: Script,
  part: number,
  offline: boolean,
): CrashPlan {
  const wanted = part * keystrokes.length;
  let best: CrashPlan | undefined;
  for (const { first, keystrokes: own } of turns) {
    let from: number | undefined;
    for (let at = first; at < first + own.length; at++) {
      if (looks.has(at)) from = at;
      if (keystrokes[at]?.inserted === "") from = undefined;
      const long = from !== undefined && at + 1 - from === 24 && !looks.has(at + 1);
      if (!long || from === undefined) continue;
      if (best && Math.abs(best.from - wanted) <= Math.abs(from - wanted)) continue;
      best = { from, to: at + 1, offline };
    }
  }
  if (!best) throw new Error("there is no stretch of inserts");
  return best;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function describeTraffic({ up, down }: { readonly up: number; readonly down: number }): string {
  return `${up} bytes up, ${down} down`;
}
