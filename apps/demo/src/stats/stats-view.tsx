/** The panel as a view of the app. */

import type { Workspace } from "@croft/core";
import type { PluginHost } from "@croft/host";
import { DocumentsProvider } from "@croft/react";
import type { ComponentType, ReactNode } from "react";
import type { ViewProps } from "../app/views.ts";
import { StatsPanel } from "./stats-panel.tsx";

/** Shows the counts that `workspace` holds. */
export function statsView(workspace: Workspace, host: PluginHost): ComponentType<ViewProps> {
  return function StatsView(props: ViewProps): ReactNode {
    return (
      <DocumentsProvider documents={workspace}>
        <StatsPanel {...props} host={host} />
      </DocumentsProvider>
    );
  };
}
