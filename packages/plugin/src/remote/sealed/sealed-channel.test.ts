/** Sealed channels with somebody in between who does what it likes with what passes. */

import {
  type Channel,
  type ChannelClose,
  CloseCode,
  createMemoryChannelPair,
  createMessagePortChannel,
} from "@croft/core";
import { describeChannel } from "@croft/core/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Admission, createAdmission } from "./admission.ts";
import { LARGEST_RECORD, LEAST_RECORD, PORT_WINDOW } from "./records.ts";
import { sealForHost, sealForPlugin } from "./sealed-channel.ts";

type Side = "host" | "plugin";

/** Two ends, and what passes between them: by default everything. */
interface Rig {
  readonly host: Channel;
  readonly plugin: Channel;
  readonly heard: Record<Side, string[]>;
  readonly closes: Record<Side, ChannelClose[]>;
  /** All that was sent, by who sent it, the handshake too. */
  readonly passed: Record<Side, Uint8Array[]>;
  /** What the one in between puts in or cuts. */
  readonly between: Record<Side, Channel>;
}

interface RigOptions {
  readonly admission?: Admission;
  /** What the realm has; default: what the admission handed over. */
  readonly handover?: ArrayBuffer;
  /** What becomes of a record; `at` counts those of its sender. */
  readonly pass?: (record: Uint8Array, from: Side, at: number) => readonly Uint8Array[];
}

async function rig({ admission, handover, pass }: RigOptions = {}): Promise<Rig> {
  const admitted = admission ?? (await createAdmission("stats"));
  const [hostEnd, toHost] = createMemoryChannelPair();
  const [pluginEnd, toPlugin] = createMemoryChannelPair();
  const passed: Record<Side, Uint8Array[]> = { host: [], plugin: [] };
  const forward = (from: Side, source: Channel, target: Channel): void => {
    source.onFrame((record) => {
      const at = passed[from].push(record) - 1;
      for (const each of pass?.(record, from, at) ?? [record]) target.send(each);
    });
    source.onClose(({ code, reason }) => target.close(code, reason));
  };
  forward("plugin", toPlugin, toHost);
  forward("host", toHost, toPlugin);
  const host = sealForHost(hostEnd, admitted);
  const plugin = sealForPlugin(pluginEnd, handover ?? admitted.handover.slice(0));
  const heard: Record<Side, string[]> = { host: [], plugin: [] };
  const closes: Record<Side, ChannelClose[]> = { host: [], plugin: [] };
  host.onFrame((frame) => heard.host.push(textOf(frame)));
  plugin.onFrame((frame) => heard.plugin.push(textOf(frame)));
  host.onClose((close) => closes.host.push(close));
  plugin.onClose((close) => closes.plugin.push(close));
  return { host, plugin, heard, closes, passed, between: { host: toHost, plugin: toPlugin } };
}

/** Bytes of which no two near each other are the same. */
const noise = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => (at * 31) ^ (at >> 8));
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Has each side say one thing, and the other hear it. */
async function greetEachOther({ host, plugin, heard }: Rig): Promise<void> {
  plugin.send(bytesOf("hello"));
  host.send(bytesOf("welcome"));
  await expect.poll(() => heard, SOON).toEqual({ host: ["hello"], plugin: ["welcome"] });
}

/** Asked often, since it is asked for each of many runs. */
const SOON = { interval: 1 };
const TAMPERED = {
  code: CloseCode.violation,
  reason: "a frame was changed, lost, repeated or out of order on its way",
};
const UNPROVED = { code: CloseCode.unauthorized, reason: "it does not prove its capability" };

const kinds: Record<string, () => readonly [Channel, Channel]> = {
  memory: () => {
    const [a, b] = createMemoryChannelPair();
    return [a, b];
  },
  "message port": () => {
    const { port1, port2 } = new MessageChannel();
    return [createMessagePortChannel(port1), createMessagePortChannel(port2)];
  },
};
for (const [kind, connect] of Object.entries(kinds)) {
  describeChannel(
    `sealed (${kind})`,
    async () => {
      const [a, b] = connect();
      const admission = await createAdmission("stats");
      const host = sealForHost(a, admission);
      const plugin = sealForPlugin(b, admission.handover);
      // The host tells nothing before it was greeted, not even that it closes.
      plugin.send(bytesOf("ready"));
      await new Promise<void>((resolve) => {
        const stop = host.onFrame(() => {
          stop();
          resolve();
        });
      });
      return { ends: [host, plugin] };
    },
    { describe, it, expect },
  );
}

