/** What a view may be made of, for those who build views elsewhere than in the page. */

import type { Attributes } from "@croft/plugin/view";
import { allowedText, isAllowedElement, MOST, Refusal } from "./view-allowed.ts";

/** How much one view may have. */
export const VIEW_LIMITS: Readonly<typeof MOST> = MOST;

/** What is no attribute: it says what to tell of and what to do. */
const ORDERS: ReadonlySet<string> = new Set(["on", "keys", "opens", "focus"]);
/**
 * Why an element with these attributes cannot be shown, as in "it wants an element \"a\""; `undefined` when it can.
 *
 * @example
 * ```ts
 * checkViewElement("img", {}); // 'it wants an element "img"'
 * ```
 */
export function checkViewElement(tag: string, attributes: Attributes): string | undefined {
  if (!isAllowedElement(tag)) return `it wants an element ${JSON.stringify(tag)}`;
  try {
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "type" && tag !== "input") return `it wants a type of ${JSON.stringify(tag)}`;
      if (!ORDERS.has(name)) allowedText(name, value);
    }
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}
