/** The window around the plugins' views. */

import { type ReactNode, useCallback, useMemo, useState, useSyncExternalStore } from "react";
import type { Demo } from "../app/open-demo.ts";
import { useMediaQuery } from "../hooks/use-media-query.ts";
import { useRefused } from "../hooks/use-refused.ts";
import { useRoute } from "../hooks/use-route.ts";
import { useProblem, useSyncState } from "../hooks/use-sync-state.ts";
import { type Guest, loadGuest, saveGuest } from "../people/guest.ts";
import { PageSkeleton } from "../notes/page-skeleton.tsx";
import { ProblemBanner } from "./problem-banner.tsx";
import { RefusedBanner } from "./refused-banner.tsx";
import { Dialog } from "./dialog.tsx";
import { focusText } from "./focus.ts";
import { Icon } from "./icons.tsx";
import { ShellContext } from "./shell-context.ts";
import { Sidebar } from "./sidebar.tsx";
import { useToasts } from "./toasts.tsx";

/** From this width on the sidebar stands beside the page; the same is in styles/layout.css. */
const WIDE = "(min-width: 840px)";

/** The window. */
export function Shell(props: { readonly demo: Demo; readonly store: string }): ReactNode {
  const { demo, store } = props;
  const { workspace, views } = demo;
  const [page, go] = useRoute();
  const [guest, setGuestState] = useState<Guest>(() => loadGuest(localStorage));
  const sync = useSyncState(workspace);
  const problem = useProblem(workspace);
  const refused = useRefused(workspace);
  const { toasts, notify } = useToasts();
  const wide = useMediaQuery(WIDE);
  // The page that the drawer was opened on: once another was chosen it has done its work.
  const [drawerOn, setDrawerOn] = useState<string>();
  const mainViews = useSyncExternalStore(views.subscribe, views.list).filter(
    ({ slot }) => slot === "main",
  );

  const setGuest = useCallback((next: Guest) => {
    saveGuest(localStorage, next);
    setGuestState(next);
  }, []);

  const services = useMemo(
    () => ({ workspace, sync, guest, setGuest, notify }),
    [workspace, sync, guest, setGuest, notify],
  );
  const sidebar = <Sidebar demo={demo} page={page} go={go} />;
  const menu = wide ? undefined : (
    <button
      type="button"
      className="button-icon"
      aria-label="Open the list of pages"
      aria-haspopup="dialog"
      onClick={() => setDrawerOn(page)}
    >
      <Icon name="menu" />
    </button>
  );
  return (
    <ShellContext value={services}>
      <a className="skip" href="#main" onClick={skipToMain}>
        Skip to the page
      </a>
      <div className="shell">
        {wide && <aside className="sidebar">{sidebar}</aside>}
        <main id="main" tabIndex={-1}>
          {problem && (
            <ProblemBanner
              problem={problem}
              store={store}
              onDismiss={() => workspace.dismissLosses()}
            />
          )}
          <RefusedBanner refused={refused} />
          {mainViews.length === 0 && <PageSkeleton menu={menu} />}
          {mainViews.map(({ plugin, component: View }) => (
            <View key={plugin} page={page} go={go} menu={menu} />
          ))}
        </main>
      </div>
      {drawerOn === page && !wide && (
        <Dialog title="Your workspace" kind="drawer" onClose={() => setDrawerOn(undefined)}>
          {sidebar}
        </Dialog>
      )}
      {toasts}
    </ShellContext>
  );
}

/** By hand: the address's hash names the page. */
function skipToMain(event: { preventDefault(): void }): void {
  event.preventDefault();
  focusText();
}
