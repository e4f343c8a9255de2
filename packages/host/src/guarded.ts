/**
 * Listeners that an application gives. What they throw is its own affair: it is reported to the platform and gets no further,
 * since the host has to go on.
 */

/** A listener that never throws; what `listener` throws is reported to the platform, as an uncaught error. */
export function guarded<Given extends readonly unknown[]>(
  listener: (...given: Given) => void,
): (...given: Given) => void {
  return (...given) => {
    try {
      listener(...given);
    } catch (error) {
      reportUncaught(error);
    }
  };
}

/** Rethrows `error` outside of the current call, so that the platform reports it: nobody else can handle it. */
export function reportUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
