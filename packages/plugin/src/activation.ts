/** When a plugin wants to be activated: the grammar of a manifest's `activation`. */

import { CroftError, type DocPattern, parsePattern } from "@croft/core";
import { parseContributionName } from "./contribution-name.ts";
import { parseTopic, type Topic } from "./topic.ts";

/** One entry of a manifest's `activation`, parsed. */
export type ActivationEvent =
  /** `startup`: when the host starts. */
  | { readonly on: "startup" }
  /** `event:<topic>`: when something is published there. */
  | { readonly on: "event"; readonly topic: Topic }
  /** `document:<pattern>`: when the application opens such a document, and the plugin may read it. */
  | { readonly on: "document"; readonly pattern: DocPattern }
  /** `command:<plugin>/<name>`: when the command is run; every command that is contributed does so, listed or not. */
  | { readonly on: "command"; readonly command: string }
  /** `view:<plugin>/<name>`: when the application shows the view. */
  | { readonly on: "view"; readonly view: string };

/**
 * Parses one entry of a manifest's `activation`.
 *
 * @throws {@link CroftError} `input/invalid`, saying what would be right.
 * @example
 * ```ts
 * parseActivation("event:notes/page-opened"); // { on: "event", topic: "notes/page-opened" }
 * ```
 */
export function parseActivation(text: string): ActivationEvent {
  const colon = text.indexOf(":");
  const kind = colon < 0 ? text : text.slice(0, colon);
  const rest = text.slice(kind.length + 1);
  switch (kind) {
    case "startup":
      if (colon < 0) return { on: "startup" };
      break;
    case "event":
      return { on: "event", topic: parseTopic(rest) };
    case "document":
      return { on: "document", pattern: parsePattern(rest) };
    case "command":
      return { on: "command", command: parseContributionName(rest) };
    case "view":
      return { on: "view", view: parseContributionName(rest, "view") };
  }
  throw new CroftError(
    "input/invalid",
    `${JSON.stringify(text)} is no activation event; write ` +
      "`startup`, `event:<topic>`, `document:<pattern>`, `command:<plugin>/<name>` or `view:<plugin>/<name>`.",
  );
}
