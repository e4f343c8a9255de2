/** What plugins ask a person while they run: the host asks one question at a time, and a dialog answers. */

import { createEmitter, type Unsubscribe } from "@croft/core";
import type { AskPermission, PermissionQuestion } from "@croft/host";

/** A question that waits for its answer. */
export interface OpenQuestion {
  readonly question: PermissionQuestion;
  readonly answer: (granted: boolean) => void;
}

/** See the top of this file. */
export interface Questions {
  /** For the host. */
  readonly ask: AskPermission;
  /** The same until something changes. */
  readonly now: () => OpenQuestion | undefined;
  readonly subscribe: (listener: () => void) => Unsubscribe;
}

/** Creates them; nobody asks yet. */
export function createQuestions(): Questions {
  const changed = createEmitter<void>();
  let open: OpenQuestion | undefined;
  const set = (next: OpenQuestion | undefined) => {
    open = next;
    changed.emit();
  };
  return {
    ask: (question) =>
      new Promise((resolve) => {
        const asked: OpenQuestion = {
          question,
          answer(granted) {
            if (open === asked) set(undefined);
            resolve(granted);
          },
        };
        // Nobody waits any more: what is answered then counts for nothing.
        question.signal.addEventListener("abort", () => asked.answer(false), { once: true });
        if (question.signal.aborted) resolve(false);
        else set(asked);
      }),
    now: () => open,
    subscribe: (listener) => changed.on(listener),
  };
}
