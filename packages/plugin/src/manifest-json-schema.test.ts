import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { createManifestJsonSchema } from "./manifest-json-schema.ts";

it("is what is published; `vitest --update` writes it anew", async () => {
  const text = `${JSON.stringify(createManifestJsonSchema(), undefined, 2)}\n`;
  await expect(text).toMatchFileSnapshot("../manifest.schema.json");
});

it("has patterns that agree with what is checked", () => {
  const url = new URL("../manifest.schema.json", import.meta.url);
  const { properties } = JSON.parse(readFileSync(url, "utf8")) as {
    properties: Record<string, { pattern?: string; examples?: string[] }>;
  };
  const pattern = (field: string): RegExp => new RegExp(properties[field]?.pattern ?? "-");
  for (const id of ["stats", "word-count", "com.example.kanban", "a1"]) {
    expect(id).toMatch(pattern("id"));
  }
  for (const id of ["", "Stats", "1a", "a b", "a_b", "-a", "a/b"]) {
    expect(id).not.toMatch(pattern("id"));
  }
  for (const version of ["1.0.0", "1.0.0-beta.2+build.7"]) {
    expect(version).toMatch(pattern("version"));
  }
  for (const version of ["1.0", "v1.0.0", ""]) expect(version).not.toMatch(pattern("version"));
});
