import { CroftError } from "@croft/core";
import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { PortCalls } from "./calls.ts";

let near: PortCalls;
let far: PortCalls;
/** What went from the near end to the far one. */
let sent: unknown[];

beforeEach(() => {
  sent = [];
  // As over a port: copies, later, in order.
  near = new PortCalls((message) => {
    sent.push(message);
    const copy: unknown = structuredClone(message);
    queueMicrotask(() => far.receive(copy));
  });
  far = new PortCalls((message) => {
    const copy: unknown = structuredClone(message);
    queueMicrotask(() => near.receive(copy));
  });
});

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe("asking", () => {
  it("is answered with what the other side returns", async () => {
    far.answer("double", z.number(), async (n) => n * 2);
    expect(await Promise.all([near.ask("double", 4), near.ask("double", 5)])).toEqual([8, 10]);
  });

  it("is answered with what the other side throws, code and hint", async () => {
    far.answer("fail", z.unknown(), () => {
      throw new CroftError("access/denied", "Not you.", { hint: "Ask." });
    });
    await expect(near.ask("fail", null)).rejects.toMatchObject({
      name: "CroftError",
      code: "access/denied",
      message: "Not you.",
      hint: "Ask.",
    });
    far.answer("fail", z.unknown(), () => Promise.reject(new TypeError("no luck")));
    const error: unknown = await near.ask("fail", null).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: "no luck" });
    expect(error).not.toBeInstanceOf(CroftError);
  });

  it("for what nobody knows, or with what does not fit, is refused and ends nothing", async () => {
    await expect(near.ask("what", 1)).rejects.toMatchObject({ code: "input/invalid" });
    far.answer("double", z.object({ n: z.number() }), ({ n }) => n * 2);
    await expect(near.ask("double", { n: "4" })).rejects.toMatchObject({
      code: "input/invalid",
      message: expect.stringContaining("double does not take this: n: "),
    });
    expect(await near.ask("double", { n: 4 })).toBe(8);
  });

  it("ends at once when it is aborted, and the other side hears of it", async () => {
    const signals: AbortSignal[] = [];
    far.answer("wait", z.unknown(), (_data, signal) => {
      signals.push(signal);
      return new Promise((resolve) => signal.addEventListener("abort", resolve));
    });
    const controller = new AbortController();
    const asked = near.ask("wait", null, controller.signal);
    await turn();
    controller.abort(new Error("enough"));
    await expect(asked).rejects.toThrow("enough");
    await turn();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    await expect(near.ask("wait", null, controller.signal)).rejects.toThrow("enough");
    expect(sent).toHaveLength(2);
  });

  it("more than a thousand times at once is refused, until answers come", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    far.answer("wait", z.unknown(), () => promise);
    const asked = Array.from({ length: 1_001 }, () => near.ask("wait", null));
    await expect(asked[1_000]).rejects.toMatchObject({ code: "plugin/busy" });
    resolve();
    await Promise.all(asked.slice(0, 1_000));
    await near.ask("wait", null);
  });
});

describe("telling", () => {
  it("is heard in order, and what nobody knows is passed over", async () => {
    const heard: unknown[] = [];
    far.hear("say", z.number(), (n) => heard.push(n));
    near.tell("say", 1);
    near.tell("whisper", 2);
    near.tell("say", 3);
    await turn();
    expect(heard).toEqual([1, 3]);
  });
});

describe("what comes", () => {
  it.each([
    ["no message", "hello"],
    ["no kind", ["shout", "x", 1]],
    ["no number", ["ask", -1, "x", 1]],
    ["more than belongs to it", ["cancel", 1, 1]],
    ["no failure", ["failed", 1, "no luck"]],
  ])("that is not ours is thrown: %s", (_what, message) => {
    expect(() => far.receive(message)).toThrow(z.ZodError);
  });

  it("that does not fit what is told is thrown", () => {
    far.hear("say", z.number(), () => undefined);
    expect(() => far.receive(["tell", "say", "1"])).toThrow("say does not take this");
  });

  it("with a number that is used already is thrown", () => {
    far.answer("wait", z.unknown(), () => new Promise(() => undefined));
    far.receive(["ask", 1, "wait", null]);
    expect(() => far.receive(["ask", 1, "wait", null])).toThrow("twice");
  });

  it("as an answer to nothing is passed over", () => {
    far.receive(["done", 7, 1]);
    far.receive(["failed", 7, { code: "", message: "" }]);
    far.receive(["cancel", 7]);
  });
});

it("ends with what it was ended with, and answers nothing more", async () => {
  const signals: AbortSignal[] = [];
  far.answer("wait", z.unknown(), (_data, signal) => {
    signals.push(signal);
    return new Promise(() => undefined);
  });
  const asked = near.ask("wait", null);
  await turn();
  const gone = new CroftError("plugin/failed", "It is gone.");
  near.end(gone);
  far.end(gone);
  await expect(asked).rejects.toBe(gone);
  await expect(near.ask("wait", null)).rejects.toBe(gone);
  expect(signals[0]?.aborted).toBe(true);
});