describe("what passes", () => {
  it("is nothing that the one in between can read, and nothing that is small", async () => {
    const given = await rig();
    await greetEachOther(given);
    const all = [...given.passed.host, ...given.passed.plugin];
    expect(all.map(({ byteLength }) => byteLength)).toEqual(all.map(() => LEAST_RECORD));
    for (const word of ["hello", "welcome"]) {
      expect(all.filter((record) => textOf(record).includes(word))).toEqual([]);
    }
  });

  it("of one turn goes in one record, however much it is in few", async () => {
    const given = await rig();
    await greetEachOther(given);
    given.passed.plugin.length = 0;
    for (let n = 0; n < 300; n++) given.plugin.send(bytesOf(`frame ${n}`));
    await expect.poll(() => given.heard.host.length).toBe(301);
    expect(given.passed.plugin).toHaveLength(1);
    given.passed.plugin.length = 0;
    given.plugin.send(new Uint8Array(5 * LARGEST_RECORD));
    await expect.poll(() => given.heard.host.length).toBe(302);
    expect(given.passed.plugin.map(({ byteLength }) => byteLength <= LARGEST_RECORD)).toEqual(
      Array.from({ length: 6 }, () => true),
    );
  });

  it("arrives whole, whatever its frames are", async () => {
    const frames = fc.array(fc.nat({ max: 200_000 }).map(noise), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(frames, fc.boolean(), async (sent, isHost) => {
        const given = await rig();
        await greetEachOther(given);
        const [from, to] = isHost ? [given.host, given.plugin] : [given.plugin, given.host];
        const received: Uint8Array[] = [];
        const closed = new Promise((resolve) => to.onClose(resolve));
        to.onFrame((frame) => received.push(frame));
        for (const frame of sent) from.send(frame);
        from.close(CloseCode.normal, "that is all");
        expect(await closed).toEqual({ code: CloseCode.normal, reason: "that is all" });
        expect(received.map(({ byteLength }) => byteLength)).toEqual(
          sent.map(({ byteLength }) => byteLength),
        );
        // Byte by byte by hand: `toEqual` takes seconds for what is so large.
        const isSame = (frame: Uint8Array, at: number): boolean =>
          frame.every((byte, index) => byte === sent[at]?.[index]);
        expect(received.every(isSame)).toBe(true);
      }),
      { numRuns: 20 },
    );
  }, 30_000);

  it("from a plugin is never more on its way than the sandbox lets through", async () => {
    let most = 0;
    const [hostEnd, pluginEnd] = createMemoryChannelPair();
    const admission = await createAdmission("stats");
    const counting: Channel = Object.create(pluginEnd, {
      send: {
        value: (frame: Uint8Array) => {
          pluginEnd.send(frame);
          most = Math.max(most, pluginEnd.buffered);
        },
      },
    });
    const plugin = sealForPlugin(counting, admission.handover);
    for (let n = 0; n < 50; n++) plugin.send(new Uint8Array(100_000));
    await expect.poll(() => most).toBeGreaterThan(PORT_WINDOW - 2 * LARGEST_RECORD);
    let received = 0;
    sealForHost(hostEnd, admission).onFrame(() => received++);
    await expect.poll(() => received).toBe(50);
    expect(most).toBeLessThanOrEqual(PORT_WINDOW);
  });
});

