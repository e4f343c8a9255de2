/**
 * Asks a page by Chromium's own protocol. The driver of the tests holds a page for crashed, and talks to it no more, when the
 * process of its frames has died, though the page itself is well.
 */

import type { Page } from "playwright-core";

/** See the top of this file. */
export interface OutlastingPage {
  /** What an expression, or the promise that it gives, comes to in the page; plain data. */
  evaluate(expression: string): Promise<unknown>;
}

interface Answer {
  readonly id: number;
  readonly error?: { readonly message: string };
  readonly result?: {
    readonly result?: { readonly value?: unknown };
    readonly exceptionDetails?: { readonly text: string };
  };
}

/** Attaches to a page, the only one of its address. */
export async function outlast(page: Page): Promise<OutlastingPage> {
  const browser = page.context().browser();
  if (!browser) throw new Error("The page has no browser.");
  const url = page.url();
  const session = await browser.newBrowserCDPSession();
  const { targetInfos } = await session.send("Target.getTargets");
  const target = targetInfos.find((each) => each.type === "page" && each.url === url);
  if (!target) throw new Error(`There is no page ${url}.`);
  const { sessionId } = await session.send("Target.attachToTarget", {
    targetId: target.targetId,
    flatten: false,
  });
  const waiting = new Map<number, (answer: Answer) => void>();
  let asked = 0;
  session.on("Target.receivedMessageFromTarget", ({ sessionId: from, message }) => {
    if (from !== sessionId) return;
    const answer = JSON.parse(message) as Answer;
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  return {
    async evaluate(expression) {
      const id = ++asked;
      const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve));
      const params = { expression, awaitPromise: true, returnByValue: true };
      const message = JSON.stringify({ id, method: "Runtime.evaluate", params });
      await session.send("Target.sendMessageToTarget", { sessionId, message });
      const { error, result } = await answered;
      const problem = error?.message ?? result?.exceptionDetails?.text;
      if (problem !== undefined) throw new Error(problem);
      return result?.result?.value;
    },
  };
}
