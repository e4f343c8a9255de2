/** The window around the plugins' views. */

import { type ReactNode, useCallback, useMemo, useState, useSyncExternalStore } from "react";
import type { Demo } from "../app/open-demo.ts";
import type { Place } from "../app/route.ts";
import type { ViewProps } from "../app/views.ts";
import { useMediaQuery } from "../hooks/use-media-query.ts";
import { useRefused } from "../hooks/use-refused.ts";
import { useRoute } from "../hooks/use-route.ts";
import { useProblem, useSyncState } from "../hooks/use-sync-state.ts";
import { type Guest, loadGuest, saveGuest } from "../people/guest.ts";
import { PageSkeleton } from "../notes/page-skeleton.tsx";
import { ConsentBanner } from "../plugins/consent-banner.tsx";
import { CommandPlace } from "../plugins/command-place.tsx";
import { type Dock, DockPlace, useDock } from "../plugins/dock.tsx";
import { QuestionDialog } from "../plugins/question-dialog.tsx";
import { StatusBar } from "../plugins/status-bar.tsx";
import { SafeBanner } from "../plugins/safe-banner.tsx";
import { PluginPlace } from "../plugins/plugin-place.tsx";
import { PluginsPlace } from "../plugins/plugins-place.tsx";
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
  const { workspace, views, plugins } = demo;
  const [place, go] = useRoute();
  const [guest, setGuestState] = useState<Guest>(() => loadGuest(localStorage));
  const sync = useSyncState(workspace);
  const problem = useProblem(workspace);
  const refused = useRefused(workspace);
  const { toasts, notify } = useToasts();
  const dock = useDock(demo.host.safeMode);
  const wide = useMediaQuery(WIDE);
  // What was shown when the drawer was opened: once something else was chosen it has done its work.
  const [drawerAt, setDrawerAt] = useState<readonly [Place, Dock]>();

  const setGuest = useCallback((next: Guest) => {
    saveGuest(localStorage, next);
    setGuestState(next);
  }, []);

  const services = useMemo(
    () => ({ workspace, sync, plugins, dock, guest, setGuest, notify }),
    [workspace, sync, plugins, dock, guest, setGuest, notify],
  );
  const sidebar = <Sidebar demo={demo} place={place} go={go} />;
  const menu = wide ? undefined : (
    <button
      type="button"
      className="button-icon"
      aria-label="Open the list of pages"
      aria-haspopup="dialog"
      onClick={() => setDrawerAt([place, dock])}
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
          <SafeBanner />
          <RefusedBanner refused={refused} />
          <ConsentBanner place={place} />
          <Main place={place} go={go} menu={menu} views={views} />
          <StatusBar />
        </main>
        <DockPlace dock={dock} />
      </div>
      {drawerAt?.[0] === place && drawerAt[1] === dock && !wide && (
        <Dialog title="Your workspace" kind="drawer" onClose={() => setDrawerAt(undefined)}>
          {sidebar}
        </Dialog>
      )}
      <CommandPlace place={place} />
      <QuestionDialog questions={demo.questions} />
      {toasts}
    </ShellContext>
  );
}

/** What stands in the middle: what the address names. */
function Main(
  props: Omit<ViewProps, "page"> & { readonly place: Place; readonly views: Demo["views"] },
): ReactNode {
  const { place, go, menu, views } = props;
  const mainViews = useSyncExternalStore(views.subscribe, views.list).filter(
    ({ slot }) => slot === "main",
  );
  if (place.name === "plugins") return <PluginsPlace menu={menu} />;
  if (place.name === "plugin") return <PluginPlace key={place.id} id={place.id} menu={menu} />;
  if (mainViews.length === 0) return <PageSkeleton menu={menu} />;
  return mainViews.map(({ plugin, component: View }) => (
    <View key={plugin} page={place.page} go={go} menu={menu} />
  ));
}

/** By hand: the address's hash names the page. */
function skipToMain(event: { preventDefault(): void }): void {
  event.preventDefault();
  focusText();
}
