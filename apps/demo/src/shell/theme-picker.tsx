/** Light, dark or the system's: three choices side by side. */

import type { ReactNode } from "react";
import { type Theme, THEMES, useTheme } from "../hooks/use-theme.ts";
import { Icon, type IconName } from "./icons.tsx";

const LOOKS: Readonly<Record<Theme, { readonly icon: IconName; readonly label: string }>> = {
  system: { icon: "system", label: "As the system" },
  light: { icon: "sun", label: "Light" },
  dark: { icon: "moon", label: "Dark" },
};

/** The picker. */
export function ThemePicker(): ReactNode {
  const [theme, choose] = useTheme();
  return (
    <fieldset className="themes">
      <legend className="visually-hidden">Theme</legend>
      {THEMES.map((each) => (
        <label key={each} className="theme" title={LOOKS[each].label}>
          <input
            type="radio"
            name="theme"
            className="visually-hidden"
            checked={theme === each}
            onChange={() => choose(each)}
          />
          <Icon name={LOOKS[each].icon} />
          <span className="visually-hidden">{LOOKS[each].label}</span>
        </label>
      ))}
    </fieldset>
  );
}
