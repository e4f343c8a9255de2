import { CroftError } from "@croft/core";
import fc from "fast-check";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import type { PluginManifestInput } from "../index.ts";
import { createPublisherKeys, packPlugin, readPackage, signPackage } from "./index.ts";
import { writeLayout } from "./layout.ts";
import type { PublisherKeyPair } from "./publisher-key.ts";

const manifest: PluginManifestInput = {
  id: "stats",
  name: "Statistics",
  version: "1.0.0",
  engine: "^0.1.0",
  publisher: "Ada",
};
const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const MAIN = bytesOf("export default 1;\n");
const files = new Map([
  ["main.js", MAIN],
  ["LICENSE", bytesOf("MIT")],
  ["assets/logo.svg", bytesOf("<svg/>")],
  ["assets/empty", bytesOf("")],
]);
const sha = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> =>
  Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** What else is read as the same bytes: the bits that the last letter has to spare may be any. */
function otherForms(base64url: string): readonly string[] {
  const bytes = Buffer.from(base64url, "base64url");
  return LETTERS.split("")
    .map((letter) => base64url.slice(0, -1) + letter)
    .filter((form) => form !== base64url && bytes.equals(Buffer.from(form, "base64url")));
}

let keys: PublisherKeyPair;
let packed: Uint8Array<ArrayBuffer>;
let signed: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  keys = await createPublisherKeys();
  packed = await packPlugin({ manifest, files });
  signed = await signPackage(packed, keys);
});

describe("a package", () => {
  it("holds what was packed", async () => {
    const read = await readPackage(packed);
    expect(read.manifest).toMatchObject({ ...manifest, entry: "main.js" });
    expect(read.publisher).toBeUndefined();
    expect(new Map(read.files)).toEqual(files);
  });

  it("has one hash for one content, in whatever order it was packed and whoever signed it", async () => {
    const { hash } = await readPackage(packed);
    const again = await packPlugin({ manifest, files: new Map([...files].toReversed()) });
    expect((await readPackage(again)).hash).toBe(hash);
    expect((await readPackage(signed)).hash).toBe(hash);
    const other = new Map(files).set("main.js", bytesOf("export default 2;\n"));
    expect((await readPackage(await packPlugin({ manifest, files: other }))).hash).not.toBe(hash);
    const newer = { ...manifest, version: "1.0.1" };
    expect((await readPackage(await packPlugin({ manifest: newer, files }))).hash).not.toBe(hash);
  });

  it("is read from within a larger buffer", async () => {
    const around = new Uint8Array(signed.length + 20);
    around.set(signed, 7);
    const read = await readPackage(around.subarray(7, 7 + signed.length));
    expect(read.publisher).toBe(keys.publisher);
    expect(read.files.get("main.js")).toEqual(MAIN);
  });

  it("tells who signed it, last", async () => {
    expect((await readPackage(signed)).publisher).toBe(keys.publisher);
    const others = await createPublisherKeys();
    const again = await signPackage(signed, others);
    expect((await readPackage(again)).publisher).toBe(others.publisher);
  });

  it("is refused when one byte of it was changed, wherever", async () => {
    // What follows the list is gzip, of which some bytes say nothing about the content: time, system.
    const list = signed.findLastIndex((byte, at) => byte === 0x1f && signed[at + 1] === 0x8b);
    const { hash, publisher } = await readPackage(signed);
    const taken: unknown[] = [];
    const codes = new Set<unknown>();
    for (let at = 0; at < signed.length; at++) {
      const changed = signed.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x01;
      const read = await readPackage(changed).catch((error: unknown) => error);
      if (read instanceof CroftError) codes.add(read.code);
      else taken.push({ inGzip: at > list, read });
    }
    expect(codes).toEqual(new Set(["plugin/package", "plugin/signature"]));
    expect(taken.length).toBeLessThan(10);
    for (const each of taken)
      expect(each).toMatchObject({ inGzip: true, read: { hash, publisher } });
  });

  it("names a publisher in one form only, and has one signature of each", async () => {
    const text = Buffer.from(signed).toString("latin1");
    const { signature } = JSON.parse(/\{"publisher".*?\}/.exec(text)?.[0] ?? "") as {
      readonly signature: string;
    };
    for (const written of [keys.publisher, signature]) {
      const others = otherForms(written);
      expect(others.length).toBeGreaterThan(0);
      for (const other of others) {
        expect(Buffer.from(other, "base64url")).toEqual(Buffer.from(written, "base64url"));
        const changed = Buffer.from(text.replace(written, other), "latin1");
        await expect(readPackage(changed)).rejects.toMatchObject({ code: "plugin/package" });
      }
    }
  });

  it("is refused when it is cut anywhere, or goes on", async () => {
    for (let end = 0; end < signed.length; end++) {
      await expect(readPackage(signed.slice(0, end))).rejects.toBeInstanceOf(CroftError);
    }
  });

  it("of any bytes is refused in words, never with another error", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.nat(), async (noise, at) => {
        const bytes = signed.slice();
        bytes.set(
          noise.subarray(0, Math.max(0, bytes.length - (at % bytes.length))),
          at % bytes.length,
        );
        const outcome = await readPackage(bytes).then(
          () => undefined,
          (error: unknown) => error,
        );
        expect(outcome ?? new CroftError("disposed", "")).toBeInstanceOf(CroftError);
      }),
      { numRuns: 300 },
    );
  });
});

