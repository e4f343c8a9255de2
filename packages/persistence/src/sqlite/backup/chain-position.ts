/** Where a store stands in its chain of journaled commits. The store itself keeps it, in the transaction of each commit. */

/** See the top of this file. */
export interface ChainPosition {
  readonly chain: string;
  /** The number of the last commit. */
  readonly n: number;
  /** When that was, in milliseconds since 1970. */
  readonly at: number;
}

/** The name under which a store keeps it. */
export const BACKUP_META = "backup";
/** The name under which it keeps the term in which it was opened with a backup last: every process takes a term of its own. */
export const BACKUP_TERM_META = "backup-term";

/** As a store keeps it. */
export function formatPosition({ chain, n, at }: ChainPosition): string {
  return `${chain}:${n}:${at}`;
}

/** Nothing for what is no position: then the store is in no chain. */
export function parsePosition(text: string | undefined): ChainPosition | undefined {
  const [, chain, n, at] = /^([0-9a-f]{16}):(\d{1,16}):(\d{1,16})$/.exec(text ?? "") ?? [];
  return chain === undefined ? undefined : { chain, n: Number(n), at: Number(at) };
}
