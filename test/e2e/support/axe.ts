/** What axe-core finds wrong with a page for people who do not see it, or see it differently. */

import axe from "axe-core";
import type { Page } from "playwright-core";

/** The violations of WCAG 2 A and AA, each with the elements that it was found at; empty as it should be. */
export async function accessibilityProblems(page: Page): Promise<readonly string[]> {
  await page.evaluate(untilColoursStay);
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

/**
 * A colour that is inherited goes from one element to the next by transitions, a frame each, however short they are. What is in
 * between is nobody's to judge.
 */
async function untilColoursStay(): Promise<void> {
  for (let still = 0; still < 3; still++) {
    await new Promise(requestAnimationFrame);
    if (document.getAnimations().some((each) => each instanceof CSSTransition)) still = 0;
  }
}

/**
 * As {@link accessibilityProblems}, by all rules, and in the frames of a page, too: in those without an origin, whose policies
 * do not concern a debugger. Throws when it saw no frame's content.
 */
export async function problemsInFrames(page: Page): Promise<readonly string[]> {
  const expression = `${axe.source}; axe.configure({ allowedOrigins: ["<unsafe_all_origins>"] }); 0`;
  for (const frame of page.frames()) {
    const target = frame === page.mainFrame() ? page : frame;
    const client = await page.context().newCDPSession(target);
    await client.send("Runtime.evaluate", { expression });
    await client.detach();
  }
  const found: axe.AxeResults = await page.evaluate("axe.run()");
  const seen = found.passes.flatMap(({ nodes }) => nodes).filter(({ target }) => target.length > 1);
  if (seen.length === 0) throw new Error("axe did not look into the frames");
  return found.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("; ")}`,
  );
}
