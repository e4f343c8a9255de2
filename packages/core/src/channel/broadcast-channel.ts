/**
 * Channels between the tabs of one origin, over BroadcastChannels: one that all tabs share, named by
 * the caller, on which followers and the leader find each other; and one for each pair, with a random
 * name, on which its frames pass, so that other tabs are not woken by them.
 *
 * On the shared one: `{ type: "leader", id }` says that somebody leads from now on; `{ type:
 * "connect", pair, as }` asks the leader for a channel for somebody. On a pair's: first `{ type: "accept", leader }`,
 * then the messages of a credit channel. Each side holds a lock while it lives, see `life-lock.ts`.
 */

import type { Disposable } from "../disposable.ts";
import { createDisposableStack, type DisposableStack } from "../disposable.ts";
import { CroftError } from "../errors.ts";
import { randomBytes, toHex } from "../ids.ts";
import { CloseCode } from "../protocol/close-code.ts";
import type { Channel } from "./channel.ts";
import { createCreditChannel, type CreditChannel } from "./credit-channel.ts";
import { holdLock, type LifeLocks, platformLocks, whenFree } from "./life-lock.ts";

/** Options of {@link listenBroadcast}. */
export interface ListenBroadcastOptions {
  /** Default: `navigator.locks`, where there is one. */
  readonly locks?: LifeLocks | undefined;
}

/** Options of {@link connectBroadcast}. */
export interface ConnectBroadcastOptions extends ListenBroadcastOptions {
  /** Gives up connecting; an open channel is not touched. */
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for a leader, in milliseconds. Default: 5,000. */
  readonly timeout?: number | undefined;
  /** For whom the channel is: told to who listens, apart from what passes over the channel. Default: empty. */
  readonly as?: string | undefined;
}

/** A message and the lock that is released at the death of its sender are not ordered. */
const GRACE_MS = 100;
const DEFAULT_TIMEOUT_MS = 5000;

/**
 * Leads: takes channels from the followers which call {@link connectBroadcast} with the same name,
 * and announces that to those who wait or follow somebody else. Disposing closes the channels as a
 * page that goes away; so does somebody else who begins to lead.
 *
 * @example
 * ```ts
 * const listening = listenBroadcast("croft/demo", (channel) => servePeer(channel, admit));
 * await listening.dispose();
 * ```
 */
export function listenBroadcast(
  name: string,
  onChannel: (channel: Channel, as: string) => void,
  options: ListenBroadcastOptions = {},
): Disposable {
  const { locks = platformLocks() } = options;
  const id = randomName();
  const shared = new BroadcastChannel(name);
  const pairs = new Map<string, Channel | undefined>();
  let stopped = false;

  function stop(reason: string): void {
    if (stopped) return;
    stopped = true;
    shared.close();
    for (const channel of pairs.values()) channel?.close(CloseCode.goingAway, reason);
    pairs.clear();
  }

  async function accept(pair: string, as: string): Promise<void> {
    pairs.set(pair, undefined);
    const release = await holdLock(locks, lockName(name, pair, "leader"));
    if (stopped) {
      release();
      return;
    }
    const wire = createPairWire(name, pair, release);
    const { channel } = wire.end;
    pairs.set(pair, channel);
    channel.onClose(() => pairs.delete(pair));
    wire.bus.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      wire.end.receive(data);
    });
    wire.watch(locks, lockName(name, pair, "follower"));
    wire.bus.postMessage({ type: "accept", leader: id });
    onChannel(channel, as);
  }

  shared.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    const message = readShared(data);
    if (message?.type === "leader" && message.id !== id) stop("another tab leads");
    if (message?.type === "connect" && !stopped && !pairs.has(message.pair)) {
      void accept(message.pair, message.as);
    }
  });
  shared.postMessage({ type: "leader", id });
  return {
    async dispose() {
      stop("the leading tab goes away");
    },
  };
}

/**
 * Follows: resolves with a channel to the tab that leads, waiting for one if there is none yet.
 * The channel closes when that tab closes it, dies (where there are Web Locks), or another leads.
 *
 * @throws {@link CroftError} `link/offline` when no tab leads within the time; the signal's reason
 * when it was aborted.
 * @example
 * ```ts
 * const channel = await connectBroadcast("croft/demo", { timeout: 1000 });
 * ```
 */
