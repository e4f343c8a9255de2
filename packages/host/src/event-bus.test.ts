import { parseTopic } from "@croft/plugin";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type BusEvent, createEventBus, type EventBus } from "./event-bus.ts";

const OPENED = parseTopic("notes/opened");

describe("the event bus", () => {
  it("hands over later, in the order of publishing, to everybody", () => {
    const { bus, turn } = rig();
    const heard: string[] = [];
    bus.attach(({ publisher, data }) => heard.push(`1 ${publisher} ${String(data)}`));
    bus.attach(({ publisher, data }) => heard.push(`2 ${publisher} ${String(data)}`));
    bus.publish("a", OPENED, 1);
    bus.publish("b", OPENED, 2);
    expect(heard).toEqual([]);
    turn();
    expect(heard).toEqual(["1 a 1", "2 a 1", "1 b 2", "2 b 2"]);
  });

  it("what is published in answer waits for the next turn", () => {
    const { bus, turn } = rig();
    const heard: unknown[] = [];
    bus.attach(({ data }) => {
      heard.push(data);
      bus.publish("a", OPENED, Number(data) + 1);
    });
    bus.publish("a", OPENED, 1);
    turn();
    expect(heard).toEqual([1]);
    turn();
    expect(heard).toEqual([1, 2]);
  });

  it("takes a copy when it is published", () => {
    const { bus, turn } = rig();
    const events: BusEvent[] = [];
    bus.attach((event) => events.push(event));
    const data = { pages: [1] };
    bus.publish("a", OPENED, data);
    data.pages.push(2);
    turn();
    expect(events).toEqual([{ n: 1, topic: OPENED, publisher: "a", data: { pages: [1] } }]);
  });

  it("refuses what is not plain", () => {
    const { bus } = rig();
    expect(() => bus.publish("a", OPENED, { open: () => 1 })).toThrow(
      expect.objectContaining({
        code: "input/invalid",
        message: "What was published to notes/opened is not plain data: it has a function in it.",
      }),
    );
  });

  it("checks what has a schema, and hands over what the schema makes of it", () => {
    const { bus, turn } = rig();
    const heard: unknown[] = [];
    bus.attach(({ data }) => heard.push(data));
    const schema = z.object({ page: z.string(), at: z.object({ line: z.number() }).optional() });
    const undefine = bus.define({ [OPENED]: schema.transform(({ page }) => page.toUpperCase()) });
    expect(() => bus.publish("a", OPENED, { at: { line: "x" } })).toThrow(
      /^What was published to notes\/opened is invalid: `page` .+; `at\.line` .+\.$/,
    );
    bus.publish("a", OPENED, { page: "x" });
    undefine();
    bus.publish("a", OPENED, "anything");
    turn();
    expect(heard).toEqual(["X", "anything"]);
  });

  it("refuses a schema that does not answer at once", () => {
    const { bus } = rig();
    bus.define({
      [OPENED]: {
        "~standard": {
          version: 1,
          vendor: "test",
          validate: () => Promise.reject(new Error("late")),
        },
      },
    });
    expect(() => bus.publish("a", OPENED, 1)).toThrow(
      "The schema of notes/opened is asynchronous.",
    );
  });
});

/** A bus on a clock that is moved by hand. */
function rig(): { bus: EventBus; turn: () => void } {
  let due: (() => void)[] = [];
  const bus = createEventBus({ soon: (run) => due.push(run) });
  const turn = (): void => {
    const runs = due;
    due = [];
    for (const run of runs) run();
  };
  return { bus, turn };
}
