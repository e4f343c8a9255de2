/** The side of the window: the plugins' list and panels, the connection, and this guest. */

import { type ReactNode, useSyncExternalStore } from "react";
import type { Demo } from "../app/open-demo.ts";
import type { Place } from "../app/route.ts";
import type { ViewProps } from "../app/views.ts";
import { DockList } from "../plugins/dock.tsx";
import { PluginsLink } from "../plugins/plugins-link.tsx";
import { Account } from "./account.tsx";
import { Connection } from "./connection.tsx";
import { Mark } from "./icons.tsx";
import { PluginFailures } from "./plugin-failures.tsx";
import { useShell } from "./shell-context.ts";
import { ThemePicker } from "./theme-picker.tsx";

/** The content of the sidebar, or of the drawer that takes its place on narrow windows. */
export function Sidebar(props: {
  readonly demo: Demo;
  readonly place: Place;
  readonly go: ViewProps["go"];
}): ReactNode {
  const { demo, place, go } = props;
  const viewProps: ViewProps = { page: place.name === "page" ? place.page : "", go };
  const { workspace, host, views } = demo;
  const { dock } = useShell();
  const all = useSyncExternalStore(views.subscribe, views.list);
  const lists = all.filter(({ slot }) => slot === "list");
  const panels = all.filter(({ slot }) => slot === "panel");
  return (
    <>
      <header className="brand">
        <Mark />
        <span className="brand-name">croft</span>
        <span className="brand-workspace" title="The workspace">
          {workspace.id}
        </span>
      </header>
      <div className="sidebar-scroll">
        {lists.map(({ plugin, component: View }) => (
          <View key={plugin} {...viewProps} />
        ))}
        {panels.map(({ plugin, component: View }) => (
          <View key={plugin} {...viewProps} />
        ))}
        <DockList dock={dock} />
        {place.name === "page" && <PluginFailures host={host} />}
      </div>
      <footer className="sidebar-foot">
        <PluginsLink isCurrent={place.name !== "page"} />
        <Connection />
        <div className="you">
          <Account />
          <ThemePicker />
        </div>
      </footer>
    </>
  );
}
