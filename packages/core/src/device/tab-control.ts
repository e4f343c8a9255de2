/**
 * How tabs that share a device talk about it, besides documents: the leader tells the state of the
 * link and of the store, the others ask it to pause, to list, to discard. Plain data over one
 * BroadcastChannel; all tabs run the same program.
 */

import * as z from "zod/mini";
import { type DocPath, isDocPath } from "../doc-path.ts";
import { createEmitter, type Unsubscribe } from "../emitter.ts";
import { CroftError, toCroftError } from "../errors.ts";
import { randomBytes, type Tag, toHex } from "../ids.ts";
import type { ListedDocument } from "../protocol/listing-messages.ts";
import type { QuarantineRecord } from "../store/store.ts";
import type { DevicePort } from "./device.ts";
import { type Loss, lossesSchema } from "./loss.ts";
import { fromPlain, plainError, toPlain } from "./plain-error.ts";
import type { SyncState } from "./sync-state.ts";

/** What is told about a device. */
export interface DeviceStatus {
  readonly sync: SyncState;
  readonly problem: CroftError | undefined;
  readonly losses: readonly Loss[];
}

type Action = "pause" | "resume" | "retry";
type Method = "list" | "quarantine" | "discard" | "retry";

const MESSAGE = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ask") }),
  z.object({
    type: z.literal("status"),
    sync: z.object({
      name: z.enum(["none", "paused", "connecting", "online", "offline", "refused"]),
      reason: z.optional(z.string()),
      error: z.optional(plainError),
    }),
    problem: z.optional(plainError),
    losses: lossesSchema,
  }),
  /** What was lost was told. */
  z.object({ type: z.literal("dismiss") }),
  /** Records came into the quarantine or left it. */
  z.object({ type: z.literal("quarantine") }),
  z.object({ type: z.literal("act"), action: z.enum(["pause", "resume", "retry"]) }),
  z.object({
    type: z.literal("call"),
    id: z.string(),
    method: z.enum(["list", "quarantine", "discard", "retry"]),
    argument: z.optional(z.string()),
  }),
  z.object({
    type: z.literal("answer"),
    id: z.string(),
    value: z.unknown(),
    error: z.optional(plainError),
  }),
]);
type ControlMessage = z.infer<typeof MESSAGE>;

/** How long a call waits for the leader's answer, in milliseconds. */
const CALL_TIMEOUT = 5_000;

/** The leader's end: answers for its device until it is stopped. */
export function answerTabs(name: string, device: DevicePort): Unsubscribe {
  const bus = new BroadcastChannel(name);
  const post = (message: ControlMessage): void => bus.postMessage(message);
  const tell = (): void => {
    const { problem, losses } = device;
    post({
      type: "status",
      sync: plainState(device.sync.state),
      problem: problem && toPlain(problem),
      losses: [...losses],
    });
  };
  const answer = async (
    id: string,
    method: Method,
    argument: string | undefined,
  ): Promise<void> => {
    try {
      post({ type: "answer", id, value: await call(device, method, argument) });
    } catch (error) {
      post({
        type: "answer",
        id,
        value: undefined,
        error: toPlain(toCroftError(error, "store/failed", method)),
      });
    }
  };
  bus.onmessage = ({ data }: MessageEvent<unknown>) => {
    const message = MESSAGE.safeParse(data).data;
    if (message?.type === "ask") tell();
    if (message?.type === "act") device.sync[message.action]();
    if (message?.type === "dismiss") device.dismissLosses();
    if (message?.type === "call") void answer(message.id, message.method, message.argument);
  };
  const stops = [
    device.sync.onState(tell),
    device.onProblem(tell),
    device.onLosses(tell),
    device.onQuarantine(() => post({ type: "quarantine" })),
  ];
  tell();
  return () => {
    for (const stop of stops) stop();
    bus.close();
  };
}

/** A follower's end. */
export interface TabControl {
  readonly status: DeviceStatus;
  /** Whether the device is to stay offline: what was asked of the leader last, done or not. */
  readonly paused: boolean;
  onStatus(listener: (status: DeviceStatus) => void): Unsubscribe;
  act(action: Action): void;
  dismissLosses(): void;
  list(prefix: string): Promise<readonly ListedDocument[]>;
  quarantine(path: DocPath | undefined): Promise<readonly QuarantineRecord[]>;
  discard(id: Tag): Promise<void>;
  retry(id: Tag): Promise<void>;
  onQuarantine(listener: () => void): Unsubscribe;
  dispose(): void;
}

