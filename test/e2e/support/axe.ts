/** What axe-core finds wrong with a page for people who do not see it, or see it differently. */

import axe from "axe-core";
import type { Page } from "playwright-core";

/** The violations of WCAG 2 A and AA, each with the elements that it was found at; empty as it should be. */
export async function accessibilityProblems(page: Page): Promise<readonly string[]> {
  // As a text, which the page's policy does not keep a debugger from running.
  await page.evaluate(axe.source);
  const found: axe.AxeResults = await page.evaluate(
    "axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })",
  );
  return found.violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ""}`).join("; ")}`,
  );
}