describe("packing refuses", () => {
  it("a manifest that is wrong, naming the field", async () => {
    const wrong = { ...manifest, version: "1" };
    await expect(packPlugin({ manifest: wrong, files })).rejects.toThrow(
      /version: "1" is no version/,
    );
  });

  it("what has no entry", async () => {
    const without = { ...manifest, entry: "dist/main.js" };
    await expect(packPlugin({ manifest: without, files })).rejects.toThrow(
      "its `entry`, dist/main.js, is not in it",
    );
  });

  it.each([
    ["../main.js", "leads out of its folder"],
    ["a/../../b", "leads out of its folder"],
    ["/etc/passwd", "is no file name"],
    [String.raw`a\b`, "is no file name"],
    ["a//b", "is no file name"],
    ["c:/x", "is no file name"],
    ["é.js", "is no file name"],
    ["", "is no file name"],
    ["a/nul.txt", "is no file name on every system"],
    ["a.", "is no file name on every system"],
    ["MAIN.js", "MAIN.js and main.js cannot both be there"],
    ["main.js/x", "main.js and main.js/x cannot both be there"],
    ["assets", "assets and assets/empty cannot both be there"],
    ["x".repeat(201), "is longer than 200 characters"],
  ])("a file %s", async (path, message) => {
    const more = new Map(files).set(path, MAIN);
    const error: unknown = await packPlugin({ manifest, files: more }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "plugin/package" });
    expect(String(error)).toContain(message);
  });

  it("too many files, and too large ones", async () => {
    const many = new Map(files);
    for (let i = 0; i < 1000; i++) many.set(`f${i}`, MAIN);
    await expect(packPlugin({ manifest, files: many })).rejects.toThrow("more than 1000 files");
    const large = new Map(files).set("large", new Uint8Array(16 * 1024 * 1024));
    await expect(packPlugin({ manifest, files: large })).rejects.toThrow("larger than 16 MiB");
  });
});

