/** Plugins that wait until they are woken, with a real host over a real workspace. */

import { describe, expect, it } from "vitest";

import {
  COUNTS,
  showWords,
  stateOf,
  statusOf,
  untilState,
  setUpSupervision,
} from "./testing/supervised.ts";
import { settle } from "./testing/settle.ts";

const rig = setUpSupervision();
const { callable, crash, openHost, tracked } = rig;

describe("a plugin that waits", () => {
  it("for a document is woken when the application opens one that it may read, and not before", async () => {
    const host = openHost();
    const permissions = {
      documents: [{ pattern: "notes/*", access: "read", reason: "To count." }],
    } as const;
    host.register(tracked("stats", { activation: ["document:notes/*"], permissions }));
    host.register(tracked("own", { activation: ["document:own/**"] }));
    await host.start();
    const secret = rig.workspace.open("notes/secret");
    rig.workspace.open("other/x");
    await settle();
    expect(rig.log).toEqual([]);
    rig.workspace.open("own/deep/inside");
    await expect.poll(() => rig.log).toEqual(["+own"]);
    secret.close();
    host.grant("stats", permissions);
    await settle();
    // What it may read now is not open any more.
    expect(rig.log).toEqual(["+own"]);
    rig.workspace.open("notes/a");
    await expect.poll(() => rig.log).toEqual(["+own", "+stats"]);
    await host.deactivate("stats");
    rig.workspace.open("notes/b");
    await settle();
    expect(stateOf(host, "stats")?.name).toBe("inactive");
  });

  it("for a document that is open already is woken at the start, and when it is granted", async () => {
    const page = rig.workspace.open("notes/a");
    rig.workspace.open("early/a");
    const host = openHost();
    const permissions = {
      documents: [{ pattern: "notes/*", access: "read", reason: "To count." }],
    } as const;
    host.register(tracked("stats", { activation: ["document:notes/*"], permissions }));
    host.register(tracked("early", { activation: ["document:early/*"] }));
    await settle();
    expect(rig.log).toEqual([]);
    await host.start();
    await expect.poll(() => rig.log).toEqual(["+early"]);
    host.grant("stats", permissions);
    await expect.poll(() => rig.log).toEqual(["+early", "+stats"]);
    page.close();
  });

  it("is woken for a reason: after the start, and once it is back after a crash", async () => {
    const host = openHost();
    host.register(tracked("dates", { activation: [] }));
    host.register(tracked("stats", { activation: [], dependencies: { dates: "*" } }));
    const waking = host.wake("stats", "the command stats/count");
    await settle();
    expect(rig.log).toEqual([]);
    await host.start();
    await waking;
    expect(rig.log).toEqual(["+dates", "+stats"]);
    crash("dates", "gone");
    await untilState(host, "dates", "crashed");
    const again = Promise.all([host.wake("stats", "x"), host.wake("stats", "y")]);
    await rig.clock.pass();
    await again;
    expect(stateOf(host, "stats")?.name).toBe("active");
    await host.deactivate("stats");
    await expect(host.wake("stats", "x")).rejects.toMatchObject({
      message: "stats was deactivated.",
    });
    await expect(host.wake("nobody", "x")).rejects.toMatchObject({ code: "plugin/unknown" });
    const [late, other] = [openHost(), openHost()];
    late.register(tracked("stats", { activation: [] }));
    const never = late.wake("stats", "x");
    await late.dispose();
    await expect(never).rejects.toMatchObject({ code: "disposed" });
    other.register(tracked("stats", { dependencies: { missing: "*" } }));
    await other.start();
    await expect(other.wake("stats", "x")).rejects.toMatchObject({ code: "plugin/dependency" });
  });

  it("for its view is woken after the start, with what it needs", async () => {
    const host = openHost();
    host.register(callable({ dependencies: { dates: "*" } }));
    const view = showWords(host);
    await settle();
    // It may be registered later.
    expect([view.state.name, rig.log, rig.problems]).toEqual(["loading", [], []]);
    host.register(tracked("dates", { activation: [] }));
    await host.start();
    await expect.poll(() => view.state.name).toBe("shown");
    expect(rig.log).toEqual(["+dates", "+stats"]);
  });

  it("for its view is woken when what it needs is back after a crash", async () => {
    const host = openHost();
    host.register(tracked("dates"));
    host.register(callable({ dependencies: { dates: "*" } }));
    await host.start();
    crash("dates", "gone");
    await untilState(host, "dates", "crashed");
    const view = showWords(host);
    await settle();
    expect([view.state.name, stateOf(host, "dates")?.name]).toEqual(["loading", "crashed"]);
    await rig.clock.pass();
    await expect.poll(() => view.state.name).toBe("shown");
    expect(statusOf(host, "stats").state.name).toBe("active");
  });

  it("for a call of another one is waited for when it is back after a crash", async () => {
    const host = openHost();
    host.register(callable());
    // A call is enough, also before the start: what calls runs already.
    expect(await host.apis.use(COUNTS).now(undefined)).toBe(7);
    await host.start();
    crash("stats", "gone");
    await untilState(host, "stats", "crashed");
    const answer = host.apis.use(COUNTS).now(undefined);
    await settle();
    expect(stateOf(host, "stats")?.name).toBe("crashed");
    await rig.clock.pass();
    expect(await answer).toBe(7);
  });

  it("says which one went that was started for it", async () => {
    const host = openHost();
    host.register(tracked("dates", { activation: [] }, () => new Promise(() => undefined)));
    host.register(callable({ dependencies: { dates: "*" } }));
    await host.start();
    const waking = host.wake("stats", "a test").catch((error: unknown) => error);
    await untilState(host, "dates", "activating");
    await settle();
    const ending = host.deactivate("dates");
    await rig.clock.pass();
    await ending;
    expect(await waking).toMatchObject({
      code: "plugin/dependency",
      message: expect.stringContaining("stats needs dates, which failed: dates was deactivated"),
    });
  });
});
