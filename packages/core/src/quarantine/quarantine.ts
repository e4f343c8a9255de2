/** What a person can do with edits that were refused: look at them, try again, copy, export, discard. */

import * as Y from "yjs";
import { type DocPath, parseDocPath } from "../doc-path.ts";
import type { Unsubscribe } from "../emitter.ts";
import { CroftError } from "../errors.ts";
import type { Tag } from "../ids.ts";
import type { DocumentHandle } from "../replica/document-handle.ts";
import type { QuarantineRecord } from "../store/store.ts";
import { readRefusedEdits, type RefusedEdits } from "./refused-edits.ts";
import { keysSetSince, setAgain } from "./set-again.ts";

/**
 * Refused local edits, kept on this device until a person decides. The quarantine is the device's:
 * it is the same in all tabs and survives restarts.
 */
export interface Quarantine {
  /** All records, or those of one document, oldest first. */
  list(path?: DocPath): Promise<readonly QuarantineRecord[]>;
  /** Tells that records came or went; look again with {@link Quarantine.list}. */
  onChange(listener: () => void): Unsubscribe;
  /**
   * The edits on top of what is accepted now, as documents and in words. An edit of a document that
   * may not be read any more is shown alone.
   *
   * @throws CroftError `input/invalid` when there is no such record.
   */
  read(id: Tag): Promise<RefusedEdits>;
  /**
   * Puts the edits back into their document, as new edits of this device, after access came back: a field
   * of a collection's record has the refused value then, also where others set it since. Where the edits
   * only removed a value, one that others set since stays. What was refused of a record that others deleted and
   * made again meanwhile belongs to the former one and is not shown: read or export it first. The record goes
   * once they are stored here.
   *
   * @throws CroftError `access/denied` when they are refused again; the record stays then.
   */
  retry(id: Tag): Promise<void>;
  /**
   * Copies the document, accepted content and refused edits together, into an empty document at
   * `to`. The record stays; discard it when the copy is what was wanted.
   *
   * @throws CroftError `input/invalid` when there is no such record, `to` is no doc path, or the
   *   document there is not empty; `access/denied` when it may not be written.
   */
  copy(id: Tag, to: string): Promise<void>;
  /**
   * The record as JSON text, with all that it knows; its updates are Yjs updates v1 in base64.
   *
   * @throws CroftError `input/invalid` when there is no such record.
   */
  export(id: Tag): Promise<string>;
  /** Removes a record for good. */
  discard(id: Tag): Promise<void>;
}

/** What the quarantine needs of its workspace. */
export interface QuarantineHost {
  list(path: DocPath | undefined): Promise<readonly QuarantineRecord[]>;
  discard(id: Tag): Promise<void>;
  retry(id: Tag): Promise<void>;
  onChange(listener: () => void): Unsubscribe;
  open(path: DocPath): DocumentHandle;
}

/** Creates the {@link Quarantine} of a workspace. */
export function createQuarantine(host: QuarantineHost): Quarantine {
  const find = async (id: Tag): Promise<QuarantineRecord> => {
    const record = (await host.list(undefined)).find((each) => each.id === id);
    if (record) return record;
    throw new CroftError(
      "input/invalid",
      "These refused edits are not in the quarantine any more.",
      {
        hint: "They were put back or discarded, perhaps in another tab.",
      },
    );
  };
  const withDocument = async <T>(
    path: DocPath,
    run: (handle: DocumentHandle) => T | Promise<T>,
  ): Promise<T> => {
    const handle = host.open(path);
    try {
      await handle.ready;
      return await run(handle);
    } finally {
      handle.close();
    }
  };
  const read = async (id: Tag): Promise<RefusedEdits> => {
    const record = await find(id);
    return withDocument(record.path, ({ doc }) =>
      readRefusedEdits(record, Y.encodeStateAsUpdate(doc)),
    );
  };
  return {
    list: (path) => host.list(path),
    onChange: (listener) => host.onChange(listener),
    read,
    async retry(id) {
      const record = (await host.list(undefined)).find((each) => each.id === id);
      // It was put back or discarded meanwhile.
      if (!record) return;
      const { path } = record;
      const again = await withDocument(path, ({ doc }) =>
        keysSetSince(record, Y.encodeStateAsUpdate(doc)),
      );
      await host.retry(id);
      if (again.size === 0) return;
      await withDocument(path, async (handle) => {
        setAgain(handle.doc, again);
        await handle.saved("device");
      });
    },
    async copy(id, to) {
      const path = parseDocPath(to);
      const { withEdits, accepted } = await read(id);
      const handle = host.open(path);
      try {
        await handle.ready;
        if (handle.doc.store.clients.size > 0) {
          throw new CroftError("input/invalid", `${path} is not empty.`, {
            path,
            hint: "Copy into a document that does not exist yet.",
          });
        }
        if (handle.state.access !== "write") {
          throw new CroftError("access/denied", `${path} may not be written here.`, { path });
        }
        Y.applyUpdate(handle.doc, Y.encodeStateAsUpdate(withEdits), "quarantine");
        await handle.saved("device");
      } finally {
        handle.close();
        withEdits.destroy();
        accepted.destroy();
      }
    },
    export: async (id) => exportRecord(await find(id)),
    discard: (id) => host.discard(id),
  };
}

function exportRecord({ updates, at, ...record }: QuarantineRecord): string {
  return JSON.stringify(
    {
      format: "croft-refused-edits",
      version: 1,
      ...record,
      at: new Date(at).toISOString(),
      updates: updates.map(toBase64),
    },
    undefined,
    2,
  );
}

function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
