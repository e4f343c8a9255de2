/** A promise that a test resolves, to hold something up. */

/** Whoever waits for {@link Gateway.passed} waits until {@link Gateway.open}. */
export interface Gateway {
  readonly passed: Promise<void>;
  open(): void;
}

/** Creates a {@link Gateway}. */
export function createGateway(): Gateway {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve };
}
