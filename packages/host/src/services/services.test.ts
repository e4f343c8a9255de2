/** What plugins get of their host, in its process and at the other end of a real port. */

import {
  createMemoryStore,
  CroftError,
  openWorkspace,
  systemClock,
  type Workspace,
} from "@croft/core";
import {
  defineApi,
  definePlugin,
  type Plugin,
  type PluginContext,
  type PluginManifestInput,
} from "@croft/plugin";
import { servePlugin } from "@croft/plugin/remote";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { createPluginHost, type PluginHost, type PluginHostOptions } from "../plugin-host.ts";
import { createRemotePlugin } from "../remote/remote-plugin.ts";
import type { PermissionQuestion } from "./permission-asker.ts";

const search = defineApi("notes/search", {
  find: { input: z.object({ text: z.string() }), output: z.array(z.string()) },
  when: { input: z.string().transform((text) => new Date(text)), output: z.number() },
  wait: { input: z.undefined(), output: z.undefined() },
  echo: { input: z.unknown(), output: z.unknown() },
});

let workspace: Workspace;
let host: PluginHost;
let problems: CroftError[];

beforeEach(async () => {
  problems = [];
  workspace = await openWorkspace({
    id: "acme",
    user: "ada",
    store: async () => createMemoryStore(),
  });
});
afterEach(async () => {
  await host.dispose();
  await workspace.dispose();
});

function createHost(options: Partial<PluginHostOptions> = {}): void {
  host = createPluginHost({
    workspace,
    onProblem: (problem) => problems.push(problem),
    onLog: () => undefined,
    ...options,
  });
}

