/** What it would mean to install a package, and the button that does it. */

import type { InstalledPlugins, Offer } from "@croft/host";
import { type ReactNode, useState } from "react";
import { hashOfPlugin } from "../app/route.ts";
import { rescueFocus } from "../shell/focus.ts";
import { useShell } from "../shell/shell-context.ts";
import { isGranted, listAsked, permissionsOf } from "./asked.ts";
import { askBrowser } from "./browser-permission.ts";
import { NeverList, PermissionChoice, useChoice } from "./permission-choice.tsx";
import { Problem } from "./problem.tsx";
import { PublisherLong } from "./publisher.tsx";
import { inWords, problemOf } from "./use-manager.ts";

/** The content of the dialog, once the package was read. */
export function OfferView(props: {
  readonly installed: InstalledPlugins;
  readonly offer: Offer;
  readonly onClose: () => void;
}): ReactNode {
  const { installed, offer, onClose } = props;
  const { manifest, kind, refused } = offer;
  const { notify } = useShell();
  const [items] = useState(() => listAsked(offer.asks));
  const { chosen, toggle } = useChoice(items);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ReturnType<typeof problemOf>>();
  const before = installed.list().find(({ id }) => id === manifest.id);
  const install = () => {
    setBusy(true);
    setFailure(undefined);
    // What was granted before stays so, as far as it is still asked for.
    const kept = before
      ? listAsked(manifest.permissions).filter((item) => isGranted(item, before.granted))
      : [];
    askBrowser(permissionsOf(chosen));
    installed.install(offer, permissionsOf([...kept, ...chosen])).then(
      () => {
        notify({ text: `${manifest.name} ${manifest.version} is installed.` });
        location.hash = hashOfPlugin(manifest.id);
        onClose();
        rescueFocus();
      },
      (error: unknown) => {
        setBusy(false);
        setFailure(problemOf(error));
      },
    );
  };
  return (
    <div className="offer" tabIndex={-1} ref={takeFocus}>
      {refused && <Problem error={refused} />}
      <p className="offer-facts">
        {manifest.description}
        <span className="soft">
          Version {manifest.version}
          {kind === "update" && !refused && <>, in place of {offer.installed}</>}.{" "}
          <PublisherLong publisher={offer.package.publisher} name={manifest.publisher} />
        </span>
      </p>
      {!refused && kind !== "same" && (
        <>
          <PermissionChoice
            title={kind === "update" ? "It newly asks to" : "It asks to"}
            items={items}
            chosen={chosen}
            onToggle={toggle}
          />
          {items.length === 0 && (
            <p className="notice">
              It asks for nothing {kind === "update" ? "new" : "beyond documents of its own"}.
            </p>
          )}
          <NeverList />
          <p className="soft">
            Everybody in this workspace gets it, and is asked for themselves. You can take each
            permission back at any time.
          </p>
        </>
      )}
      {failure && <p className="refused-message">{inWords(failure)}</p>}
      <div className="form-actions">
        <button type="button" className="button" onClick={onClose}>
          {refused || kind === "same" ? "Close" : "Cancel"}
        </button>
        {!refused && kind === "same" && (
          <a
            className="button button-primary"
            href={hashOfPlugin(manifest.id)}
            onClick={() => onClose()}
          >
            Show it
          </a>
        )}
        {!refused && kind !== "same" && (
          <button type="button" className="button button-primary" disabled={busy} onClick={install}>
            {verb(kind, chosen.length < items.length)}
          </button>
        )}
      </div>
    </div>
  );
}

function verb(kind: Offer["kind"], less: boolean): string {
  const what = kind === "update" ? "Update" : "Install";
  return less ? `${what} with less` : what;
}

/** What had the focus is gone: screen readers go on at what was asked for. */
function takeFocus(element: HTMLElement | null): void {
  element?.focus();
}
