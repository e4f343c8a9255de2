/** What a conformance suite needs of a test runner: vitest's functions fit, and so do others'. */

/** `describe`, `it` and `expect`, handed in, so that core depends on no test runner. */
export interface TestKit {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void> | void) => unknown;
  readonly expect: (value: unknown) => TestExpectation;
}

/** The few matchers that the suites use. */
export interface TestExpectation {
  toBe(expected: unknown): void;
  toEqual(expected: unknown): void;
  toBeGreaterThan(expected: number): void;
  toBeLessThanOrEqual(expected: number): void;
}
