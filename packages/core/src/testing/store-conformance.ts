/** What every kind of store must do; one suite for all of them. */

import type { Store } from "../store/store.ts";
import { createDice } from "./random-edits.ts";
import { declareCommitTests } from "./store-commit-tests.ts";
import { declareDocumentTests } from "./store-document-tests.ts";
import { declareLifeTests } from "./store-life-tests.ts";
import { compareWithModel } from "./store-model.ts";
import { declareReadTests } from "./store-read-tests.ts";
import type { StoreRig, StoreTest } from "./store-rig.ts";
import type { TestKit } from "./test-kit.ts";

/**
 * Declares the conformance suite for one kind of store.
 *
 * @example
 * ```ts
 * describeStore("memory", { open, reopen }, { describe, it, expect });
 * ```
 */
export function describeStore(name: string, rig: StoreRig, kit: TestKit): void {
  const test: StoreTest = (title, body) => {
    kit.it(title, async () => {
      const store = await rig.open();
      const opened = [store];
      const reopen = async (left: Store): Promise<Store> => {
        const again = await rig.reopen(left);
        opened.push(again);
        return again;
      };
      try {
        await body(store, await store.takeTerm(), reopen);
      } finally {
        for (const each of opened) await each.close();
      }
    });
  };

  kit.describe(`${name} store`, () => {
    declareCommitTests(test, kit);
    declareDocumentTests(test, kit);
    declareReadTests(test, kit);
    declareLifeTests(test, kit);
    for (const seed of [1, 2, 3, 4]) {
      kit.it(`does what the contract says with random batches (seed ${seed})`, () => {
        const dice = createDice(seed);
        const choices = Array.from({ length: 1000 }, () => dice(2 ** 31));
        return checkAgainstModel(rig, choices, kit);
      });
    }
  });
}

/**
 * Writes random batches to a new store and to a model of the contract, and compares them. For a
 * property test: what is shrunk are the choices.
 *
 * @param choices Whole numbers from 0; a batch takes some 50 of them.
 */
export async function checkAgainstModel(
  rig: StoreRig,
  choices: readonly number[],
  { expect }: Pick<TestKit, "expect">,
): Promise<void> {
  let store: Store | undefined;
  const open = async (): Promise<Store> => {
    store = store ? await rig.reopen(store) : await rig.open();
    return store;
  };
  await compareWithModel(open, choices, (real, model) => expect(real).toEqual(model));
}
