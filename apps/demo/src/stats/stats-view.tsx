/** The panel as a view of the app. */

import type { Workspace } from "@croft/core";
import { DocumentsProvider } from "@croft/react";
import type { ComponentType, ReactNode } from "react";
import type { ViewProps } from "../app/views.ts";
import type { PluginManager } from "../plugins/manager.ts";
import { StatsPanel } from "./stats-panel.tsx";

/** Shows the counts that `workspace` holds, while the plugin is installed and runs. */
export function statsView(workspace: Workspace, plugins: PluginManager): ComponentType<ViewProps> {
  return function StatsView(props: ViewProps): ReactNode {
    return (
      <DocumentsProvider documents={workspace}>
        <StatsPanel {...props} plugins={plugins} />
      </DocumentsProvider>
    );
  };
}
