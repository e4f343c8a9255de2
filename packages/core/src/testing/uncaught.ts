/** Errors that nobody catches, heard by a test in place of its runner, which would fail it. */

/** What is used of Node's `process`. */
interface Uncaught {
  listeners(event: "uncaughtException"): readonly ((error: unknown) => void)[];
  on(event: "uncaughtException", listener: (error: unknown) => void): void;
  removeAllListeners(event: "uncaughtException"): void;
}

/**
 * What the process hears of as uncaught from now on.
 *
 * @param atEnd Calls what it is given when the test is over: vitest's `onTestFinished`.
 */
export function uncaught(atEnd: (giveBack: () => void) => void): readonly unknown[] {
  const { process } = globalThis as unknown as { readonly process: Uncaught };
  const heard: unknown[] = [];
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => heard.push(error));
  atEnd(() => {
    process.removeAllListeners("uncaughtException");
    for (const other of others) process.on("uncaughtException", other);
  });
  return heard;
}
