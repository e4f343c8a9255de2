/**
 * The lives of a record: deleted, and made again under the same id, it is in another one, and what somebody wrote
 * to the former one meanwhile does not count in it. People who make the same record while they are apart cannot know
 * of each other, and the record has the lives that all of them gave it: it is read as one, field by field, and ends
 * with the last of them.
 */

import { fieldKey, partKey } from "./layout.ts";
import type { LayerRecord } from "./record-table.ts";

/** The lives in which a record exists, ordered; its layers, the oldest first, tell which these are. */
export function livingOf(layers: readonly (readonly LayerRecord[])[]): readonly string[] {
  const found = new Map<string, boolean>();
  for (const { life, exists } of layers.flat()) if (exists !== undefined) found.set(life, exists);
  return [...found].flatMap(([life, exists]) => (exists ? [life] : [])).toSorted();
}

/** What one version wrote of some lives of a record, as one: of each value the one that was written last. */
export function mergeLives(
  id: string,
  lives: readonly LayerRecord[],
  stampOf: (key: string) => number,
): LayerRecord | undefined {
  const [only, ...more] = lives;
  if (more.length === 0) return only;
  const exists = lives.some((each) => each.exists) || undefined;
  const values = new Map<string, unknown>();
  const parts = new Map<string, Map<string, unknown>>();
  const stamps = new Map<string, number>();
  const isLast = (key: string, stamp: number): boolean => {
    if (stamp <= (stamps.get(key) ?? -1)) return false;
    stamps.set(key, stamp);
    return true;
  };
  for (const record of lives.toSorted(byLife)) {
    const { life } = record;
    for (const [field, value] of record.values) {
      const stamp = stampOf(fieldKey(id, field, life));
      if (isLast(fieldKey(id, field), stamp)) values.set(field, value);
    }
    for (const [field, own] of record.parts) {
      const merged = parts.get(field) ?? new Map<string, unknown>();
      parts.set(field, merged);
      for (const [part, value] of own) {
        const stamp = stampOf(partKey(id, field, part, life));
        if (isLast(partKey(id, field, part), stamp)) merged.set(part, value);
      }
    }
  }
  return { life: "", exists, values, parts };
}

function byLife(a: LayerRecord, b: LayerRecord): number {
  return a.life < b.life ? -1 : Number(a.life > b.life);
}
