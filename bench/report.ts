/** Tables and the little statistics that they need. */

/** The middle of some numbers; NaN for none. */
export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

/** The number below which the part `q` of them lies. */
export function quantile(numbers: readonly number[], q: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

/** A number for a table: three digits that count, thousands apart; a count as it is. */
export function figure(number: number): string {
  if (!Number.isFinite(number)) return "-";
  if (Number.isInteger(number)) return number.toLocaleString("en");
  const digits = Math.abs(number) >= 100 ? 0 : Math.abs(number) >= 10 ? 1 : 2;
  return number.toLocaleString("en", {
    maximumFractionDigits: digits,
    minimumFractionDigits: digits,
  });
}

/** Prints a table in Markdown, numbers to the right. */
export function printTable(
  title: string,
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): void {
  const lines = [
    head,
    ...rows.map((row) => row.map((cell) => (typeof cell === "number" ? figure(cell) : cell))),
  ];
  const widths = head.map((_, column) =>
    Math.max(3, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const numeric = head.map((_, column) => typeof rows[0]?.[column] === "number");
  const print = (cells: readonly string[]): void => {
    const padded = cells.map((cell, column) => {
      const width = widths[column] ?? 0;
      return numeric[column] ? cell.padStart(width) : cell.padEnd(width);
    });
    console.log(`| ${padded.join(" | ")} |`);
  };
  console.log(`\n${title}\n`);
  const [first = [], ...rest] = lines;
  print(first);
  print(
    widths.map((width, column) =>
      numeric[column] ? `${"-".repeat(width - 1)}:` : "-".repeat(width),
    ),
  );
  for (const line of rest) print(line);
}
