/**
 * The fields that components of this window show at a document. Several may show the same field: what was shown
 * last counts, and when its component goes, what another one still shows counts again.
 */

import type { DocumentHandle } from "@croft/core";

type Awareness = DocumentHandle["awareness"];

interface ShownField {
  /** The component. */
  readonly by: symbol;
  readonly field: string;
  readonly json: string;
}

/** Oldest first. */
const shown = new WeakMap<Awareness, readonly ShownField[]>();

/**
 * Shows these fields, a JSON object, in place of those that the component showed before. The others at the
 * document are told once, and not at all if nothing changes for them.
 */
export function showFields(awareness: Awareness, by: symbol, fieldsJson: string): void {
  const wanted = new Map(
    Object.entries(JSON.parse(fieldsJson) as object).map(([field, value]) => [
      field,
      stableJson(value) ?? "null",
    ]),
  );
  const before = shown.get(awareness) ?? [];
  const kept = before.filter((one) => one.by !== by || wanted.get(one.field) === one.json);
  const same = new Set(kept.filter((one) => one.by === by).map(({ field }) => field));
  const fresh = [...wanted].filter(([field]) => !same.has(field));
  const now = [...kept, ...fresh.map(([field, json]) => ({ by, field, json }))];
  shown.set(awareness, now);

  const local = awareness.getLocalState();
  // Who leaves does not bring a window back that somebody took away.
  if (local === null && wanted.size === 0) return;
  // What nobody shows by this hook, such as an editor's cursor, stays.
  const state = new Map<string, unknown>(Object.entries(local ?? {}));
  let changed = local === null;
  for (const { field } of [...before, ...now].filter((one) => one.by === by)) {
    const json = now.findLast((one) => one.field === field)?.json;
    if (stableJson(state.get(field)) === json) continue;
    changed = true;
    if (json === undefined) state.delete(field);
    else state.set(field, JSON.parse(json));
  }
  if (changed) awareness.setLocalState(Object.fromEntries(state));
}

/** The same text for what is deeply equal, in whatever order its fields are; nothing for what JSON cannot hold. */
export function stableJson(value: unknown): string | undefined {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