export async function connectBroadcast(
  name: string,
  options: ConnectBroadcastOptions = {},
): Promise<Channel> {
  const { signal, timeout = DEFAULT_TIMEOUT_MS, locks = platformLocks(), as = "" } = options;
  signal?.throwIfAborted();
  const pair = randomName();
  // Held before anybody hears of the pair: the leader waits for it from the start.
  const release = await holdLock(locks, lockName(name, pair, "follower"));
  const shared = new BroadcastChannel(name);
  const wire = createPairWire(name, pair, () => {
    release();
    shared.close();
  });
  const { channel } = wire.end;
  try {
    const ask = { type: "connect", pair, as };
    const leader = await findLeader(shared, wire.bus, ask, timeout, signal);
    wire.bus.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      wire.end.receive(data);
    });
    shared.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      const message = readShared(data);
      // The old leader says so itself if it can; it may be frozen.
      if (message?.type === "leader" && message.id !== leader) wire.loseSoon();
    });
    wire.watch(locks, lockName(name, pair, "leader"));
    return channel;
  } catch (error) {
    channel.close(CloseCode.normal, "");
    throw error;
  }
}

function findLeader(
  shared: BroadcastChannel,
  bus: BroadcastChannel,
  question: object,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const cleanup = createDisposableStack();
    const ask = () => shared.postMessage(question);
    listen(cleanup, shared, (data) => {
      if (readShared(data)?.type === "leader") ask();
    });
    listen(cleanup, bus, (data) => {
      const leader = readAccept(data);
      if (leader === undefined) return;
      cleanup.dispose();
      resolve(leader);
    });
    const timer = setTimeout(() => {
      cleanup.dispose();
      reject(
        new CroftError("link/offline", "No other tab leads this workspace.", {
          hint: "Take the lead, or try again.",
        }),
      );
    }, timeout);
    cleanup.add(() => clearTimeout(timer));
    const abort = () => {
      cleanup.dispose();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", abort);
    cleanup.add(() => signal?.removeEventListener("abort", abort));
    if (signal?.aborted) abort();
    else ask();
  });
}

interface PairWire {
  readonly end: CreditChannel;
  readonly bus: BroadcastChannel;
  /** Closes the channel when the lock of the other side becomes free. */
  watch(locks: LifeLocks | undefined, lock: string): void;
  /** Closes the channel as lost, unless its close arrives in a moment. */
  loseSoon(): void;
}

function createPairWire(name: string, pair: string, onFree: () => void): PairWire {
  const bus = new BroadcastChannel(`${name}/${pair}`);
  const cleanup = createDisposableStack();
  const end = createCreditChannel({
    sendFrame(frame) {
      // What passes is a copy of the whole buffer, so it must not hold more than the frame.
      const whole = frame.byteLength === frame.buffer.byteLength;
      bus.postMessage(whole ? frame.buffer : frame.slice().buffer);
    },
    post: (note) => bus.postMessage(note),
    free() {
      cleanup.dispose();
      bus.close();
      onFree();
    },
  });
  function loseSoon(): void {
    if (end.channel.closed) return;
    const timer = setTimeout(() => end.lose(), GRACE_MS);
    cleanup.add(() => clearTimeout(timer));
  }
  return {
    end,
    bus,
    watch: (locks, lock) => cleanup.add(whenFree(locks, lock, loseSoon)),
    loseSoon,
  };
}

function listen(
  cleanup: DisposableStack,
  bus: BroadcastChannel,
  listener: (data: unknown) => void,
): void {
  const call = ({ data }: MessageEvent<unknown>) => listener(data);
  bus.addEventListener("message", call);
  cleanup.add(() => bus.removeEventListener("message", call));
}

type SharedMessage =
  | { readonly type: "leader"; readonly id: string }
  | { readonly type: "connect"; readonly pair: string; readonly as: string };

function readShared(data: unknown): SharedMessage | undefined {
  const id = readName(data, "leader", "id");
  if (id !== undefined) return { type: "leader", id };
  const pair = readName(data, "connect", "pair");
  const { as } = Object(data) as { readonly as?: unknown };
  if (pair === undefined || typeof as !== "string") return undefined;
  return { type: "connect", pair, as };
}

function readAccept(data: unknown): string | undefined {
  return readName(data, "accept", "leader");
}

/** The random name in the field `field` of a message of type `type`. */
function readName(data: unknown, type: string, field: string): string | undefined {
  if (typeof data !== "object" || data === null || !Object.hasOwn(data, field)) return undefined;
  const message = data as Readonly<Record<string, unknown>>;
  const name = message[field];
  if (message.type !== type || typeof name !== "string") return undefined;
  return /^[0-9a-f]{32}$/.test(name) ? name : undefined;
}

function randomName(): string {
  return toHex(randomBytes(16));
}

function lockName(name: string, pair: string, side: "leader" | "follower"): string {
  return `${name}/${pair}/${side}`;
}
