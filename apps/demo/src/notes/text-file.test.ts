import { describe, expect, it } from "vitest";
import { fileNameOf, MAX_FILE_BYTES, readTextFile } from "./text-file.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("importing", () => {
  it("takes the title from the heading, or else from the file's name", () => {
    expect(readTextFile("note.md", bytes("\n# Peat  ##\n\nDry."))).toEqual({
      ok: true,
      title: "Peat",
      text: "\n# Peat  ##\n\nDry.",
    });
    expect(readTextFile("old_wool.prices.txt", bytes("first\n# Later"))).toMatchObject({
      title: "old wool.prices",
    });
    expect(readTextFile("x.md", bytes(""))).toEqual({ ok: true, title: "x", text: "" });
  });

  it("makes every line break one character, and drops a byte order mark", () => {
    expect(readTextFile("a.txt", bytes("\uFEFFa\r\nb\rc\nd"))).toMatchObject({
      text: "a\nb\nc\nd",
    });
  });

  it("refuses what is no text, or too much of it", () => {
    expect(readTextFile("photo.png", new Uint8Array([0x89, 0x50, 0xff]))).toMatchObject({
      ok: false,
      reason: "photo.png is not a text file",
    });
    expect(readTextFile("zero.txt", bytes("a\0b"))).toMatchObject({ ok: false });
    expect(readTextFile("big.txt", new Uint8Array(MAX_FILE_BYTES + 1))).toMatchObject({
      ok: false,
      reason: "big.txt is larger than 2 MB",
    });
  });
});

describe("exporting", () => {
  it("makes names that every system takes", () => {
    expect(fileNameOf("Market day")).toBe("Market day.md");
    expect(fileNameOf("")).toBe("Untitled.md");
    expect(fileNameOf("../..\\etc: a*b?\n")).toBe("etc a b.md");
    expect(fileNameOf("...")).toBe("Untitled.md");
    expect(fileNameOf("x".repeat(200))).toBe(`${"x".repeat(80)}.md`);
  });
});
