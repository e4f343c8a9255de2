/** What the processes that this one has started hold in memory. */

import { readdirSync, readFileSync } from "node:fs";

/**
 * Bytes of all processes below this one: what each has for itself, and its part of what several share (`Pss` of
 * `/proc/<pid>/smaps_rollup`). NaN where there is no such thing: everywhere but on Linux.
 */
export function memoryOfChildren(): number {
  const parents = new Map<number, number>();
  try {
    for (const name of readdirSync("/proc")) {
      if (/^\d+$/.test(name)) parents.set(Number(name), parentOf(name));
    }
  } catch {
    return Number.NaN;
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === process.pid || isBelow(parent));
  };
  let sum = 0;
  for (const pid of parents.keys()) if (isBelow(pid)) sum += shareOf(pid);
  return sum;
}

/** 0 for a process that is gone by now. */
function parentOf(pid: string): number {
  const stat = read(`/proc/${pid}/stat`);
  // The name, in parentheses, may have anything in it.
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? 0);
}

function shareOf(pid: number): number {
  const [, kilobytes] = /^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`)) ?? [];
  return Number(kilobytes ?? 0) * 1024;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