/** Joins the conversation as a follower. */
export function followTabs(name: string): TabControl {
  const bus = new BroadcastChannel(name);
  const statuses = createEmitter<DeviceStatus>();
  const refusals = createEmitter<void>();
  const calls = new Map<
    string,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  let status: DeviceStatus = { sync: { name: "connecting" }, problem: undefined, losses: [] };
  /** Asked, and not yet seen done: a leader that goes just then hears nothing, the next one is asked again. */
  let asked: "pause" | "resume" | undefined;
  const settle = (): void => {
    if (asked === undefined) return;
    const isPaused = status.sync.name === "paused";
    if (status.sync.name === "none" || isPaused === (asked === "pause")) asked = undefined;
    else post({ type: "act", action: asked });
  };
  const post = (message: ControlMessage): void => bus.postMessage(message);
  bus.onmessage = ({ data }: MessageEvent<unknown>) => {
    const message = MESSAGE.safeParse(data).data;
    if (message?.type === "status") {
      status = {
        sync: richState(message.sync),
        problem: message.problem && fromPlain(message.problem),
        losses: message.losses,
      };
      settle();
      statuses.emit(status);
    }
    if (message?.type === "quarantine") refusals.emit();
    if (message?.type === "answer") {
      const waiting = calls.get(message.id);
      calls.delete(message.id);
      if (message.error) waiting?.reject(fromPlain(message.error));
      else waiting?.resolve(message.value);
    }
  };
  post({ type: "ask" });
  const ask = async (method: Method, argument: string | undefined): Promise<unknown> => {
    const id = toHex(randomBytes(8));
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      return await new Promise<unknown>((resolve, reject) => {
        calls.set(id, { resolve, reject });
        const late = new CroftError("store/failed", "The tab that leads does not answer.", {
          hint: "Try again.",
        });
        timer = setTimeout(() => reject(late), CALL_TIMEOUT);
        post({ type: "call", id, method, argument });
      });
    } finally {
      clearTimeout(timer);
      calls.delete(id);
    }
  };
  return {
    get status() {
      return status;
    },
    get paused() {
      return asked === undefined ? status.sync.name === "paused" : asked === "pause";
    },
    onStatus: (listener) => statuses.on(listener),
    act(action) {
      if (action !== "retry") asked = action;
      post({ type: "act", action });
    },
    dismissLosses: () => post({ type: "dismiss" }),
    // The leader is the same program: what it answers has the type that its own call has.
    list: async (prefix) => (await ask("list", prefix)) as readonly ListedDocument[],
    quarantine: async (path) => (await ask("quarantine", path)) as readonly QuarantineRecord[],
    discard: async (id) => void (await ask("discard", id)),
    retry: async (id) => void (await ask("retry", id)),
    onQuarantine: (listener) => refusals.on(listener),
    dispose() {
      bus.close();
      statuses.clear();
      refusals.clear();
      const gone = new CroftError("disposed", "The workspace was disposed.");
      for (const { reject } of calls.values()) reject(gone);
      calls.clear();
    },
  };
}

async function call(
  device: DevicePort,
  method: Method,
  argument: string | undefined,
): Promise<unknown> {
  switch (method) {
    case "list":
      return device.list(argument ?? "");
    case "quarantine":
      return device.listQuarantine(
        argument !== undefined && isDocPath(argument) ? argument : undefined,
      );
    case "discard":
      return device.discard((argument ?? "") as Tag);
    case "retry":
      return device.retry((argument ?? "") as Tag);
  }
}

function plainState(state: SyncState): Extract<ControlMessage, { type: "status" }>["sync"] {
  return state.name === "refused" ? { name: state.name, error: toPlain(state.error) } : state;
}

function richState({
  name,
  reason,
  error,
}: Extract<ControlMessage, { type: "status" }>["sync"]): SyncState {
  switch (name) {
    case "offline":
      return { name, reason: reason ?? "" };
    case "refused":
      return {
        name,
        error: error ? fromPlain(error) : new CroftError("auth/refused", "The server refused."),
      };
    case "none":
    case "paused":
    case "connecting":
    case "online":
      return { name };
  }
}