describe("the handshake", () => {
  it("comes before anything else is said", async () => {
    const held: Uint8Array[] = [];
    const given = await rig({
      pass: (record) => {
        held.push(record);
        return [];
      },
    });
    given.host.send(bytesOf("secret"));
    given.plugin.send(bytesOf("hello"));
    await expect.poll(() => held).toHaveLength(2);
    expect(given.passed.host).toEqual([]);
    for (const record of held) given.between.host.send(record);
    await expect.poll(() => given.heard.host).toEqual(["hello"]);
    await expect.poll(() => given.passed.host).toHaveLength(1);
  });

  it.each<[string, (admission: Admission) => Promise<ArrayBuffer>]>([
    ["another plugin's capability", async () => (await createAdmission("other")).handover],
    ["its own of another activation", async () => (await createAdmission("stats")).handover],
    ["one that it made up", async ({ handover }) => changed(handover, 0, 32)],
    ["another key of the host's", async ({ handover }) => changed(handover, 32, 64)],
    ["the name of another activation", async ({ handover }) => changed(handover, 64, 70)],
  ])("fails with %s", async (_what, forge) => {
    const admission = await createAdmission("stats");
    const given = await rig({ admission, handover: await forge(admission) });
    given.host.send(bytesOf("secret"));
    given.plugin.send(bytesOf("hello"));
    await expect.poll(() => given.closes.host).toEqual([UNPROVED]);
    expect(given.passed.host).toEqual([]);
    expect(given.heard).toEqual({ host: [], plugin: [] });
    await expect
      .poll(() => given.closes.plugin)
      .toEqual([{ code: CloseCode.lost, reason: UNPROVED.reason }]);
  });

  it("of an activation that is over opens no other one, and not the same one again", async () => {
    const admission = await createAdmission("stats");
    const first = await rig({ admission });
    await greetEachOther(first);
    const replay = [...first.passed.plugin];
    for (const later of [await createAdmission("stats"), admission]) {
      const [hostEnd, attacker] = createMemoryChannelPair();
      const closed = new Promise((resolve) => sealForHost(hostEnd, later).onClose(resolve));
      for (const record of replay) attacker.send(record);
      expect(await closed).toEqual(UNPROVED);
    }
  });

  it("fails on anything else", async () => {
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 600 }),
      fc.uint8Array({ minLength: LEAST_RECORD, maxLength: LEAST_RECORD }),
    );
    await fc.assert(
      fc.asyncProperty(garbage, async (bytes) => {
        const [hostEnd, attacker] = createMemoryChannelPair();
        const host = sealForHost(hostEnd, await createAdmission("stats"));
        const closed = new Promise((resolve) => host.onClose(resolve));
        attacker.send(bytes);
        expect(await closed).toEqual(UNPROVED);
      }),
      { numRuns: 40 },
    );
  }, 30_000);

  it("is not begun with what is no admission", async () => {
    const [end, other] = createMemoryChannelPair();
    const plugin = sealForPlugin(end, new ArrayBuffer(7));
    const closed = new Promise((resolve) => plugin.onClose(resolve));
    expect(await closed).toMatchObject({ code: CloseCode.failed });
    await expect.poll(() => other.closed).toBe(true);
  });

  it("leaves nothing of the capability in what was handed over", async () => {
    const { handover } = await createAdmission("stats");
    const [end] = createMemoryChannelPair();
    sealForPlugin(end, handover);
    expect(new Uint8Array(handover).every((byte) => byte === 0)).toBe(true);
  });
});

/** The same bytes, but for some of them. */
function changed(buffer: ArrayBuffer, from: number, to: number): ArrayBuffer {
  const bytes = new Uint8Array(buffer.slice(0));
  // Not the last bit of a byte: X25519 ignores one of a key.
  for (let at = from; at < to; at++) bytes[at] = (bytes[at] ?? 0) ^ 0x15;
  return bytes.buffer;
}

