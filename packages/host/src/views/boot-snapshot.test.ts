/** The script of a view's frame is written down as the browser gets it, with its hash: what is reviewed is what runs. */

import { createHash } from "node:crypto";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { VIEW_BOOT, VIEW_BOOT_HASH } from "./view-boot.generated.ts";

it("is what is made of the sources; `vitest --update` writes it anew", async () => {
  const { outputFiles } = await build({
    entryPoints: [new URL("view-frame.ts", import.meta.url).pathname],
    bundle: true,
    write: false,
    format: "iife",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
  });
  const script = outputFiles
    .map(({ text }) => text)
    .join("")
    .replaceAll(/^ *\/\/.*\n/gm, "");
  // As it stands in HTML, nothing may end it early.
  expect(script).not.toMatch(/<\/script|<!--/i);
  const hash = createHash("sha256").update(script).digest("base64");
  const quoted = script.replaceAll(/[\\`]|\$\{/g, (found) => `\\${found}`);
  const module = `/** The script of a view's frame, made of \`view-frame.ts\` by \`boot-snapshot.test.ts\`. */

/** See the top of this file. */
export const VIEW_BOOT: string = \`${quoted}\`;

/** Its SHA-256, which is all that the frame's policy lets run. */
export const VIEW_BOOT_HASH = "${hash}";
`;
  await expect(module).toMatchFileSnapshot("view-boot.generated.ts");
});

it("has the hash that is written down", () => {
  expect(createHash("sha256").update(VIEW_BOOT).digest("base64")).toBe(VIEW_BOOT_HASH);
});
