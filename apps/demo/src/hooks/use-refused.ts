/** The edits that were refused and are kept on this device. */

import type { QuarantineRecord, Workspace } from "@croft/core";
import { useCallback, useEffect, useRef, useState } from "react";

/** A denial is told before it is kept: look again after this time, in milliseconds. */
const LATER = 700;

/** The records, how to look again, and how to throw them away. */
export function useRefused({ quarantine, sync }: Workspace): {
  readonly refused: readonly QuarantineRecord[];
  readonly look: () => void;
  readonly discardAll: () => Promise<void>;
} {
  const [refused, setRefused] = useState<readonly QuarantineRecord[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const read = useCallback(() => {
    quarantine.list().then(setRefused, (error: unknown) => {
      // The store's own problem is shown already.
      console.warn("Refused edits cannot be listed.", error);
    });
  }, [quarantine]);
  const look = useCallback(() => {
    read();
    clearTimeout(timer.current);
    timer.current = setTimeout(read, LATER);
  }, [read]);
  useEffect(() => {
    look();
    const stop = sync.onState(look);
    return () => {
      stop();
      clearTimeout(timer.current);
    };
  }, [look, sync]);
  const discardAll = useCallback(async () => {
    for (const { id } of refused) await quarantine.discard(id);
    read();
  }, [refused, quarantine, read]);
  return { refused, look, discardAll };
}
