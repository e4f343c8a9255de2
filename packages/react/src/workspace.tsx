/** The workspace that the hooks below work in. */

import type { Workspace } from "@croft/core";
import { createContext, type JSX, type ReactNode, use } from "react";

const WorkspaceContext = createContext<Workspace | Promise<Workspace> | undefined>(undefined);

/** What opens documents: a workspace, or the context of a plugin, which has a replica of its own. */
export type DocumentSource = Pick<Workspace, "open">;

const SourceContext = createContext<DocumentSource | undefined>(undefined);

/** Props of {@link DocumentsProvider}. */
export interface DocumentsProviderProps {
  readonly documents: DocumentSource;
  readonly children?: ReactNode;
}

/**
 * Gives the documents of a plugin to `useDocument` below it, in place of the workspace's own: what it may do with
 * them is what the plugin was granted.
 *
 * @example
 * ```tsx
 * const documents = workspace.createPluginReplica("notes");
 * createRoot(root).render(
 *   <DocumentsProvider documents={documents}>
 *     <App />
 *   </DocumentsProvider>,
 * );
 * ```
 */
export function DocumentsProvider({ documents, children }: DocumentsProviderProps): JSX.Element {
  return <SourceContext value={documents}>{children}</SourceContext>;
}

/**
 * What opens documents here: the next {@link DocumentsProvider}, or the workspace.
 *
 * @throws Error without a provider; what opening the workspace rejected with.
 */
export function useDocuments(): DocumentSource {
  const source = use(SourceContext);
  const workspace = use(WorkspaceContext);
  if (source) return source;
  if (!workspace) throw new Error(NO_PROVIDER);
  return workspace instanceof Promise ? use(workspace) : workspace;
}

const NO_PROVIDER = "A hook of @croft/react needs a <WorkspaceProvider> above it.";

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
  if (!workspace) throw new Error(NO_PROVIDER);
  return workspace instanceof Promise ? use(workspace) : workspace;
}
