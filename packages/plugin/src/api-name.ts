/** Names of what plugins offer to each other: `notes/search`, the plugin and a name of its own. */

import { CroftError, isPluginId } from "@croft/core";

/** A checked name of an API: `notes/search`. */
export type ApiName = string & { readonly __apiName: unique symbol };

const WORD = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
/** Longest name, in characters. */
const MAX_LENGTH = 128;

/**
 * Checks the name of an API.
 *
 * @throws {@link CroftError} `input/invalid`, saying what would be right.
 * @example
 * ```ts
 * parseApiName("notes/search"); // "notes/search"
 * ```
 */
export function parseApiName(text: string): ApiName {
  const [plugin = "", name = "", ...more] = text.split("/");
  const isName = isPluginId(plugin) && isApiWord(name) && more.length === 0;
  if (isName && text.length <= MAX_LENGTH) return text as ApiName;
  const shown = JSON.stringify(text.slice(0, MAX_LENGTH));
  throw new CroftError("input/invalid", `${shown} is no name of an API.`, {
    hint: "Write the plugin that offers it and a name, for example `notes/search`.",
  });
}

/** The plugin that offers an API. */
export function ownerOfApi(api: ApiName): string {
  return api.slice(0, api.indexOf("/"));
}

/** Whether `text` can be the second part of an API's name. */
export function isApiWord(text: string): boolean {
  return WORD.test(text);
}
