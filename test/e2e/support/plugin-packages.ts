/** Packages for the tests of the demo: small plugins, made and signed as their authors would. */

import type { PluginManifestInput } from "@croft/plugin";
import { packPlugin, type PublisherKeyPair, signPackage } from "@croft/plugin/package";
import { bundleSource } from "../../support/plugin-bundle.ts";

/** A file as Playwright picks it. */
export interface PickedFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** What differs from a plugin called `Greeter` that does nothing. */
export interface PackageOptions extends Partial<PluginManifestInput> {
  /** Nobody signs it without. */
  readonly keys?: PublisherKeyPair | undefined;
  /** The body of its `activate`, with `context`, and `documents` and `log` of it. */
  readonly activate?: string;
  /** What its module imports. */
  readonly imports?: string;
}

/** Makes a package file. */
export async function packageFile({
  keys,
  activate = "",
  imports = "",
  ...more
}: PackageOptions): Promise<PickedFile> {
  const manifest: PluginManifestInput = {
    id: "greeter",
    name: "Greeter",
    version: "1.0.0",
    engine: "*",
    publisher: "Green Fields",
    permissions: {
      documents: [
        { pattern: "notes/pages/*", access: "write", reason: "To greet you on each page." },
        { pattern: "notes/index", access: "read", reason: "To know your pages." },
      ],
    },
    ...more,
  };
  const code = `${imports}
  export default {
    async activate(context) { const { documents, log } = context; ${activate} },
    deactivate() {},
    topics: {},
  };`;
  const files = new Map([["main.js", await bundleSource(code, manifest)]]);
  const packed = await packPlugin({ manifest, files });
  const bytes = keys ? await signPackage(packed, keys) : packed;
  return fileOf(`${manifest.id}-${manifest.version}.croft`, bytes);
}

/** Whatever bytes, as a file. */
export function fileOf(name: string, bytes: Uint8Array): PickedFile {
  return { name, mimeType: "application/octet-stream", buffer: Buffer.from(bytes) };
}
