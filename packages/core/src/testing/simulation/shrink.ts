/** Finds the shortest history that still fails: leaves out steps, and shortens the waits between them. */

import { type History, simulate } from "./simulate.ts";
import type { Step } from "./steps.ts";

/** Most runs that shrinking may take. */
const MAX_RUNS = 600;

/** A shorter history that fails in the same way (by the first word of the failure). */
export async function shrink(history: History): Promise<History> {
  let runs = 0;
  const kind = kindOf((await simulate(history)).failures);
  const fails = async (steps: readonly Step[]): Promise<boolean> => {
    if (++runs > MAX_RUNS) return false;
    return kindOf((await simulate({ ...history, steps })).failures) === kind;
  };
  let { steps } = history;
  for (
    let size = Math.ceil(steps.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let at = 0; at < steps.length;) {
      const fewer = [...steps.slice(0, at), ...steps.slice(at + size)];
      if (await fails(fewer)) steps = fewer;
      else at += size;
    }
  }
  for (const wait of [0, 1, 10, 400]) {
    for (const [index, step] of steps.entries()) {
      if (step.wait <= wait) continue;
      const sooner = steps.with(index, { ...step, wait });
      if (await fails(sooner)) steps = sooner;
    }
  }
  return { ...history, steps };
}

function kindOf([failure = ""]: readonly string[]): string {
  return failure.slice(0, failure.indexOf(" "));
}
