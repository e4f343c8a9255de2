import { parseTopic, type Topic } from "@croft/plugin";
import { describe, expect, it, vi } from "vitest";
import { createEventBus } from "./event-bus.ts";
import { createMailbox, type MailboxOptions } from "./mailbox.ts";

const A = parseTopic("notes/a");
const B = parseTopic("notes/b");

describe("a mailbox", () => {
  it("hears nothing while it is closed", () => {
    const { mailbox, publish, heard } = rig();
    mailbox.subscribe(A, (data) => void heard.push(data));
    publish(A, 1);
    mailbox.open();
    publish(A, 2);
    expect(heard).toEqual([2]);
  });

  it("hears what is published after it subscribed, and until it ends that", () => {
    const { mailbox, bus, turn, publish, heard } = rig();
    mailbox.open();
    bus.publish("x", A, "before");
    const unsubscribe = mailbox.subscribe(A, (data) => void heard.push(data));
    turn();
    publish(A, "between");
    bus.publish("x", A, "on its way");
    unsubscribe();
    turn();
    expect(heard).toEqual(["between"]);
    expect(mailbox.size).toBe(0);
  });

  it("keeps what comes while it is held, and loses no order", () => {
    const { mailbox, publish, heard } = rig();
    mailbox.hold();
    mailbox.subscribe(A, (data) => void heard.push(data));
    publish(A, 1);
    publish(B, "nobody listens");
    publish(A, 2);
    expect(heard).toEqual([]);
    mailbox.open();
    publish(A, 3);
    expect(heard).toEqual([1, 2, 3]);
  });

  it("keeps a bounded number, and says how many it dropped", () => {
    const onDropped = vi.fn<(count: number) => void>();
    const { mailbox, publish, heard } = rig({ onDropped });
    mailbox.hold();
    mailbox.subscribe(A, (data) => void heard.push(data));
    for (let i = 0; i < 1_003; i++) publish(A, i);
    mailbox.open();
    expect(heard).toHaveLength(1_000);
    expect(onDropped.mock.calls).toEqual([[3]]);
  });

  it("wakes once, and whoever subscribes when awake hears what woke it", () => {
    let wakeable = true;
    const wake = vi.fn<() => void>();
    const { mailbox, publish, heard } = rig({
      wakes: (topic) => topic === A,
      wakeable: () => wakeable,
      wake,
    });
    publish(B, 0);
    wakeable = false;
    publish(A, 0);
    expect(wake).not.toHaveBeenCalled();
    wakeable = true;
    publish(A, 1);
    publish(A, 2);
    expect(wake).toHaveBeenCalledOnce();
    mailbox.hold();
    publish(A, 3);
    mailbox.subscribe(A, (data) => void heard.push(data));
    mailbox.open();
    publish(A, 4);
    expect(heard).toEqual([1, 2, 3, 4]);
  });

  it("is not woken by what it may not hear", () => {
    const wake = vi.fn<() => void>();
    const { publish } = rig({
      wakes: () => true,
      wakeable: () => true,
      wake,
      admit: () => undefined,
    });
    publish(A, 1);
    expect(wake).not.toHaveBeenCalled();
  });

  it("asks at the hand-over whether the event may be heard", () => {
    let open = true;
    const { mailbox, bus, turn, heard } = rig({ admit: (event) => (open ? event : undefined) });
    mailbox.open();
    mailbox.subscribe(A, (data) => void heard.push(data));
    bus.publish("x", A, 1);
    open = false;
    turn();
    expect(heard).toEqual([]);
  });

  it("gives each listener a copy and the name of who published", () => {
    const { mailbox, publish } = rig();
    mailbox.open();
    const heard: unknown[] = [];
    const listen = (data: unknown, info: unknown): void => void heard.push(data, info);
    mailbox.subscribe(A, listen);
    mailbox.subscribe(A, listen);
    publish(A, { x: 1 });
    expect(heard[0]).toEqual({ x: 1 });
    expect(heard[2]).toEqual({ x: 1 });
    expect(heard[0]).not.toBe(heard[2]);
    expect(heard[1]).toEqual({ topic: A, publisher: "x", user: "ada", origin: "device" });
  });

  it("a listener that throws or rejects is told of, and the others hear", async () => {
    const onThrown = vi.fn<(error: unknown, topic: Topic) => void>();
    const { mailbox, publish, heard } = rig({ onThrown });
    mailbox.open();
    const thrown = new Error("thrown");
    const rejected = new Error("rejected");
    mailbox.subscribe(A, () => {
      throw thrown;
    });
    mailbox.subscribe(A, () => Promise.reject(rejected));
    mailbox.subscribe(A, (data) => void heard.push(data));
    publish(A, 1);
    expect(heard).toEqual([1]);
    await expect
      .poll(() => onThrown.mock.calls)
      .toEqual([
        [thrown, A],
        [rejected, A],
      ]);
  });

  it("closing ends all subscriptions, also within a delivery", () => {
    const { mailbox, publish, heard } = rig();
    mailbox.open();
    mailbox.subscribe(A, () => mailbox.close());
    mailbox.subscribe(A, (data) => void heard.push(data));
    publish(A, 1);
    expect(heard).toEqual([]);
    expect(mailbox.size).toBe(0);
  });
});

function rig(options: Partial<MailboxOptions> = {}) {
  let due: (() => void)[] = [];
  const bus = createEventBus({ soon: (run) => due.push(run) });
  const turn = (): void => {
    const runs = due;
    due = [];
    for (const run of runs) run();
  };
  const mailbox = createMailbox({
    bus,
    user: "ada",
    admit: (event) => event,
    onThrown: (error) => {
      throw error;
    },
    ...options,
  });
  const publish = (topic: Topic, data: unknown): void => {
    bus.publish("x", topic, data);
    turn();
  };
  const heard: unknown[] = [];
  return { bus, mailbox, turn, publish, heard };
}
