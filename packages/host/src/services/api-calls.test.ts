/** What plugins call of each other, in their host's process and at the other end of a real port. */

import { CroftError, systemClock } from "@croft/core";
import { defineApi } from "@croft/plugin";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { PLACES, refusal, setUpServices } from "../testing/services-rig.ts";

const rig = setUpServices();
const { createHost } = rig;

const search = defineApi("notes/search", {
  find: { input: z.object({ text: z.string() }), output: z.array(z.string()) },
  when: { input: z.string().transform((text) => new Date(text)), output: z.number() },
  wait: { input: z.undefined(), output: z.undefined() },
  echo: { input: z.unknown(), output: z.unknown() },
});

describe.each(PLACES)("a plugin %s", (where) => {
  const { register, granted } = rig.at(where);

  describe("calls another plugin", () => {
    type Find = (
      input: { text: string },
      call: { caller: string; signal: AbortSignal },
    ) => string[] | Promise<string[]>;
    let waits: AbortSignal[];
    let whens: unknown[];

    /** The plugin that offers, and one that may call. */
    async function pair(find: Find = ({ text }, { caller }) => [text, caller]) {
      waits = [];
      whens = [];
      register("notes", { apis: [{ name: "search" }] }, ({ apis }) => {
        apis.provide(search, {
          find,
          when(date) {
            whens.push(date);
            return date.getTime();
          },
          wait: (_input, { signal }) => {
            waits.push(signal);
            return new Promise(() => undefined);
          },
          echo: (input) => input,
        });
      });
      const asks = [{ api: "notes/search", reason: "To find." }];
      const context = await granted("stats", { apis: asks });
      return { apis: context.apis, client: context.apis.use(search) };
    }

    it("which is activated for it, and learns who calls", async () => {
      createHost();
      const { client } = await pair();
      expect(rig.host.list()[0]?.state.name).toBe("registered");
      expect(await client.find({ text: "croft" })).toEqual(["croft", "stats"]);
      expect(rig.host.list()[0]?.state.name).toBe("active");
      expect(await client.when("1970-01-01T00:00:01Z")).toBe(1_000);
      expect(whens).toEqual([new Date(1_000)]);
      expect(await rig.host.apis.use(search).find({ text: "croft" })).toEqual(["croft", "app"]);
    });

    it("only with a grant, and not after it is revoked, in mid-call either", async () => {
      createHost();
      const { client } = await pair();
      rig.host.revoke("stats");
      const denied = {
        code: "access/denied",
        message: "stats may not call notes/search: the permission `apis` for it is not granted.",
      };
      expect(await refusal(client.find({ text: "x" }))).toMatchObject(denied);
      expect(rig.host.list()[0]?.state.name).toBe("registered");
      rig.host.grant("stats", { apis: [{ api: "notes/search" }] });
      const waiting = refusal(client.wait(undefined));
      await expect.poll(() => waits.length).toBe(1);
      rig.host.revoke("stats");
      expect(await waiting).toMatchObject(denied);
      await expect.poll(() => waits[0]?.aborted).toBe(true);
    });

    it("and both ends check what crosses", async () => {
      createHost();
      const { client, apis } = await pair(() => [7 as unknown as string]);
      expect(await refusal(client.find({ text: 7 as unknown as string }))).toMatchObject({
        code: "input/invalid",
        message: expect.stringContaining("What was given to notes/search find is invalid: `text`"),
      });
      // With a contract of its own it gets past its own end.
      const anything = { input: z.unknown(), output: z.unknown() };
      const forged = apis.use(defineApi("notes/search", { find: anything, more: anything }));
      expect(await refusal(forged.find({ text: 7 }))).toMatchObject({ code: "input/invalid" });
      expect(await refusal(forged.more(1))).toMatchObject({ code: "plugin/unavailable" });
      expect(await refusal(client.find({ text: "x" }))).toMatchObject({
        code: "plugin/failed",
        plugin: where.startsWith("in") ? "notes" : undefined,
        message: expect.stringContaining("What notes/search find answered is invalid"),
      });
    });

    it("with plain data only, and not too much of it", async () => {
      createHost();
      const { client } = await pair();
      const data = { list: [1, "a", null, undefined, true], bytes: Uint8Array.of(1, 2) };
      expect(await client.echo(data)).toEqual(data);
      expect(await refusal(client.echo("x".repeat(2 ** 20)))).toMatchObject({
        code: "input/invalid",
        message: expect.stringContaining("is larger than"),
      });
      const error = await refusal(client.echo({ at: () => 1 }));
      expect(error).toBeInstanceOf(Error);
    });

    it("and gets its errors without their insides", async () => {
      createHost();
      let thrown: Error = new Error("no luck");
      const { client } = await pair(() => {
        throw thrown;
      });
      const failed = await refusal(client.find({ text: "x" }));
      expect(failed).toMatchObject({
        name: "CroftError",
        code: "plugin/failed",
        message: "notes/search find failed: no luck",
      });
      expect(failed.stack).not.toContain("api-calls.test.ts");
      expect(rig.problems).toMatchObject([
        { plugin: "notes", message: "notes threw in notes/search find: no luck" },
      ]);
      thrown = new CroftError("record/missing", "No such page.", { hint: "Look elsewhere." });
      const typed = await refusal(client.find({ text: "x" }));
      expect(typed).toMatchObject({
        code: "record/missing",
        message: "No such page.",
        hint: "Look elsewhere.",
      });
      expect(typed).not.toBe(thrown);
      expect(typed.stack).not.toContain("api-calls.test.ts");
      expect(rig.problems).toHaveLength(1);
    });

    it("until it aborts, waits too long, or has too many calls open", async () => {
      createHost();
      const { client } = await pair();
      const controller = new AbortController();
      const aborted = refusal(client.wait(undefined, { signal: controller.signal }));
      await expect.poll(() => waits.length).toBe(1);
      controller.abort(new Error("enough"));
      expect(await aborted).toMatchObject({ message: "enough" });
      await expect.poll(() => waits[0]?.aborted).toBe(true);
      expect(await refusal(client.wait(undefined, { timeout: 1 }))).toMatchObject({
        code: "plugin/timeout",
        message: "notes did not answer a call of notes/search within 0.001 s.",
        hint: "Try again later, or give it more time with `timeout`.",
      });
      expect(await refusal(client.wait(undefined, { timeout: 0 }))).toMatchObject({
        code: "input/invalid",
      });
      const open = Array.from({ length: 32 }, () => refusal(client.wait(undefined)));
      await expect.poll(() => waits.length).toBeGreaterThanOrEqual(33);
      expect(await refusal(client.find({ text: "x" }))).toMatchObject({ code: "plugin/busy" });
      // Others have their own.
      expect(await rig.host.apis.use(search).find({ text: "x" })).toEqual(["x", "app"]);
      await rig.host.deactivate("notes");
      for (const error of await Promise.all(open)) {
        expect(error).toMatchObject({
          code: "plugin/failed",
          message: "notes ended before notes/search answered.",
        });
      }
      // Ended by a person, it is not begun anew by a call.
      expect(await refusal(client.find({ text: "x" }))).toMatchObject({
        code: "plugin/unavailable",
        message: "notes/search cannot be called: notes does not run.",
      });
    });

    it("that is not active in time, which is told as a late answer is, and is not called when it is too late", async () => {
      createHost();
      const started = Promise.withResolvers<void>();
      const calls: unknown[] = [];
      register("notes", { apis: [{ name: "search" }] }, async ({ apis }) => {
        await started.promise;
        const echo = (input: unknown): unknown => calls.push(input);
        const none = () => [];
        const wait = () => undefined;
        apis.provide(search, { find: none, when: () => 0, wait, echo });
      });
      const asks = [{ api: "notes/search", reason: "To find." }];
      const { apis } = await granted("stats", { apis: asks });
      const client = apis.use(search);
      expect(await refusal(client.echo("early", { timeout: 20 }))).toMatchObject({
        code: "plugin/timeout",
        plugin: where.startsWith("in") ? "notes" : undefined,
        message: "notes was not active for a call of notes/search within 0.02 s.",
        hint: "Try again later, or give it more time with `timeout`.",
      });
      started.resolve();
      await client.echo("late");
      expect([calls, rig.problems]).toEqual([["late"], []]);
    });

    it("that fails when it is activated for it, and hears why", async () => {
      createHost();
      register("notes", { apis: [{ name: "search" }] }, () => {
        throw new Error("no luck");
      });
      const { apis } = await granted("stats", { apis: [{ api: "notes/search", reason: "To." }] });
      expect(await refusal(apis.use(search).echo(1))).toMatchObject({
        code: "plugin/unavailable",
        message:
          "notes/search cannot be called: notes could not be activated: notes threw in `activate`: no luck.",
      });
    });

    it("whose answer comes too late, and is nobody's any more", async () => {
      createHost();
      const late = Promise.withResolvers<string[]>();
      const { client } = await pair(() => late.promise);
      expect(await refusal(client.find({ text: "x" }, { timeout: 20 }))).toMatchObject({
        code: "plugin/timeout",
        message: "notes did not answer a call of notes/search within 0.02 s.",
      });
      late.reject(new Error("no luck"));
      expect(await client.echo("after it")).toBe("after it");
      expect(rig.problems).toEqual([]);
    });

    it("and what waits for it ends when the caller ends", async () => {
      createHost();
      const { client } = await pair();
      const waiting = refusal(client.wait(undefined));
      await expect.poll(() => waits.length).toBe(1);
      await rig.host.deactivate("stats");
      expect((await waiting).code).toMatch(/^(?:disposed|plugin\/failed)$/);
      await expect.poll(() => waits[0]?.aborted).toBe(true);
      expect((await refusal(client.wait(undefined))).code).toMatch(/^(?:disposed|plugin\/failed)$/);
    });

    it("which is not there, does not offer it, or does not provide it", async () => {
      createHost();
      const asks = [
        { api: "notes/search", reason: "To find." },
        { api: "board/cards", reason: "To find." },
        { api: "board/empty", reason: "To find." },
      ];
      const { apis } = await granted("stats", { apis: asks });
      const refused: string[] = [];
      register("board", { apis: [{ name: "empty" }] }, (context) => {
        for (const name of ["board/cards", "notes/search"]) {
          try {
            context.apis.provide(defineApi(name, {}), {});
          } catch (error) {
            refused.push((error as CroftError).code);
          }
        }
      });
      const anything = { input: z.unknown(), output: z.unknown() };
      const call = (api: string) =>
        refusal(apis.use(defineApi(api, { find: anything })).find(undefined));
      expect(await call("notes/search")).toMatchObject({
        code: "plugin/unavailable",
        message: "notes/search cannot be called: notes is not installed.",
      });
      expect(await call("board/cards")).toMatchObject({
        message: "board/cards cannot be called: board offers no such API.",
      });
      expect(await call("board/empty")).toMatchObject({
        message: "board/empty cannot be called: board does not provide it.",
      });
      expect(refused).toEqual(["input/invalid", "input/invalid"]);
    });

    it("that calls back: who waits for whom is said when time is up", async () => {
      const ask = { input: z.undefined(), output: z.unknown() };
      const timers: (() => void)[] = [];
      const clock = {
        ...systemClock,
        delay(ms: number, run: () => void) {
          if (ms !== 1_234) return systemClock.delay(ms, run);
          timers.push(run);
          return () => undefined;
        },
      };
      createHost({ clock });
      const contracts = { a: defineApi("a/x", { ask }), b: defineApi("b/x", { ask }) };
      let calls = 0;
      const offer = (id: "a" | "b", other: "a" | "b") =>
        register(
          id,
          {
            apis: [{ name: "x" }],
            permissions: { apis: [{ api: `${other}/x`, reason: "To ask." }] },
          },
          ({ apis }) => {
            apis.provide(contracts[id], {
              // Each waits for the other, for ever.
              ask: () => {
                if (++calls > 2) return new Promise(() => undefined);
                return apis.use(contracts[other]).ask(undefined, { timeout: 60_000 });
              },
            });
          },
        );
      const a = offer("a", "b");
      offer("b", "a");
      for (const { id, manifest } of rig.host.list()) rig.host.grant(id, manifest.permissions);
      await rig.host.activate("a");
      const asked = refusal(a().apis.use(contracts.b).ask(undefined, { timeout: 1_234 }));
      await expect.poll(() => calls).toBe(3);
      for (const run of timers) run();
      expect(await asked).toMatchObject({
        code: "plugin/timeout",
        message: "b did not answer a call of b/x within 1.234 s.",
        hint: "They may wait for each other: a → b → a.",
      });
    });
  });
});
