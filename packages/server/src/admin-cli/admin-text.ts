/** What `croft-admin` prints for people, of what the server answered. */

const FIRST = ["user", "name", "id", "number", "at"] as const;
/** Of use to programs alone. */
const HIDDEN = new Set(["version"]);
const TIMES = new Set(["at", "expiresAt", "createdAt", "before"]);

/** An answer as lines. */
export function textOfAnswer(answer: unknown): string {
  if (!isObject(answer)) return String(answer);
  const [list] = Object.values(answer).filter((value) => Array.isArray(value));
  const isList = Object.keys(answer).every((key) => key === "next" || Array.isArray(answer[key]));
  if (!isList || !list) return record(answer);
  const rows = list.filter(isObject);
  if (rows.length === 0) return "None.";
  return "entries" in answer ? rows.map(entry).join("\n") : table(rows);
}

/** One thing, a line for each part of it. */
function record(row: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(row).filter(
    ([key, value]) => !HIDDEN.has(key) && show(key, value) !== "",
  );
  const width = Math.max(...parts.map(([key]) => key.length)) + 2;
  return parts.map(([key, value]) => `${`${key}:`.padEnd(width)}${show(key, value)}`).join("\n");
}

/** An entry of the audit log, and what is another since. */
function entry(row: Readonly<Record<string, unknown>>): string {
  const parts = ["at", "by", "action", "target"].map((key) => show(key, row[key]));
  const before = isObject(row["before"]) ? row["before"] : {};
  const after = isObject(row["after"]) ? row["after"] : {};
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changes = keys.flatMap((key) => {
    const [was, is] = [show(key, before[key]), show(key, after[key])];
    if (was === is) return [];
    return `  ${key}: ${"before" in row ? `${was || "none"} → ` : ""}${is || "none"}`;
  });
  return [`${parts.join("  ")}  from ${show("", row["address"])}`, ...changes].join("\n");
}

/** Several, in columns. */
function table(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const keys = new Set<string>(FIRST.filter((key) => rows.some((row) => key in row)));
  for (const row of rows) for (const key of Object.keys(row)) if (!HIDDEN.has(key)) keys.add(key);
  const shown = [...keys].filter((key) => rows.some((row) => show(key, row[key]) !== ""));
  const cells = [shown, ...rows.map((row) => shown.map((key) => show(key, row[key])))];
  const widths = shown.map((_, column) =>
    Math.max(...cells.map((line) => (line[column] ?? "").length)),
  );
  return cells
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function show(key: string, value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "number" && TIMES.has(key)) return new Date(value).toISOString();
  if (Array.isArray(value)) return value.map((each) => show("", each)).join(", ");
  // A line of its own in a terminal is a line of ours.
  return (isObject(value) ? JSON.stringify(value) : String(value)).replace(/\p{Cc}/gu, " ");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
