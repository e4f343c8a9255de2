/** Seeded updates for fuzzing: changed ones of real replicas, and generated ones. */

import { type Dice, pick } from "./random-edits.ts";

/** One update with a few bytes changed, at random. */
export function mutateUpdate(dice: Dice, updates: readonly Uint8Array[]): Uint8Array {
  let bytes = [...pick(dice, updates)];
  for (let changes = 1 + dice(3); changes > 0; changes--) {
    const at = dice(bytes.length + 1);
    const other = pick(dice, updates);
    switch (dice(7)) {
      case 0:
        bytes[at] = dice(256);
        break;
      case 1:
        bytes[at] = ((bytes[at] ?? 0) + (dice(2) === 0 ? 1 : 255)) % 256;
        break;
      case 2:
        bytes.splice(at, 1 + dice(3));
        break;
      case 3:
        bytes.splice(at, 0, ...Array.from({ length: 1 + dice(3) }, () => dice(256)));
        break;
      case 4:
        bytes = [...bytes.slice(0, at), ...other.slice(dice(other.length))];
        break;
      case 5:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << dice(8));
        break;
      default:
        bytes.splice(at, 0, ...other.slice(dice(other.length), dice(other.length)));
    }
  }
  return new Uint8Array(bytes);
}

/** An update that is well formed more often than not, of few clients, with random references. */
export function generateUpdate(
  dice: Dice,
  clients: readonly number[],
  vector: ReadonlyMap<number, number>,
): Uint8Array {
  const id = (client: number, clock: number) =>
    dice(4) > 0 && clock > 0 ? [client, dice(clock)] : [pick(dice, clients), dice(6)];
  const struct = (client: number, clock: number): readonly [number, readonly number[]] => {
    const length = 1 + dice(2);
    const kind = pick(dice, [0, 1, 4, 4, 4, 6, 7, 8]);
    const content: Record<number, readonly number[]> = {
      0: [length],
      1: [length],
      4: [length, ...Array.from({ length }, () => 0x61)],
      6: [1, 0x62, 1, 0x31],
      7: pick(dice, [[0], [1], [2], [3, 1, 0x70], [4], [6]]),
      8: [length, ...Array.from({ length }, () => 0x7e)],
    };
    const took = kind === 6 || kind === 7 ? 1 : length;
    if (kind === 0) return [took, [0, length]];
    const [origin, right, key] = [dice(2) * 0x80, dice(2) * 0x40, (dice(4) === 0 ? 1 : 0) * 0x20];
    const parent = dice(2) === 0 ? [1, 1, 0x74] : [0, ...id(client, clock)];
    const place = [
      ...(origin ? id(client, clock) : []),
      ...(right ? id(client, clock) : []),
      ...(origin || right ? [] : [...parent, ...(key ? [1, 0x6b] : [])]),
    ];
    return [took, [kind | origin | right | key, ...place, ...(content[kind] ?? [])]];
  };
  const writing = clients.filter(() => dice(2) === 0).toSorted((a, b) => b - a);
  const bytes = [writing.length];
  for (const client of writing) {
    let clock = vector.get(client) ?? 0;
    const structs = 1 + dice(3);
    bytes.push(structs, client, clock);
    for (let i = 0; i < structs; i++) {
      const [length, encoded] = struct(client, clock);
      bytes.push(...encoded);
      clock += length;
    }
  }
  const deleting = clients.filter(() => dice(3) === 0).toSorted((a, b) => b - a);
  bytes.push(deleting.length);
  for (const client of deleting) bytes.push(client, 1, dice(6), 1 + dice(3));
  return new Uint8Array(bytes);
}
