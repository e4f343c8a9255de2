// docs/protocol.md says what the code does: its lists of messages, limits and close codes are made
// from the code. After a change: UPDATE_DOCS=1 npm test -- --project node test/docs/protocol

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CloseCode, isTransient, limits } from "@croft/core";
import { expect, it } from "vitest";
import { protocolGrammar } from "@croft/core/protocol";
import { PROTOCOL_VERSION } from "@croft/core/protocol";
import { read, root } from "./markdown.ts";

const FILE = "docs/protocol.md";

const generated: Readonly<Record<string, () => string>> = {
  version: () => `This page describes version ${PROTOCOL_VERSION}.`,
  messages: () => fence(messages()),
  limits: () => fence(Object.entries(limits).map(([name, value]) => `${name.padEnd(24)} ${value}`)),
  "close-codes": () =>
    fence(
      Object.entries(CloseCode).map(
        ([name, code]) => `${code}  ${name.padEnd(13)} ${isTransient(code) ? "retry" : "stop"}`,
      ),
    ),
};

it.each(Object.keys(generated))("the list of %s is that of the code", (name) => {
  const text = read(FILE);
  const begin = `<!-- generated: ${name} -->`;
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf("<!-- end -->", from);
  expect(from, `${FILE} has no ${begin}`).toBeGreaterThanOrEqual(begin.length);
  const wanted = `\n${generated[name]?.() ?? ""}\n`;
  if (process.env.UPDATE_DOCS === "1") {
    writeFileSync(join(root, FILE), text.slice(0, from) + wanted + text.slice(to));
    return;
  }
  expect(text.slice(from, to)).toBe(wanted);
});

it("each message, each answer and each close code is explained", () => {
  const prose = read(FILE).replaceAll(/<!-- generated:[\s\S]*?<!-- end -->/g, "");
  const words = [
    ...protocolGrammar().matchAll(/^\w+ \d+ ([\w-]+)/gm),
    ...protocolGrammar().matchAll(/\b(?:answer|code):([\w|-]+\|[\w|-]+)/g),
  ].flatMap(([, names = ""]) => names.split("|"));
  const unexplained = [...words, ...Object.values(CloseCode).map(String)].filter(
    (word) => !prose.includes(`\`${word}\``),
  );
  expect([...new Set(unexplained)]).toEqual([]);
});

function messages(): readonly string[] {
  const lines = protocolGrammar()
    .split("\n")
    .map((line) => {
      const [direction = "", number = "", name = "", ...fields] = line.split(" ");
      return { direction, number: Number(number), name, fields: fields.join(" ").slice(1, -1) };
    });
  const both = (name: string): boolean => lines.filter((line) => line.name === name).length > 1;
  const once = new Map(lines.map((line) => [line.number, line]));
  return [...once.values()]
    .toSorted((a, b) => a.number - b.number)
    .flatMap(({ direction, number, name, fields }) => [
      `${String(number).padStart(2)} ${name} (${both(name) ? "both ways" : direction})`,
      ...split(fields).map((field) => `     ${field}`),
    ]);
}

/** The fields of a message, one each; a field may hold fields of its own. */
function split(fields: string): readonly string[] {
  const found: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at <= fields.length; at++) {
    const char = fields[at];
    if (char === "{" || char === "(" || char === "[") depth++;
    if (char === "}" || char === ")" || char === "]") depth--;
    if (char === undefined || (char === " " && depth === 0)) {
      if (at > from) found.push(fields.slice(from, at));
      from = at + 1;
    }
  }
  return found;
}

function fence(lines: readonly string[]): string {
  return ["```text", ...lines, "```"].join("\n");
}
