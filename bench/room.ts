/** A room of light clients in this process, who all type, and the clock that watches them. */

import * as Y from "yjs";
import type { OpenPeer, Peer } from "./peers.ts";

/** A room in which everybody types one character at a time. */
export interface Room {
  /**
   * Types as fast as updates arrive, for so many milliseconds, with `inFlight` updates under way
   * in total; resolves with how many reached everybody.
   */
  race(ms: number, inFlight: number): Promise<{ readonly updates: number; readonly ms: number }>;
  /** Types `rate` characters a second in all, for so many milliseconds. */
  stroll(ms: number, rate: number): Promise<Latencies>;
  /** How often somebody got a snapshot instead of updates. */
  readonly snapshots: number;
  close(): void;
}

/** Milliseconds, one for each delivery or answer. */
export interface Latencies {
  /** From sending to arrival at one other client. */
  readonly delivery: readonly number[];
  /** From sending to "it is on the disk"; empty for the relay. */
  readonly saved: readonly number[];
}

interface Typist {
  readonly peer: Peer;
  readonly id: number;
  /** When each update was sent, by clock. */
  readonly sentAt: number[];
  /** Clocks that each client has of this typist. */
  readonly reached: number[];
  /** How many clients have not got each update yet, by clock. */
  readonly missing: number[];
  /** Up to which clock everybody has everything. */
  everywhere: number;
  readonly doc: Y.Doc;
}

/** Lets `count` clients into the room at `url`. */
export async function openRoom(open: OpenPeer, url: string, count: number): Promise<Room> {
  const typists: Typist[] = [];
  const byId = new Map<number, Typist>();
  let snapshots = 0;
  let arrived: (typist: Typist) => void = () => undefined;
  let latencies: { delivery: number[]; saved: number[] } = { delivery: [], saved: [] };

  for (let index = 0; index < count; index++) {
    const savedTo = { n: 0 };
    const peer = await open(url, {
      delivered(client, clock) {
        const typist = byId.get(client);
        if (!typist) return;
        const before = typist.reached[index] ?? 0;
        if (clock <= before) return;
        typist.reached[index] = clock;
        const now = performance.now();
        const { sentAt, missing } = typist;
        const everywhere = typist.everywhere;
        for (let at = before; at < clock; at++) {
          latencies.delivery.push(now - (sentAt[at] ?? now));
          const left = (missing[at] ?? 0) - 1;
          missing[at] = left;
          // Everybody gets everything in order, so that no earlier one is missing anywhere.
          if (left === 0) typist.everywhere = at + 1;
        }
        if (typist.everywhere > everywhere) arrived(typist);
      },
      saved(n) {
        const own = typists[index];
        const now = performance.now();
        for (; savedTo.n < n; savedTo.n++)
          latencies.saved.push(now - (own?.sentAt[savedTo.n] ?? now));
      },
      snapshot: () => snapshots++,
    });
    const doc = new Y.Doc();
    const typist: Typist = {
      peer,
      id: doc.clientID,
      sentAt: [],
      reached: Array.from({ length: count }, () => 0),
      missing: [],
      everywhere: 0,
      doc,
    };
    doc.on("update", (update: Uint8Array) => {
      typist.missing.push(count - 1);
      typist.sentAt.push(performance.now());
      peer.send(update);
    });
    typists.push(typist);
    byId.set(doc.clientID, typist);
  }

  const press = ({ doc }: Typist): void => {
    const text = doc.getText("body");
    text.insert(text.length, "x");
  };
  const total = (): number => typists.reduce((sum, { everywhere }) => sum + everywhere, 0);
  const quiet = async (): Promise<void> => {
    const isQuiet = (): boolean =>
      typists.every(({ everywhere, sentAt }) => everywhere === sentAt.length);
    if (isQuiet()) return;
    await new Promise<void>((resolve) => {
      arrived = () => {
        if (isQuiet()) resolve();
      };
    });
  };

  return {
    async race(ms, inFlight) {
      const each = Math.max(1, Math.floor(inFlight / count));
      const before = total();
      const start = performance.now();
      const over = Promise.withResolvers<void>();
      const fill = (typist: Typist): void => {
        if (performance.now() - start >= ms) over.resolve();
        else while (typist.sentAt.length - typist.everywhere < each) press(typist);
      };
      arrived = fill;
      for (const typist of typists) fill(typist);
      await over.promise;
      const result = { updates: total() - before, ms: performance.now() - start };
      await quiet();
      return result;
    },
    async stroll(ms, rate) {
      latencies = { delivery: [], saved: [] };
      const wanted = Math.floor((ms / 1000) * rate);
      const start = performance.now();
      await new Promise<void>((resolve) => {
        let pressed = 0;
        const timer = setInterval(() => {
          // Timers come late; what is due is made up for.
          const due = Math.min(wanted, Math.floor(((performance.now() - start) / 1000) * rate));
          for (; pressed < due; pressed++) {
            const typist = typists[pressed % count];
            if (typist) press(typist);
          }
          if (pressed < wanted) return;
          clearInterval(timer);
          resolve();
        }, 1);
      });
      await quiet();
      return latencies;
    },
    get snapshots() {
      return snapshots;
    },
    close() {
      for (const { peer, doc } of typists) {
        peer.close();
        doc.destroy();
      }
    },
  };
}
