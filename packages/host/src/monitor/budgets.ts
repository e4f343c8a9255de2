/** How much a plugin may take, and what follows when it takes more. Pure. */

import type { PluginFigures } from "./figures.ts";
import { count, describeBytes, describeMs } from "./quantities.ts";

/** What is limited: all but `storage` and `documents` are of the last minute. */
export type Quantity =
  | "messages"
  | "bytes"
  | "updates"
  | "denied"
  | "errors"
  | "held"
  | "storage"
  | "documents";

/** From how much on what follows; absent: never. */
export interface Budget {
  /** It is told. */
  readonly warn?: number | undefined;
  /** Its messages are slowed down, too. */
  readonly throttle?: number | undefined;
  /** It is ended, until a person starts it again. */
  readonly suspend?: number | undefined;
}

/** A budget for each quantity; `held` in milliseconds, `bytes` and `storage` in bytes. */
export type Budgets = Readonly<Partial<Record<Quantity, Budget>>>;

/** What plugins may take unless an application says otherwise: far more than one that works well does. */
export const DEFAULT_BUDGETS: Budgets = {
  messages: { warn: 12_000, throttle: 30_000, suspend: 300_000 },
  bytes: { warn: 10_000_000, throttle: 40_000_000, suspend: 400_000_000 },
  updates: { warn: 3_000, throttle: 12_000 },
  denied: { warn: 60 },
  errors: { warn: 10, suspend: 600 },
  held: { warn: 3_000, throttle: 10_000, suspend: 40_000 },
  storage: { warn: 100_000_000 },
  documents: { warn: 2_000 },
};

/** How a plugin stands with its budgets, in the order of severity. */
export type BudgetLevel = "fine" | "warn" | "throttle" | "suspend";

/** One budget that is exceeded. */
export interface Excess {
  readonly quantity: Quantity;
  readonly level: Exclude<BudgetLevel, "fine">;
  readonly value: number;
  /** The one that is exceeded. */
  readonly limit: number;
  /** For people, a sentence about the plugin. */
  readonly message: string;
}

/** What a plugin's budgets say. */
export interface Verdict {
  readonly level: BudgetLevel;
  /** The worst first. */
  readonly excesses: readonly Excess[];
}

const SEVERITY: readonly BudgetLevel[] = ["fine", "warn", "throttle", "suspend"];
const LEVELS = ["suspend", "throttle", "warn"] as const;

/** Compares what was measured of a plugin to its budgets. */
export function judgeFigures(figures: PluginFigures, budgets: Budgets): Verdict {
  const excesses = QUANTITIES.flatMap((quantity) => {
    const value = valueOf(figures, quantity);
    const level = LEVELS.find((each) => value > (budgets[quantity]?.[each] ?? Infinity));
    const limit = level && budgets[quantity]?.[level];
    if (level === undefined || limit === undefined) return [];
    const message = describeExcess(figures.plugin, quantity, value, limit);
    return [{ quantity, level, value, limit, message }];
  }).toSorted((a, b) => severity(b.level) - severity(a.level));
  return { level: excesses[0]?.level ?? "fine", excesses };
}

const QUANTITIES: readonly Quantity[] = [
  "held",
  "messages",
  "bytes",
  "updates",
  "errors",
  "denied",
  "storage",
  "documents",
];

function valueOf({ recent, storage, documents }: PluginFigures, quantity: Quantity): number {
  if (quantity === "storage") return storage ?? 0;
  if (quantity === "documents") return documents;
  return recent[quantity];
}

function describeExcess(plugin: string, quantity: Quantity, value: number, limit: number): string {
  const [have, may] = [value, limit].map((amount) => amountOf(quantity, amount));
  const within = quantity === "storage" || quantity === "documents" ? "" : " within a minute";
  return `${plugin} ${DID[quantity]} ${have}${within}; ${may} would be fine.`;
}

const DID: Readonly<Record<Quantity, string>> = {
  held: "held its thread for",
  messages: "sent",
  bytes: "sent",
  updates: "made",
  errors: "threw",
  denied: "was refused",
  storage: "keeps",
  documents: "has open",
};

/** What is counted, one of it. */
const UNITS: Readonly<Record<Exclude<Quantity, "held" | "bytes" | "storage">, string>> = {
  messages: "message",
  updates: "change",
  errors: "error",
  denied: "call",
  documents: "document",
};

function amountOf(quantity: Quantity, amount: number): string {
  switch (quantity) {
    case "held":
      return describeMs(amount);
    case "bytes":
    case "storage":
      return describeBytes(amount);
    default:
      return count(amount, UNITS[quantity]);
  }
}

function severity(level: BudgetLevel): number {
  return SEVERITY.indexOf(level);
}
