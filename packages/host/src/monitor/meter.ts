/** Measures one plugin. Cheap enough to be called for every message: nothing here allocates but on the first of a kind. */

import type { Clock } from "@croft/core";
import type { HoldsBy, MeteredError, PluginFigures } from "./figures.ts";
import { Rolling } from "./rolling.ts";

/** How many causes, permissions and errors are kept. */
const KEPT = 20;
const MAX_TEXT = 2_000;

/** What a replica says of its cache. */
export type CacheFigures = PluginFigures["cache"];

interface Held {
  tasks: number;
  ms: number;
  longest: number;
}

/** See the top of this file. */
export class PluginMeter {
  readonly plugin: string;
  version: string;
  /** Open documents, now. */
  documents = 0;
  cache: CacheFigures = { hits: 0, misses: 0, evictions: 0 };
  storage: number | undefined;
  memory: number | undefined;
  /** Whether what it sends is to be handed on more slowly. */
  throttled = false;
  readonly #clock: Pick<Clock, "now">;
  readonly #onMeasured: () => void;
  readonly #messages = { in: 0, out: 0 };
  readonly #bytes = { in: 0, out: 0 };
  readonly #deniedBy = new Map<string, number>();
  readonly #lastErrors: MeteredError[] = [];
  readonly #held: Held = { tasks: 0, ms: 0, longest: 0 };
  readonly #heldBy = new Map<string, Held>();
  readonly #recent;
  #activations = 0;
  #activationMs: number | undefined;
  #crashes = 0;
  #updates = 0;
  #denied = 0;
  #errors = 0;
  #during = "nothing was asked of it";

  /** `onMeasured` is called for everything that is measured. */
  constructor(
    plugin: { readonly id: string; readonly version: string },
    clock: Pick<Clock, "now">,
    onMeasured: () => void,
  ) {
    this.plugin = plugin.id;
    this.version = plugin.version;
    this.#clock = clock;
    this.#onMeasured = onMeasured;
    this.#recent = {
      messages: new Rolling(clock),
      bytes: new Rolling(clock),
      updates: new Rolling(clock),
      denied: new Rolling(clock),
      errors: new Rolling(clock),
      held: new Rolling(clock),
    };
  }

  activated(ms: number): void {
    this.#activations++;
    this.#activationMs = ms;
    this.#onMeasured();
  }

  crashed(): void {
    this.#crashes++;
    this.#onMeasured();
  }

  /** A message from the plugin (`in`) or to it. */
  message(direction: "in" | "out", bytes: number): void {
    this.#messages[direction]++;
    this.#bytes[direction] += bytes;
    if (direction === "in") {
      this.#recent.messages.add(1);
      this.#recent.bytes.add(bytes);
    }
    this.#onMeasured();
  }

  /** A hub took a change from it. */
  changed(): void {
    this.#updates++;
    this.#recent.updates.add(1);
    this.#onMeasured();
  }

  /** It was refused for want of a permission, named as people read it. */
  refused(permission: string): void {
    this.#denied++;
    this.#recent.denied.add(1);
    const known = this.#deniedBy.get(permission);
    if (known !== undefined || this.#deniedBy.size < KEPT) {
      this.#deniedBy.set(permission, (known ?? 0) + 1);
    }
    this.#onMeasured();
  }

  threw(error: unknown): void {
    this.#errors++;
    this.#recent.errors.add(1);
    const isError = error instanceof Error;
    this.#lastErrors.unshift({
      at: this.#clock.now(),
      message: (isError ? error.message : String(error)).slice(0, MAX_TEXT),
      stack: isError ? error.stack?.slice(0, MAX_TEXT) : undefined,
    });
    this.#lastErrors.length = Math.min(this.#lastErrors.length, KEPT);
    this.#onMeasured();
  }

  /** It is given something to do, continuing "while …"; what it holds its thread for from now on is for that. */
  given(what: string): void {
    this.#during = what;
  }

  /** It held its thread for so long. */
  held(ms: number): void {
    this.#recent.held.add(ms);
    add(this.#held, ms);
    const known = this.#heldBy.get(this.#during);
    if (known) add(known, ms);
    else if (this.#heldBy.size < KEPT) {
      this.#heldBy.set(this.#during, { tasks: 1, ms, longest: ms });
    }
    this.#onMeasured();
  }

  /** Forgets what was measured within the last minute. */
  forgive(): void {
    for (const rolling of Object.values(this.#recent)) rolling.clear();
  }

  figures(): PluginFigures {
    const { messages, bytes, updates, denied, errors, held } = this.#recent;
    const holdsBy = [...this.#heldBy].map(([during, each]): HoldsBy => ({ during, ...each }));
    return {
      plugin: this.plugin,
      version: this.version,
      activations: this.#activations,
      activationMs: this.#activationMs,
      crashes: this.#crashes,
      messages: { ...this.#messages },
      bytes: { ...this.#bytes },
      updates: this.#updates,
      denied: this.#denied,
      deniedBy: Object.fromEntries(this.#deniedBy),
      errors: this.#errors,
      lastErrors: [...this.#lastErrors],
      holds: { ...this.#held },
      holdsBy: holdsBy.toSorted((a, b) => b.ms - a.ms),
      documents: this.documents,
      cache: this.cache,
      storage: this.storage,
      memory: this.memory,
      recent: {
        messages: messages.sum,
        bytes: bytes.sum,
        updates: updates.sum,
        denied: denied.sum,
        errors: errors.sum,
        held: held.sum,
      },
    };
  }
}

function add(held: Held, ms: number): void {
  held.tasks++;
  held.ms += ms;
  held.longest = Math.max(held.longest, ms);
}
