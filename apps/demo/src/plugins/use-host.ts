/** What plugins contribute now, for components: each list is the same until something in it changes. */

import type { Command, HostView, PluginHost, StatusItem } from "@croft/host";
import { useCallback, useSyncExternalStore } from "react";

/** Views that can be shown. */
export function useViews({ views }: PluginHost): readonly HostView[] {
  return useList(views);
}

/** Commands. */
export function useCommands({ commands }: PluginHost): readonly Command[] {
  return useList(commands);
}

/** Short texts that plugins show. */
export function useStatusItems({ status }: PluginHost): readonly StatusItem[] {
  return useList(status);
}

function useList<T>(source: {
  list(): readonly T[];
  onChange(listener: () => void): () => void;
}): readonly T[] {
  const subscribe = useCallback((listener: () => void) => source.onChange(listener), [source]);
  return useSyncExternalStore(subscribe, () => source.list());
}
