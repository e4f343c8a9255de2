/** What slows an application down, in words: names the plugin, how much, and what it was doing. Pure. */

import { type Budgets, type BudgetLevel, judgeFigures } from "./budgets.ts";
import type { PluginFigures } from "./figures.ts";
import { count, describeBytes, describeMs } from "./quantities.ts";

/** One finding. */
export interface Finding {
  readonly plugin: string;
  readonly level: BudgetLevel;
  /** A sentence or two. */
  readonly message: string;
}

/** An activation that people notice, in milliseconds. */
const SLOW_START = 1_000;
/** A task that people notice, in milliseconds. */
const LONG = 50;

/**
 * The bottlenecks, the worst first; nothing when nothing stands out.
 * The text of one reads: "`kanban` held its thread for 2.3 s in 14 tasks while `tasks/board` changed; the longest took 310 ms."
 */
export function reportBottlenecks(
  all: readonly PluginFigures[],
  budgets: Budgets,
): readonly Finding[] {
  const order: readonly BudgetLevel[] = ["suspend", "throttle", "warn", "fine"];
  return all
    .flatMap((figures) => findingsOf(figures, budgets))
    .toSorted((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
}

function findingsOf(figures: PluginFigures, budgets: Budgets): readonly Finding[] {
  const { plugin, activationMs = 0, deniedBy, lastErrors, crashes } = figures;
  const findings: Finding[] = [];
  const verdict = judgeFigures(figures, budgets);
  const levelOf = (quantity: string): BudgetLevel =>
    verdict.excesses.find((excess) => excess.quantity === quantity)?.level ?? "fine";
  const find = (level: BudgetLevel, message: string): void => {
    findings.push({ plugin, level, message: `\`${plugin}\` ${message}` });
  };
  const [worst] = figures.holdsBy;
  if (worst && worst.longest >= LONG) {
    const { ms, tasks, during, longest } = worst;
    const longestOf = tasks > 1 ? `; the longest took ${describeMs(longest)}` : "";
    find(
      levelOf("held"),
      `held its thread for ${describeMs(ms)} in ${count(tasks, "task")} while ${during}${longestOf}.`,
    );
  }
  const traffic = verdict.excesses.find(
    ({ quantity }) => quantity === "messages" || quantity === "bytes",
  );
  if (traffic) {
    const { messages, bytes } = figures.recent;
    const amount = `${count(messages, "message")} with ${describeBytes(bytes)}`;
    find(traffic.level, `sent ${amount} within the last minute.`);
  }
  for (const { quantity, level, message } of verdict.excesses) {
    if (quantity === "updates" || quantity === "storage" || quantity === "documents") {
      find(level, message.slice(plugin.length + 1));
    }
  }
  if (activationMs >= SLOW_START) find("fine", `took ${describeMs(activationMs)} to activate.`);
  if (crashes > 0) find("warn", `crashed ${crashes === 1 ? "once" : `${crashes} times`}.`);
  const [lastError] = lastErrors;
  if (lastError && figures.recent.errors > 0) {
    const times = count(figures.recent.errors, "error");
    find(levelOf("errors"), `threw ${times} within the last minute: ${lastError.message}`);
  }
  const [lacked] = Object.entries(deniedBy).toSorted(([, a], [, b]) => b - a);
  if (lacked && figures.recent.denied > 0) {
    find(levelOf("denied"), `was refused ${lacked[0]} (${count(lacked[1], "time")}).`);
  }
  return findings;
}
