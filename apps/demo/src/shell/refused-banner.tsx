/** Edits that were refused: that there are some, and what a person can do with them. */

import type { QuarantineRecord } from "@croft/core";
import { type ReactNode, useState } from "react";
import { download } from "../app/download.ts";
import { describeRefused } from "../app/refused-edits.ts";
import { Dialog } from "./dialog.tsx";
import { Icon } from "./icons.tsx";
import { RefusedItem } from "./refused-item.tsx";

/** Shown over the page while there are refused edits. */
export function RefusedBanner({
  refused,
}: {
  readonly refused: readonly QuarantineRecord[];
}): ReactNode {
  const [open, setOpen] = useState(false);
  const [first] = refused;
  if (!first) return null;
  const save = () => download("refused-changes.md", describeRefused(refused), "text/markdown");
  return (
    <div className="banner" data-tone="warn" role="alert">
      <Icon name="lock" />
      <div className="banner-text">
        <p>
          <strong>Some of your changes were refused, and are kept on this device.</strong>
        </p>
        <p>The reason: {first.reason}.</p>
      </div>
      <div className="banner-actions">
        <button type="button" className="button" onClick={() => setOpen(true)}>
          Look at them…
        </button>
        <button type="button" className="button" onClick={save}>
          Save as a file
        </button>
      </div>
      {open && (
        <Dialog title="Refused changes" wide onClose={() => setOpen(false)}>
          <p className="soft">
            Nobody else has them. Put them back once you may write again, or discard them.
          </p>
          <ul className="refused-list">
            {refused.map((record) => (
              <RefusedItem key={record.id} record={record} />
            ))}
          </ul>
        </Dialog>
      )}
    </div>
  );
}
