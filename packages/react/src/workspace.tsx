/** The workspace that the hooks below work in. */

import type { Workspace } from "@croft/core";
import { createContext, type JSX, type ReactNode, use } from "react";

const WorkspaceContext = createContext<Workspace | Promise<Workspace> | undefined>(undefined);

/** Props of {@link WorkspaceProvider}. */
export interface WorkspaceProviderProps {
  /**
   * The open workspace, or the promise of `openWorkspace`: then what needs it waits in the next `Suspense`.
   * The provider does not dispose of it: who opened it does.
   */
  readonly workspace: Workspace | Promise<Workspace>;
  readonly children?: ReactNode;
}

/**
 * Gives a workspace to all hooks below it.
 *
 * @example
 * ```tsx
 * const workspace = openWorkspace({ id: "acme", user: "ada", store: indexeddbStore({ name: "acme-ada" }) });
 * createRoot(root).render(
 *   <WorkspaceProvider workspace={workspace}>
 *     <Suspense fallback="Loading …">
 *       <App />
 *     </Suspense>
 *   </WorkspaceProvider>,
 * );
 * ```
 */
export function WorkspaceProvider({ workspace, children }: WorkspaceProviderProps): JSX.Element {
  return <WorkspaceContext value={workspace}>{children}</WorkspaceContext>;
}

/**
 * The workspace of the next {@link WorkspaceProvider}; suspends while it is being opened.
 *
 * @throws Error without a provider; what opening it rejected with.
 */
export function useWorkspace(): Workspace {
  const workspace = use(WorkspaceContext);
  if (!workspace) throw new Error("A hook of @croft/react needs a <WorkspaceProvider> above it.");
  return workspace instanceof Promise ? use(workspace) : workspace;
}
