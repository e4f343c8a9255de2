import type { PermissionQuestion } from "@croft/host";
import { expect, it } from "vitest";
import { createQuestions } from "./questions.ts";

function question(signal: AbortSignal): PermissionQuestion {
  return { signal, words: [] } as unknown as PermissionQuestion;
}

it("shows a question until it is answered", async () => {
  const questions = createQuestions();
  const asked = questions.ask(question(new AbortController().signal));
  questions.now()?.answer(true);
  expect(await asked).toBe(true);
  expect(questions.now()).toBeUndefined();
});

it("takes a question away that nobody waits for, and a late answer changes nothing of the next", async () => {
  const questions = createQuestions();
  const gone = new AbortController();
  const first = questions.ask(question(gone.signal));
  const late = questions.now();
  gone.abort();
  expect(await first).toBe(false);
  expect(questions.now()).toBeUndefined();
  const next = questions.ask(question(new AbortController().signal));
  late?.answer(true);
  expect(questions.now()).toBeDefined();
  questions.now()?.answer(false);
  expect(await next).toBe(false);
});
