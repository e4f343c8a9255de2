/** Waiting for what is due now, and no longer. */

/** Lets everything happen that is due now. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}
