/**
 * The JSON Schema of a manifest, which editors complete and check the file with. It is published as
 * `@croft/plugin/manifest.schema.json`; what it cannot say, `parseManifest` says. Apart from the schema that
 * checks, so that plugins do not carry the words.
 */

import * as z from "zod";
import { CONTRIBUTION_HINTS } from "./manifest-contribution-hints.ts";
import { manifestSchema } from "./manifest-schema.ts";

interface Hint {
  readonly description: string;
  readonly pattern?: string;
  readonly examples?: readonly unknown[];
}

const RANGE = "A range of versions, as npm reads them.";
const OPTIONAL = "Whether it is asked for when the plugin requests it, not at the installation.";
const REASON = "Why, in a sentence that is shown to the user.";

/** By the way to a field; `[]` stands for the entries of a list. */
const HINTS: Readonly<Record<string, Hint>> = {
  $schema: { description: "This schema. croft ignores it." },
  id: {
    description: "Names the plugin for ever, and owns the documents under `<id>/`.",
    pattern: String.raw`^[a-z][a-z0-9]*(?:[-.][a-z0-9]+)*$`,
    examples: ["word-count", "com.example.kanban"],
  },
  name: { description: "The name that people see." },
  version: {
    description: "major.minor.patch. A package with a lower one is no update.",
    pattern: String.raw`^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$`,
    examples: ["1.0.0", "2.1.0-beta.1"],
  },
  engine: {
    description: `The versions of croft that it works with. ${RANGE}`,
    examples: ["^0.1.0"],
  },
  description: { description: "What it does, in a sentence or two." },
  publisher: {
    description: "Who makes it. Who it really is, the key says that signs the package.",
  },
  license: { description: "An SPDX expression.", examples: ["MIT", "Apache-2.0"] },
  entry: { description: "The file in the package that holds the plugin's one ES module." },
  permissions: { description: "What it asks for besides its own. Asking is not getting." },
  "permissions.documents": { description: "Documents of others." },
  "permissions.documents[].pattern": {
    description: "A path; `*` stands for one segment, `**` at the end for any number.",
    examples: ["notes/pages/*", "tasks/**"],
  },
  "permissions.documents[].access": { description: "`write` includes `read`." },
  "permissions.documents[].reason": { description: REASON },
  "permissions.events": { description: "Events of others." },
  "permissions.events[].topic": {
    description: "Owner and name.",
    examples: ["notes/page-opened"],
  },
  "permissions.events[].direction": { description: "What it wants to do with the topic." },
  "permissions.events[].reason": { description: REASON },
  "permissions.documents[].optional": { description: OPTIONAL },
  "permissions.events[].optional": { description: OPTIONAL },
  "permissions.network": { description: "Servers that it exchanges data with." },
  "permissions.network[].origin": {
    description: "Scheme, host and port.",
    examples: ["https://api.example.com"],
  },
  "permissions.network[].paths": {
    description: "`*` stands for one segment, `**` at the end for any number. Default: all.",
    examples: [["/v1/*"]],
  },
  "permissions.network[].methods": { description: "Default: `GET`." },
  "permissions.network[].reason": { description: REASON },
  "permissions.network[].optional": { description: OPTIONAL },
  "permissions.notifications": { description: "Notifications of the system." },
  "permissions.notifications[].reason": { description: REASON },
  "permissions.notifications[].optional": { description: OPTIONAL },
  "permissions.clipboard": { description: "Text on the clipboard." },
  "permissions.clipboard[].access": { description: "Neither includes the other." },
  "permissions.clipboard[].reason": { description: REASON },
  "permissions.clipboard[].optional": { description: OPTIONAL },
  "permissions.apis": { description: "What other plugins offer to call." },
  "permissions.apis[].api": { description: "Plugin and name.", examples: ["notes/search"] },
  "permissions.apis[].reason": { description: REASON },
  "permissions.apis[].optional": { description: OPTIONAL },
  apis: { description: "What it offers to other plugins to call." },
  "apis[].name": {
    description: "Others call it `<id>/<name>`.",
    pattern: String.raw`^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$`,
    examples: ["search"],
  },
  "apis[].description": { description: "What it is for, in a sentence or two." },
  activation: {
    description:
      "When it is activated: `startup`, `event:<topic>`, `document:<pattern>`, `command:<plugin>/<name>`, `view:<plugin>/<name>`.",
    examples: [["startup"], ["event:notes/page-opened"]],
  },
  ...CONTRIBUTION_HINTS,
  dependencies: {
    description: `Plugins that have to be active before it, each with the versions that will do. ${RANGE}`,
    examples: [{ notes: "^1.2.0" }],
  },
  data: {
    description:
      "The version that its documents are written in. Count it up when they change, and bring the former ones over in `migrate`.",
    examples: [1, 2],
  },
};

/** Makes the JSON Schema. */
export function createManifestJsonSchema(): object {
  const schema = z.toJSONSchema(manifestSchema, { io: "input", unrepresentable: "any" });
  const missing = new Set(Object.keys(HINTS));
  describe(schema, "");
  if (missing.size > 0) throw new Error(`no such fields: ${[...missing].join(", ")}`);
  return { title: "Manifest of a croft plugin", ...schema };

  function describe(node: z.core.JSONSchema.BaseSchema, way: string): void {
    const hint = HINTS[way];
    if (hint) Object.assign(node, hint);
    else if (way !== "" && !way.endsWith("[]")) throw new Error(`${way} has no description`);
    missing.delete(way);
    const prefix = way === "" ? "" : `${way}.`;
    for (const [name, field] of Object.entries(node.properties ?? {})) {
      if (typeof field === "object") describe(field, prefix + name);
    }
    if (typeof node.items === "object" && !Array.isArray(node.items)) {
      // Entries of several kinds are described by the fields of each.
      const kinds = node.items.oneOf ?? [node.items];
      for (const kind of kinds) {
        if (typeof kind === "object" && kind.properties) describe(kind, `${way}[]`);
      }
    }
  }
}