describe("somebody in between who", () => {
  /** Sends three records one after the other, and does something with the second and third. */
  async function attack(
    from: Side,
    pass: (record: Uint8Array, at: number) => readonly Uint8Array[],
  ): Promise<{ readonly heard: string[]; readonly closes: ChannelClose[] }> {
    let base = Number.POSITIVE_INFINITY;
    const given = await rig({
      pass: (record, sender, at) =>
        sender === from && at >= base ? pass(record, at - base) : [record],
    });
    await greetEachOther(given);
    base = given.passed[from].length;
    const to = from === "host" ? "plugin" : "host";
    given.heard[to].length = 0;
    for (const text of ["one", "two", "three"]) {
      const before = given.passed[from].length;
      given[from].send(bytesOf(text));
      await expect
        .poll(() => given.passed[from].length + given.closes[to].length, SOON)
        .toBeGreaterThan(before);
      if (given.closes[to].length > 0) break;
    }
    await expect.poll(() => given.closes[to], SOON).toHaveLength(1);
    return { heard: given.heard[to], closes: given.closes[to] };
  }

  describe.each<Side>(["host", "plugin"])("meddles with what the %s sends", (from) => {
    it("is noticed when it repeats a record", async () => {
      const { heard, closes } = await attack(from, (record) => [record, record]);
      expect([heard, closes]).toEqual([["one"], [TAMPERED]]);
    });

    it("is noticed when it loses a record", async () => {
      const { heard, closes } = await attack(from, (record, at) => (at === 1 ? [] : [record]));
      expect([heard, closes]).toEqual([["one"], [TAMPERED]]);
    });

    it("is noticed when it swaps two records", async () => {
      let kept: Uint8Array | undefined;
      const { heard, closes } = await attack(from, (record, at) => {
        if (at === 0) return [record];
        if (!kept) {
          kept = record;
          return [];
        }
        return [record, kept];
      });
      expect([heard, closes]).toEqual([["one"], [TAMPERED]]);
    });

    it("is noticed when it cuts a record", async () => {
      const { heard, closes } = await attack(from, (record, at) =>
        at === 1 ? [record.subarray(0, record.length - 1)] : [record],
      );
      expect([heard, closes]).toEqual([["one"], [TAMPERED]]);
    });

    it("is noticed when it puts in a record of another activation at the same place", async () => {
      const other = await rig();
      await greetEachOther(other);
      const before = other.passed[from].length;
      other[from].send(bytesOf("other"));
      await expect.poll(() => other.passed[from]).toHaveLength(before + 1);
      const { heard, closes } = await attack(from, () => other.passed[from].slice(-1));
      expect([heard, closes]).toEqual([[], [TAMPERED]]);
    });

    it("is noticed when it sends back what came", async () => {
      const given = await rig();
      await greetEachOther(given);
      const to = from === "host" ? "plugin" : "host";
      for (const record of given.passed[to].slice(-1)) given.between[to].send(record);
      await expect.poll(() => given.closes[to]).toEqual([TAMPERED]);
    });

    it("is noticed when it changes any bit", async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat({ max: LEAST_RECORD * 8 - 1 }), async (bit) => {
          const { heard, closes } = await attack(from, (record) => {
            const flipped = record.slice();
            flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
            return [flipped];
          });
          expect([heard, closes]).toEqual([[], [TAMPERED]]);
        }),
        { numRuns: 25 },
      );
    }, 30_000);
  });

  it("ends the connection is not taken for the other side", async () => {
    const given = await rig();
    await greetEachOther(given);
    given.between.host.close(CloseCode.normal, "");
    await expect
      .poll(() => given.closes.host)
      .toEqual([{ code: CloseCode.lost, reason: "the connection was cut off" }]);
  });

  it("ends the connection after the frames before it were heard", async () => {
    const given = await rig();
    await greetEachOther(given);
    for (let n = 0; n < 4; n++) {
      given.plugin.send(new Uint8Array(2 * LARGEST_RECORD));
      // A record or more each, so that some wait while one is opened.
      await Promise.resolve();
    }
    await expect.poll(() => given.passed.plugin.length).toBeGreaterThanOrEqual(11);
    given.between.host.close(CloseCode.goingAway, "the sandbox was ended");
    await expect
      .poll(() => given.closes.host)
      .toEqual([{ code: CloseCode.lost, reason: "the sandbox was ended" }]);
    expect(given.heard.host).toHaveLength(5);
  });
});

describe("a plugin that was admitted and", () => {
  it("sends a message that is too large loses its port, not its host", async () => {
    const given = await rig();
    await greetEachOther(given);
    given.plugin.send(new Uint8Array(33 * 1024 * 1024));
    await expect.poll(() => given.closes.host).toMatchObject([{ code: CloseCode.tooLarge }]);
  });
});