describe("a package by a liar", () => {
  /** A package with the list that is given, whatever it says. */
  async function forge(
    list: object,
    contents: Uint8Array,
    signature?: object,
  ): Promise<Uint8Array> {
    return writeLayout({
      signature: signature ? bytesOf(JSON.stringify(signature)) : new Uint8Array(),
      list: bytesOf(JSON.stringify(list)),
      packed: new Uint8Array(gzipSync(contents)),
    });
  }
  const main = async (): Promise<{ path: string; size: number; hash: string }> => ({
    path: "main.js",
    size: MAIN.length,
    hash: await sha(MAIN),
  });

  it("is read when it says the truth", async () => {
    await readPackage(await forge({ manifest, files: [await main()] }, MAIN));
  });

  it.each(["../../etc/cron.d/x", "/main.js", "a/../main.js", "__proto__/../x"])(
    "cannot name a file %s",
    async (path) => {
      const list = { manifest, files: [await main(), { ...(await main()), path }] };
      await expect(
        readPackage(await forge(list, Buffer.concat([MAIN, MAIN]))),
      ).rejects.toMatchObject({ code: "plugin/package" });
    },
  );

  it("cannot have a file twice", async () => {
    const list = { manifest, files: [await main(), await main()] };
    await expect(readPackage(await forge(list, Buffer.concat([MAIN, MAIN])))).rejects.toThrow(
      "cannot both be there",
    );
  });

  it("cannot hold more or less than it says", async () => {
    const list = { manifest, files: [await main()] };
    for (const contents of [Buffer.concat([MAIN, MAIN]), MAIN.subarray(1), new Uint8Array()]) {
      await expect(readPackage(await forge(list, contents))).rejects.toThrow(
        "its files are not those of its list",
      );
    }
  });

  it("unpacks no more than it says: a bomb of 256 MiB takes no memory", async () => {
    const bomb = await forge({ manifest, files: [await main()] }, Buffer.alloc(256 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(1024 * 1024);
    const before = process.memoryUsage().arrayBuffers;
    await expect(readPackage(bomb)).rejects.toThrow("its files are not those of its list");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  });

  it.each([-1, 0.5, 2 ** 53, "1", null])("cannot say that a file has %j bytes", async (size) => {
    const list = { manifest, files: [{ ...(await main()), size }] };
    await expect(readPackage(await forge(list, MAIN))).rejects.toMatchObject({
      code: "plugin/package",
    });
  });

  it("cannot say more than there is room for", async () => {
    const list = { manifest, files: [{ ...(await main()), size: 2 ** 40 }] };
    await expect(readPackage(await forge(list, MAIN))).rejects.toThrow("larger than 16 MiB");
  });

  it("cannot carry another's signature", async () => {
    const { publisher } = await readPackage(signed);
    const lie = { publisher, signature: "A".repeat(86) };
    await expect(
      readPackage(await forge({ manifest, files: [await main()] }, MAIN, lie)),
    ).rejects.toMatchObject({ code: "plugin/signature", plugin: "stats" });
    const noKey = { publisher: "A".repeat(43), signature: "A".repeat(86) };
    await expect(
      readPackage(await forge({ manifest, files: [await main()] }, MAIN, noKey)),
    ).rejects.toMatchObject({ code: "plugin/signature" });
  });

  it("cannot use a signature that its publisher made for something else", async () => {
    const list = bytesOf(JSON.stringify({ manifest, files: [await main()] }));
    const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
    if (!("privateKey" in pair)) throw new Error("no pair");
    const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, list));
    const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
    const forged = writeLayout({
      signature: bytesOf(JSON.stringify({ publisher: text(raw), signature: text(signature) })),
      list,
      packed: new Uint8Array(gzipSync(MAIN)),
    });
    await expect(readPackage(forged)).rejects.toMatchObject({ code: "plugin/signature" });
  });

  it("has its manifest checked like every other", async () => {
    const list = { manifest: { ...manifest, id: "app" }, files: [await main()] };
    await expect(readPackage(await forge(list, MAIN))).rejects.toMatchObject({
      code: "plugin/manifest",
    });
    await expect(readPackage(await forge({ files: [await main()] }, MAIN))).rejects.toMatchObject({
      code: "plugin/package",
    });
  });
});

describe("keys", () => {
  it("sign only as a pair", async () => {
    const others = await createPublisherKeys();
    const mixed = { publisher: keys.publisher, privateKey: others.privateKey };
    await expect(signPackage(packed, mixed)).rejects.toThrow("is not that of the publisher");
    await expect(signPackage(packed, { ...keys, privateKey: "AAAA" })).rejects.toThrow(
      "is no Ed25519 key",
    );
    await expect(signPackage(packed, { ...keys, privateKey: "%" })).rejects.toThrow(
      "is no Ed25519 key",
    );
  });
});
