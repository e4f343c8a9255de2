/** Signals of calls that several things end. */

/** Aborted when one of them is. */
export function either(signal: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other ? AbortSignal.any([signal, other]) : signal;
}
