/** Amounts for people. */

/**
 * An amount of bytes for people, for example `3.2 MB`: in units of a thousand.
 *
 * @example
 * ```ts
 * const host = createPluginHost({ workspace });
 * for (const { figures } of host.monitor.list()) console.log(describeBytes(figures.bytes.in));
 * ```
 */
export function describeBytes(bytes: number): string {
  // Rounded before the unit is chosen: 999,999 bytes are no 1000.0 kB.
  const whole = Math.round(bytes);
  if (whole < 1_000) return count(whole, "byte");
  const kilo = (bytes / 1_000).toFixed(1);
  if (Number(kilo) < 1_000) return `${kilo} kB`;
  const mega = (bytes / 1_000_000).toFixed(1);
  if (Number(mega) < 1_000) return `${mega} MB`;
  return `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}

/**
 * A duration in milliseconds for people, for example `2.3 s`.
 *
 * @example
 * ```ts
 * console.log(describeMs(2_300)); // 2.3 s
 * ```
 */
export function describeMs(ms: number): string {
  const whole = Math.round(ms);
  return whole < 1_000 ? `${whole} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** For example `1 task`, `14 tasks`. */
export function count(amount: number, one: string): string {
  return `${amount.toLocaleString("en")} ${one}${amount === 1 ? "" : "s"}`;
}
