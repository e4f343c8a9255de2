/** Names of what plugins contribute: owner and name, as topics have them. */

import { CroftError } from "@croft/core";
import { isBuiltInTopic, parseTopic } from "./topic.ts";

/**
 * Checks the name of a command, or of anything else that is contributed: `notes/new-page`.
 *
 * @throws {@link CroftError} `input/invalid`, saying what would be right.
 */
export function parseContributionName(text: string, what = "command"): string {
  if (!isBuiltInTopic(text)) {
    try {
      return parseTopic(text);
    } catch {
      // Said below in words that fit.
    }
  }
  throw new CroftError(
    "input/invalid",
    `${JSON.stringify(text)} is no ${what}; write the plugin and a name, as in \`notes/new-page\`.`,
  );
}
