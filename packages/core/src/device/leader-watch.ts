/**
 * Whether the tab that leads still runs. A Web Lock tells of tabs that are gone, and not of one that
 * stands still: the browser has frozen it, or its thread hangs. So the others ask, and who leads answers
 * as soon as it holds the lock, also while it opens the store. Answering needs no timer, which a browser
 * slows down in hidden tabs.
 */

import * as z from "zod/mini";
import type { Unsubscribe } from "../emitter.ts";
import { randomBytes, toHex } from "../ids.ts";

/** How often it is asked, in milliseconds. */
const ASK_EVERY = 300;
/** Questions without an answer after which the leader is taken for frozen. */
const MOST_UNANSWERED = 4;
/** Longest wait before somebody acts on it, in milliseconds: not all of them at once. */
const JITTER = 200;

const MESSAGE = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ask") }),
  z.object({ type: z.literal("here"), leader: z.string(), serves: z.boolean() }),
]);
type WatchMessage = z.infer<typeof MESSAGE>;

/** The leader's end. */
export interface LeaderSign {
  /** Whether another tab has taken the lead away. */
  lost: boolean;
  /** From now on others can connect. */
  serve(): void;
  stop(): void;
}

/** Answers that this tab leads, until it is stopped. */
export function showLeader(name: string): LeaderSign {
  const bus = new BroadcastChannel(name);
  const leader = toHex(randomBytes(8));
  let serves = false;
  const tell = (): void => bus.postMessage({ type: "here", leader, serves } satisfies WatchMessage);
  bus.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (MESSAGE.safeParse(data).data?.type === "ask") tell();
  };
  tell();
  return {
    lost: false,
    serve() {
      serves = true;
      tell();
    },
    stop: () => bus.close(),
  };
}

/** What a follower wants to know. */
export interface LeaderWatchOptions {
  /** Another tab than before leads, and can be connected to. */
  readonly onNewLeader: () => void;
  /** The leader does not answer any more; told once. */
  readonly onSilent: () => void;
}

/** Asks the leader until it is stopped. */
export function watchLeader(name: string, options: LeaderWatchOptions): Unsubscribe {
  const bus = new BroadcastChannel(name);
  let known: string | undefined;
  let unanswered = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  // A tab that was frozen itself finds old questions unanswered: only those count that it asked in time.
  const ask = (): void => {
    if (stopped) return;
    if (unanswered >= MOST_UNANSWERED) {
      timer = setTimeout(() => {
        if (stopped) return;
        if (unanswered >= MOST_UNANSWERED) options.onSilent();
        else ask();
      }, Math.random() * JITTER);
      return;
    }
    unanswered++;
    bus.postMessage({ type: "ask" } satisfies WatchMessage);
    timer = setTimeout(ask, ASK_EVERY);
  };
  bus.onmessage = ({ data }: MessageEvent<unknown>) => {
    const message = MESSAGE.safeParse(data).data;
    if (message?.type !== "here") return;
    unanswered = 0;
    if (!message.serves || message.leader === known) return;
    const isFirst = known === undefined;
    known = message.leader;
    if (!isFirst) options.onNewLeader();
  };
  ask();
  return () => {
    stopped = true;
    clearTimeout(timer);
    bus.close();
  };
}
