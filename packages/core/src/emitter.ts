/**
 * A list of listeners. A listener that throws does not keep the others from hearing; its error
 * is reported to the platform (as an uncaught error), since nobody else can handle it.
 */

/** Ends a subscription; calling it again does nothing. */
export type Unsubscribe = () => void;

/** Something that can be listened to. */
export interface Emitter<T> {
  /** Calls `listener` on each {@link Emitter.emit} until the returned function is called. */
  on(listener: (value: T) => void): Unsubscribe;
  /** Calls every listener with `value`, in the order of subscription. */
  emit(value: T): void;
  /** How many listeners there are; for leak checks. */
  readonly size: number;
  /** Forgets every listener. */
  clear(): void;
}

/** Creates an {@link Emitter}. */
export function createEmitter<T>(): Emitter<T> {
  const listeners = new Set<{ readonly call: (value: T) => void }>();
  return {
    on(listener) {
      const entry = { call: listener };
      listeners.add(entry);
      return () => {
        listeners.delete(entry);
      };
    },
    emit(value) {
      for (const entry of [...listeners]) {
        if (!listeners.has(entry)) continue;
        try {
          entry.call(value);
        } catch (error) {
          reportUncaught(error);
        }
      }
    },
    get size() {
      return listeners.size;
    },
    clear() {
      listeners.clear();
    },
  };
}

/** Rethrows `error` outside of the current call, so that the platform reports it. */
export function reportUncaught(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
