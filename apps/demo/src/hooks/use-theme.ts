/** Light, dark, or as the system has it. Kept in this browser; public/theme.js sets it at the start. */

import { useCallback, useState } from "react";

export const THEMES = ["system", "light", "dark"] as const;

/** A theme that can be chosen. */
export type Theme = (typeof THEMES)[number];

const KEY = "croft-demo/theme";

/** The chosen theme, and how to choose another. */
export function useTheme(): readonly [theme: Theme, choose: (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(() => {
    const { theme: chosen } = document.documentElement.dataset;
    return THEMES.find((each) => each === chosen) ?? "system";
  });
  const choose = useCallback((next: Theme) => {
    if (next === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = next;
    localStorage.setItem(KEY, next);
    setTheme(next);
  }, []);
  return [theme, choose];
}