/** What a promise rejects with. */
async function refusal(promise: Promise<unknown>): Promise<CroftError> {
  const error = await promise.then(
    (value) => new Error(`resolved with ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  return error as CroftError;
}

describe.each(["in the host's process", "at the other end of a port"])("a plugin %s", (where) => {
  const place = (plugin: Plugin): Plugin => {
    if (where.startsWith("in")) return plugin;
    const openRealm = async (admission: ArrayBuffer | undefined) => {
      const { port1, port2 } = new MessageChannel();
      servePlugin(plugin, port2, admission);
      return { port: port1, close: () => port2.close() };
    };
    return createRemotePlugin({ manifest: plugin.manifest, workspace, host, openRealm });
  };

  /** Registers a plugin, and returns what gives its context while it is active. */
  function register(
    id: string,
    more: Partial<PluginManifestInput> = {},
    activate: (context: PluginContext) => void | Promise<void> = () => undefined,
  ): () => PluginContext {
    let context: PluginContext | undefined;
    const manifest = { id, name: id, version: "1.0.0", engine: "*", ...more };
    const plugin = definePlugin({
      manifest,
      activate(given) {
        context = given;
        return activate(given);
      },
    });
    host.register(place(plugin));
    return () => {
      if (context) return context;
      throw new Error(`${id} was not activated`);
    };
  }

  const granted = async (
    id: string,
    permissions: PluginManifestInput["permissions"],
  ): Promise<PluginContext> => {
    const context = register(id, { permissions });
    host.grant(id, host.list().find((plugin) => plugin.id === id)?.manifest.permissions ?? {});
    await host.activate(id);
    return context();
  };

  describe("uses notifications and the clipboard", () => {
    const permissions = {
      notifications: [{ reason: "To remind you." }],
      clipboard: [{ access: "write", reason: "To copy." }],
    } as const;

    it("as far as it was granted, until it is revoked", async () => {
      const shown: unknown[] = [];
      let clipboard = "before";
      createHost({
        notifications: { show: (notification, { name }) => void shown.push([name, notification]) },
        clipboard: {
          writeText: async (text) => void (clipboard = text),
          readText: async () => clipboard,
        },
      });
      const context = await granted("stats", permissions);
      await context.notifications.show({ title: "Time is up" });
      await context.clipboard.writeText("1,204 words");
      expect([shown, clipboard]).toEqual([[["stats", { title: "Time is up" }]], "1,204 words"]);
      expect(await refusal(context.clipboard.readText())).toMatchObject({
        code: "access/denied",
        message:
          "stats may not read the clipboard: the permission `clipboard` for it is not granted.",
      });
      host.revoke("stats");
      expect(await refusal(context.notifications.show({ title: "Again" }))).toMatchObject({
        code: "access/denied",
        message: expect.stringContaining("`notifications`"),
      });
      expect(await refusal(context.clipboard.writeText("x"))).toMatchObject({
        code: "access/denied",
      });
    });

    it("not without the application's, nor too often, nor with what is none", async () => {
      createHost();
      const bare = await granted("stats", permissions);
      expect(await refusal(bare.notifications.show({ title: "Hello" }))).toMatchObject({
        code: "plugin/unavailable",
      });
      expect(await refusal(bare.clipboard.writeText("x"))).toMatchObject({
        code: "plugin/unavailable",
      });
      await host.dispose();
      createHost({ notifications: { show: () => undefined } });
      const { notifications } = await granted("stats", permissions);
      expect(await refusal(notifications.show({ title: "" }))).toMatchObject({
        code: "input/invalid",
      });
      for (let n = 0; n < 5; n++) await notifications.show({ title: `${n}` });
      expect(await refusal(notifications.show({ title: "6" }))).toMatchObject({
        code: "plugin/busy",
      });
      await host.deactivate("stats");
      expect(await refusal(notifications.show({ title: "7" }))).toMatchObject({
        code: "disposed",
      });
    });
  });

  it("fetches what it was granted, through the host's `fetch`, and not after it is revoked", async () => {
    const fetched: unknown[] = [];
    const fetch = async (url: string | URL | Request, options?: RequestInit): Promise<Response> => {
      const { method, credentials, redirect, cache, referrerPolicy } = options ?? {};
      fetched.push([String(url), method, credentials, redirect, cache, referrerPolicy]);
      if (String(url).endsWith("hang")) await new Promise(() => undefined);
      return new Response(Uint8Array.of(1, 2), { status: 404, headers: { etag: "x", "x-y": "z" } });
    };
    createHost({ network: { fetch } });
    const { network } = await granted("stats", {
      network: [{ origin: "https://api.example.com", paths: ["/v1/*"], reason: "To look up." }],
    });
    expect(await network.fetch("https://api.example.com/v1/a")).toEqual({
      status: 404,
      headers: { etag: "x" },
      body: Uint8Array.of(1, 2),
    });
    expect(fetched).toEqual([
      ["https://api.example.com/v1/a", "GET", "omit", "manual", "no-store", "no-referrer"],
    ]);
    expect(await refusal(network.fetch("https://example.com/v1/a"))).toMatchObject({
      code: "access/denied",
    });
    const hanging = refusal(network.fetch("https://api.example.com/v1/hang"));
    await expect.poll(() => fetched.length).toBe(2);
    host.revoke("stats", { network: [{ origin: "https://api.example.com" }] });
    expect(await hanging).toMatchObject({
      code: "access/denied",
      message: expect.stringContaining("the permission `network`"),
    });
    host.grant("stats", { network: [{ origin: "https://api.example.com", paths: ["/v1/hang"] }] });
    const controller = new AbortController();
    const { signal } = controller;
    const aborted = refusal(network.fetch("https://api.example.com/v1/hang", { signal }));
    await expect.poll(() => fetched.length).toBe(3);
    controller.abort(new Error("enough"));
    expect(await aborted).toMatchObject({ message: "enough" });
    const ending = refusal(network.fetch("https://api.example.com/v1/hang"));
    await expect.poll(() => fetched.length).toBe(4);
    await host.deactivate("stats");
    expect((await ending).code).toMatch(/^(?:disposed|plugin\/failed)$/);
  });

  describe("requests a permission", () => {
    const permissions = {
      clipboard: [
        { access: "write", reason: "To copy.", optional: true },
        { access: "read", reason: "To paste." },
      ],
      notifications: [{ reason: "To remind you.", optional: true }],
    } as const;
    const write = { clipboard: [{ access: "write" }] } as const;

    it("and has it when the person says yes; nobody is asked for what is granted", async () => {
      const questions: PermissionQuestion[] = [];
      createHost({
        onAsk(question) {
          questions.push(question);
          return true;
        },
      });
      const { permissions: own } = await granted("stats", permissions);
      expect(host.list()[0]?.granted).toMatchObject({
        clipboard: [{ access: "read" }],
        notifications: [],
      });
      const told: unknown[] = [];
      host.onRequestGranted((grant) => told.push(grant));
      expect(await own.has(write)).toBe(false);
      expect(await own.request(write)).toBe(true);
      expect(await own.has(write)).toBe(true);
      expect(await own.request(write)).toBe(true);
      expect(questions.map(({ plugin, words }) => [plugin.id, words])).toEqual([
        ["stats", [{ what: "Put text on the clipboard", why: "To copy." }]],
      ]);
      expect(told).toMatchObject([{ plugin: "stats", permissions: write }]);
    });

    it("and is not asked again when the person said no, or took it away", async () => {
      let answer = false;
      let asked = 0;
      createHost({
        onAsk() {
          asked++;
          return answer;
        },
      });
      const { permissions: own } = await granted("stats", permissions);
      expect([await own.request(write), await own.request(write), asked]).toEqual([
        false,
        false,
        1,
      ]);
      answer = true;
      expect(await own.request({ notifications: [{}] })).toBe(true);
      host.revoke("stats", { notifications: [{}] });
      expect([await own.request({ notifications: [{}] }), asked]).toEqual([false, 2]);
      host.grant("stats", write);
      expect(await own.request(write)).toBe(true);
    });

    it("of which the person is not asked what the manifest does not mark, or nobody asks", async () => {
      createHost();
      const { permissions: own } = await granted("stats", permissions);
      expect(await own.request(write)).toBe(false);
      await host.dispose();
      createHost({
        onAsk: () => {
          throw new Error("must not be asked");
        },
      });
      const { permissions: again } = await granted("stats", permissions);
      host.revoke("stats");
      expect(await again.request({ clipboard: [{ access: "read" }] })).toBe(false);
      const more = { network: [{ origin: "https://api.example.com" }] };
      expect(await refusal(again.request(more))).toMatchObject({
        code: "input/invalid",
        message: expect.stringContaining("stats did not ask for the network permission"),
      });
    });

    it("one prompt after the other, which goes away with the plugin", async () => {
      const open: PermissionQuestion[] = [];
      const answers: ((yes: boolean) => void)[] = [];
      createHost({
        onAsk(question) {
          open.push(question);
          return new Promise<boolean>((resolve) => answers.push(resolve));
        },
      });
      const one = await granted("stats", permissions);
      const other = await granted("board", permissions);
      const first = one.permissions.request(write);
      await expect.poll(() => open.length).toBe(1);
      expect(await refusal(one.permissions.request({ notifications: [{}] }))).toMatchObject({
        code: "plugin/busy",
      });
      const second = other.permissions.request(write);
      // As many turns as an answer would take.
      expect(await other.permissions.has(write)).toBe(false);
      expect(open).toHaveLength(1);
      answers[0]?.(true);
      expect(await first).toBe(true);
      await expect.poll(() => open.length).toBe(2);
      const ended = refusal(second);
      await host.deactivate("board");
      expect(open[1]?.signal.aborted).toBe(true);
      expect((await ended).code).toMatch(/^(?:disposed|plugin\/failed)$/);
      const third = one.permissions.request({ notifications: [{}] });
      await expect.poll(() => answers.length).toBe(3);
      answers[2]?.(true);
      expect(await third).toBe(true);
    });
  });

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
      expect(host.list()[0]?.state.name).toBe("registered");
      expect(await client.find({ text: "croft" })).toEqual(["croft", "stats"]);
      expect(host.list()[0]?.state.name).toBe("active");
      expect(await client.when("1970-01-01T00:00:01Z")).toBe(1_000);
      expect(whens).toEqual([new Date(1_000)]);
      expect(await host.apis.use(search).find({ text: "croft" })).toEqual(["croft", "app"]);
    });

    it("only with a grant, and not after it is revoked, in mid-call either", async () => {
      createHost();
      const { client } = await pair();
      host.revoke("stats");
      const denied = {
        code: "access/denied",
        message: "stats may not call notes/search: the permission `apis` for it is not granted.",
      };
      expect(await refusal(client.find({ text: "x" }))).toMatchObject(denied);
      expect(host.list()[0]?.state.name).toBe("registered");
      host.grant("stats", { apis: [{ api: "notes/search" }] });
      const waiting = refusal(client.wait(undefined));
      await expect.poll(() => waits.length).toBe(1);
      host.revoke("stats");
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
      expect(failed.stack).not.toContain("services.test.ts");
      expect(problems).toMatchObject([
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
      expect(typed.stack).not.toContain("services.test.ts");
      expect(problems).toHaveLength(1);
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
      expect(await host.apis.use(search).find({ text: "x" })).toEqual(["x", "app"]);
      await host.deactivate("notes");
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
      expect([calls, problems]).toEqual([["late"], []]);
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
      expect(problems).toEqual([]);
    });

    it("and what waits for it ends when the caller ends", async () => {
      createHost();
      const { client } = await pair();
      const waiting = refusal(client.wait(undefined));
      await expect.poll(() => waits.length).toBe(1);
      await host.deactivate("stats");
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
      for (const { id, manifest } of host.list()) host.grant(id, manifest.permissions);
      await host.activate("a");
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
