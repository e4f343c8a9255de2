/** What a person can do when the store of this device fails: keep a copy, start over. */

import { type ReactNode, useState } from "react";
import { saveBackup, startOver } from "../app/backup.ts";
import { Dialog } from "./dialog.tsx";

/** The buttons. */
export function StoreWayOut({ store }: { readonly store: string }): ReactNode {
  const [asking, setAsking] = useState(false);
  const [message, setMessage] = useState("");
  const attempt = (action: Promise<void>, done: string) => {
    action.then(
      () => setMessage(done),
      (error: unknown) => setMessage(error instanceof Error ? error.message : String(error)),
    );
  };
  return (
    <>
      <button
        type="button"
        className="button"
        onClick={() => attempt(saveBackup(store), "A copy was saved with your downloads.")}
      >
        Save a copy
      </button>
      <button type="button" className="button button-danger" onClick={() => setAsking(true)}>
        Start over…
      </button>
      {message !== "" && (
        <p className="way-out-message" role="status">
          {message}
        </p>
      )}
      {asking && (
        <Dialog title="Start over on this device?" onClose={() => setAsking(false)}>
          <p>
            What this device keeps is deleted, and what the server has is fetched again. Changes
            that the server does not have yet are lost: save a copy first.
          </p>
          <div className="form-actions">
            <button type="button" className="button" onClick={() => setAsking(false)}>
              Cancel
            </button>
            <button
              type="button"
              className="button button-danger"
              onClick={() => attempt(startOver(store), "")}
            >
              Delete and start over
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
