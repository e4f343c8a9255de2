/**
 * What a plugin and its host ask of each other when the plugin runs elsewhere: notices, and requests with answers, in
 * both directions over one port. Each part of the context (events, logs, …) names its own and says what may come with
 * them; both ends check what they are told.
 */

import { CroftError } from "@croft/core";
import * as z from "zod";
import { errorOf, type Failure, failureOf, failureSchema } from "./failure.ts";

/** Requests of one side that wait for their answers at a time: more than that is refused, not kept. */
const MAX_REQUESTS = 1_000;

/** One end of the calls over a port. */
export interface Calls {
  /** Says something that nobody answers. */
  tell(method: string, data: unknown): void;
  /**
   * Asks the other side. When `signal` is aborted, the other side is told, and the answer is not waited for.
   *
   * @returns Resolves with the answer, unchecked. Rejects with what was thrown at the other side, the signal's reason, or
   *   what the calls were ended with.
   */
  ask(method: string, data: unknown, signal?: AbortSignal): Promise<unknown>;
  /** Hears what the other side tells by this name. What does not fit the schema closes the port. */
  hear<T>(method: string, schema: z.ZodType<T>, listener: (data: T) => void): void;
  /**
   * Answers what the other side asks by this name; what it throws is the answer, too. `signal` is aborted when
   * the answer is not waited for any more.
   */
  answer<T>(
    method: string,
    schema: z.ZodType<T>,
    respond: (data: T, signal: AbortSignal) => unknown,
  ): void;
}

type Message =
  | readonly ["tell", method: string, data: unknown]
  | readonly ["ask", id: number, method: string, data: unknown]
  | readonly ["cancel", id: number]
  | readonly ["done", id: number, value: unknown]
  | readonly ["failed", id: number, failure: Failure];

const id = z.int().nonnegative();
const messageSchema: z.ZodType<Message> = z.union([
  z.tuple([z.literal("tell"), z.string(), z.unknown()]),
  z.tuple([z.literal("ask"), id, z.string(), z.unknown()]),
  z.tuple([z.literal("cancel"), id]),
  z.tuple([z.literal("done"), id, z.unknown()]),
  z.tuple([z.literal("failed"), id, failureSchema]),
]);

/** Notices, and requests with answers, in both directions over one port. */
export class PortCalls implements Calls {
  readonly #send: (message: unknown) => void;
  readonly #listeners = new Map<string, (data: unknown) => void>();
  readonly #responders = new Map<string, (data: unknown, signal: AbortSignal) => unknown>();
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #answering = new Map<number, AbortController>();
  #count = 0;
  #ended: Error | undefined;

  /** `send` takes a message to the other side. */
  constructor(send: (message: unknown) => void) {
    this.#send = send;
  }

  tell(method: string, data: unknown): void {
    this.#say(["tell", method, data]);
  }

  async ask(method: string, data: unknown, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    if (this.#ended) throw this.#ended;
    const id = ++this.#count;
    const answer = Promise.withResolvers<unknown>();
    const cancel = (): void => {
      this.#say(["cancel", id]);
      answer.reject(signal?.reason);
    };
    this.#asked.set(id, answer);
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      this.#say(["ask", id, method, data]);
      return await answer.promise;
    } finally {
      this.#asked.delete(id);
      signal?.removeEventListener("abort", cancel);
    }
  }

  hear<T>(method: string, schema: z.ZodType<T>, listener: (data: T) => void): void {
    this.#listeners.set(method, (data) => listener(checked(method, schema, data)));
  }

  answer<T>(
    method: string,
    schema: z.ZodType<T>,
    respond: (data: T, signal: AbortSignal) => unknown,
  ): void {
    this.#responders.set(method, (data, signal) => respond(checked(method, schema, data), signal));
  }

  /** Takes what came from the other side. Throws when it is none of ours: then nothing more is to be taken from it. */
  receive(received: unknown): void {
    const message = messageSchema.parse(received);
    switch (message[0]) {
      case "tell":
        // A newer version of croft may tell what this one does not know.
        this.#listeners.get(message[1])?.(message[2]);
        break;
      case "ask":
        this.#respond(message[1], message[2], message[3]);
        break;
      case "cancel":
        this.#answering.get(message[1])?.abort();
        break;
      case "done":
        this.#asked.get(message[1])?.resolve(message[2]);
        break;
      case "failed":
        this.#asked.get(message[1])?.reject(errorOf(message[2]));
        break;
    }
  }

  /** Nothing comes any more: ends what waits with `error`. */
  end(error: Error): void {
    this.#ended ??= error;
    for (const asked of this.#asked.values()) asked.reject(error);
    for (const controller of this.#answering.values()) controller.abort(error);
  }

  #respond(id: number, method: string, data: unknown): void {
    if (this.#answering.has(id)) throw new Error("a request's number came twice");
    const respond = this.#responders.get(method);
    const controller = new AbortController();
    const answer = async (): Promise<unknown> => {
      if (!respond) {
        throw new CroftError("input/invalid", `The other side knows no ${method}.`, {
          hint: "It may run an older version of croft.",
        });
      }
      return respond(data, controller.signal);
    };
    if (this.#answering.size === MAX_REQUESTS) {
      const error = new CroftError("plugin/busy", "Too many requests wait for their answers.", {
        hint: "Wait for answers before you ask for more.",
      });
      this.#say(["failed", id, failureOf(error)]);
      return;
    }
    this.#answering.set(id, controller);
    void answer().then(
      (value) => this.#answered(id, ["done", id, value]),
      (error: unknown) => this.#answered(id, ["failed", id, failureOf(error)]),
    );
  }

  #answered(id: number, message: Message): void {
    const controller = this.#answering.get(id);
    this.#answering.delete(id);
    if (!controller?.signal.aborted) this.#say(message);
  }

  #say(message: Message): void {
    if (!this.#ended) this.#send(message);
  }
}

function checked<T>(method: string, schema: z.ZodType<T>, data: unknown): T {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) =>
    [...path.map(String), message].join(": "),
  );
  throw new CroftError("input/invalid", `${method} does not take this: ${issues.join("; ")}.`);
}
