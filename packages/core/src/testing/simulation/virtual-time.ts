/**
 * Virtual time: an order of events in which nothing waits for a real clock. Between two events all
 * promises settle, so a run depends on its seed alone.
 */

/** Calls off what was scheduled. */
export type Cancel = () => void;

interface Event {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/** See the top of this file. */
export class VirtualTime {
  /** Milliseconds since 1970. */
  now = 1_800_000_000_000;
  /** Events that were run. */
  events = 0;
  readonly #heap: Event[] = [];
  #order = 0;

  /** Runs `run` in `ms` milliseconds; events of one moment run in the order of scheduling. */
  schedule(ms: number, run: () => void): Cancel {
    const event: Event = { at: this.now + Math.max(0, ms), order: this.#order++, run };
    this.#push(event);
    return () => {
      event.run = undefined;
    };
  }

  /** Lets `ms` milliseconds pass. */
  async advance(ms: number): Promise<void> {
    const until = this.now + ms;
    await settled();
    for (;;) {
      const next = this.#heap[0];
      if (!next || next.at > until) break;
      this.#pop();
      if (!next.run) continue;
      this.now = next.at;
      this.events++;
      next.run();
      await settled();
    }
    this.now = until;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    heap.push(event);
    let at = heap.length - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (!this.#swapIfLater(up, at)) break;
      at = up;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    heap[0] = last;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const down = right < heap.length && isLater(heap[left], heap[right]) ? right : left;
      if (!this.#swapIfLater(at, down)) break;
      at = down;
    }
  }

  #swapIfLater(up: number, down: number): boolean {
    const heap = this.#heap;
    const [a, b] = [heap[up], heap[down]];
    if (!a || !b || !isLater(a, b)) return false;
    heap[up] = b;
    heap[down] = a;
    return true;
  }
}

function isLater(a: Event | undefined, b: Event | undefined): boolean {
  if (!a || !b) return false;
  return a.at > b.at || (a.at === b.at && a.order > b.order);
}

/** Resolves when every promise that can settle by itself has settled. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
