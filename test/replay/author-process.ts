/** An author's process, as the test sees it. */

import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { plainEnvironment } from "../support/server-process.ts";
import type { AuthorCommand, AuthorMessage, AuthorOrders } from "./author-messages.ts";

/** A running author. */
export interface AuthorProcess {
  /** Resolves with the first message of this type. Rejects when the process ends before it. */
  next<T extends AuthorMessage["type"]>(type: T): Promise<Extract<AuthorMessage, { type: T }>>;
  /** Calls `listener` with each message. */
  onMessage(listener: (message: AuthorMessage) => void): void;
  send(command: AuthorCommand): void;
  /** What went over the author's sockets, as last told. */
  readonly traffic: AuthorMessage["traffic"];
  kill(): Promise<void>;
  /** Lets the author close his workspace. Rejects when his process does not end cleanly. */
  stop(): Promise<void>;
}

const PROGRAMS = {
  friendsforever: "friends-author.ts",
  "automerge-paper": "paper-author.ts",
} as const;

/** Starts an author; Node options such as `--cpu-prof` go into `execArgv`. */
export function startAuthor(orders: AuthorOrders, execArgv: readonly string[] = []): AuthorProcess {
  const file = fileURLToPath(new URL(PROGRAMS[orders.trace], import.meta.url));
  const child = fork(file, [JSON.stringify(orders)], {
    execArgv: ["--conditions=source", ...execArgv],
    env: plainEnvironment(),
    stdio: ["ignore", "inherit", "pipe", "ipc"],
  });
  let errors = "";
  let traffic = { up: 0, down: 0 };
  child.stderr?.on("data", (chunk) => (errors += String(chunk)));
  const waiting = new Map<string, PromiseWithResolvers<AuthorMessage>>();
  const listeners: ((message: AuthorMessage) => void)[] = [];
  const wait = (type: string): PromiseWithResolvers<AuthorMessage> => {
    const known = waiting.get(type) ?? Promise.withResolvers<AuthorMessage>();
    waiting.set(type, known);
    // Whoever is not waiting yet will hear of it when he does.
    known.promise.catch(() => undefined);
    return known;
  };
  child.on("message", (message: AuthorMessage) => {
    ({ traffic } = message);
    for (const listener of listeners) listener(message);
    wait(message.type).resolve(message);
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.on("close", (code, signal) => resolve(code ?? signal));
  });
  void ended.then((code) => {
    const error = new Error(`${orders.user}'s process ended with ${code}: ${errors}`);
    for (const type of ["started", "kill-me", "finished"]) wait(type).reject(error);
  });
  const send = (command: AuthorCommand): void => {
    // To a process that was killed nothing can be said; whoever waits for it hears of its end.
    if (child.connected) child.send(command);
  };
  return {
    async next<T extends AuthorMessage["type"]>(type: T) {
      const message = await wait(type).promise;
      return message as Extract<AuthorMessage, { type: T }>;
    },
    onMessage: (listener) => void listeners.push(listener),
    send,
    get traffic() {
      return traffic;
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
    async stop() {
      send({ type: "stop" });
      const code = await ended;
      if (code !== 0) throw new Error(`${orders.user}'s process ended with ${code}: ${errors}`);
    },
  };
}
