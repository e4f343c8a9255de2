/** What plugins get of their host, in its process and at the other end of a real port. */

import { describe, expect, it } from "vitest";
import { PLACES, refusal, setUpServices } from "../testing/services-rig.ts";
import type { PermissionQuestion } from "./permission-asker.ts";

const rig = setUpServices();
const { createHost } = rig;

describe.each(PLACES)("a plugin %s", (where) => {
  const { granted } = rig.at(where);

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
      rig.host.revoke("stats");
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
      await rig.host.dispose();
      createHost({ notifications: { show: () => undefined } });
      const { notifications } = await granted("stats", permissions);
      expect(await refusal(notifications.show({ title: "" }))).toMatchObject({
        code: "input/invalid",
      });
      for (let n = 0; n < 5; n++) await notifications.show({ title: `${n}` });
      expect(await refusal(notifications.show({ title: "6" }))).toMatchObject({
        code: "plugin/busy",
      });
      await rig.host.deactivate("stats");
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
    rig.host.revoke("stats", { network: [{ origin: "https://api.example.com" }] });
    expect(await hanging).toMatchObject({
      code: "access/denied",
      message: expect.stringContaining("the permission `network`"),
    });
    rig.host.grant("stats", {
      network: [{ origin: "https://api.example.com", paths: ["/v1/hang"] }],
    });
    const controller = new AbortController();
    const { signal } = controller;
    const aborted = refusal(network.fetch("https://api.example.com/v1/hang", { signal }));
    await expect.poll(() => fetched.length).toBe(3);
    controller.abort(new Error("enough"));
    expect(await aborted).toMatchObject({ message: "enough" });
    const ending = refusal(network.fetch("https://api.example.com/v1/hang"));
    await expect.poll(() => fetched.length).toBe(4);
    await rig.host.deactivate("stats");
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
      expect(rig.host.list()[0]?.granted).toMatchObject({
        clipboard: [{ access: "read" }],
        notifications: [],
      });
      const told: unknown[] = [];
      rig.host.onRequestGranted((grant) => told.push(grant));
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
      rig.host.revoke("stats", { notifications: [{}] });
      expect([await own.request({ notifications: [{}] }), asked]).toEqual([false, 2]);
      rig.host.grant("stats", write);
      expect(await own.request(write)).toBe(true);
    });

    it("of which the person is not asked what the manifest does not mark, or nobody asks", async () => {
      createHost();
      const { permissions: own } = await granted("stats", permissions);
      expect(await own.request(write)).toBe(false);
      await rig.host.dispose();
      createHost({
        onAsk: () => {
          throw new Error("must not be asked");
        },
      });
      const { permissions: again } = await granted("stats", permissions);
      rig.host.revoke("stats");
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
      await rig.host.deactivate("board");
      expect(open[1]?.signal.aborted).toBe(true);
      expect((await ended).code).toMatch(/^(?:disposed|plugin\/failed)$/);
      const third = one.permissions.request({ notifications: [{}] });
      await expect.poll(() => answers.length).toBe(3);
      answers[2]?.(true);
      expect(await third).toBe(true);
    });
  });
});
