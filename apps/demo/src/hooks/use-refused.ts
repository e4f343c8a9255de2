/** The edits that were refused and are kept on this device. */

import type { QuarantineRecord, Workspace } from "@croft/core";
import { useEffect, useState } from "react";

/** The records, as they are now. */
export function useRefused({ quarantine }: Workspace): readonly QuarantineRecord[] {
  const [refused, setRefused] = useState<readonly QuarantineRecord[]>([]);
  useEffect(() => {
    let over = false;
    const look = () => {
      quarantine.list().then(
        (records) => {
          if (!over) setRefused(records);
        },
        (error: unknown) => {
          // The store's own problem is shown already.
          console.warn("Refused edits cannot be listed.", error);
        },
      );
    };
    look();
    const stop = quarantine.onChange(look);
    return () => {
      over = true;
      stop();
    };
  }, [quarantine]);
  return refused;
}
