/** The plugins and how they are. */

import type { PluginHost, PluginStatus } from "@croft/host";
import { useCallback, useSyncExternalStore } from "react";

/** The registered plugins; the same list until one changes. */
export function usePlugins(host: PluginHost): readonly PluginStatus[] {
  const subscribe = useCallback((listener: () => void) => host.onState(listener), [host]);
  return useSyncExternalStore(subscribe, () => host.list());
}
