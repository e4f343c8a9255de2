/** croft in React. Everything suspends for its first content, and renders again only for what changed. */

export { type Present, usePresence } from "./use-presence.ts";
export { type QueryResult, useCollection, useQuery, useRecord } from "./use-collection.ts";
export { useAccess, useDoc, useDocument, useDocumentState } from "./use-document.ts";
export { type SyncStatus, useQuarantine, useSyncStatus } from "./use-workspace-state.ts";
export {
  type DocumentSource,
  DocumentsProvider,
  type DocumentsProviderProps,
  useDocuments,
  useWorkspace,
  WorkspaceProvider,
  type WorkspaceProviderProps,
} from "./workspace.tsx";
