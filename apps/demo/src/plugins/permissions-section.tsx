/** What a plugin may do for this person, each with a switch that takes effect at once. */

import { type ReactNode, useId } from "react";
import { type AskedItem, isGranted, listAsked, permissionsOf } from "./asked.ts";
import { askBrowser } from "./browser-permission.ts";
import { AskedText, NeverList } from "./permission-choice.tsx";
import type { SectionProps } from "./plugin-place.tsx";
import { useAttempt } from "./use-manager.ts";

/** The section. */
export function PermissionsSection({ entry, installed }: SectionProps): ReactNode {
  const { id, manifest, granted, standing } = entry.plugin;
  const attempt = useAttempt();
  if (!manifest) return null;
  const items = listAsked(manifest.permissions);
  // What was not agreed to as a whole, or must not run, has nothing to switch.
  const canSwitch = standing.name === "ready" || standing.name === "disabled";
  const set = (item: AskedItem, allowed: boolean) => {
    const others = items.filter((each) => each !== item && isGranted(each, granted));
    if (allowed) askBrowser(permissionsOf([item]));
    attempt(installed.agree(id, permissionsOf(allowed ? [...others, item] : others)));
  };
  return (
    <section className="plugins-section">
      <h2>What it may do for you</h2>
      {items.length === 0 && (
        <p className="soft">It asks for nothing beyond documents of its own.</p>
      )}
      {items.map((item) => (
        <PermissionLine
          key={item.key}
          item={item}
          allowed={canSwitch && isGranted(item, granted)}
          onChange={canSwitch ? (allowed) => set(item, allowed) : undefined}
        />
      ))}
      <NeverList />
    </section>
  );
}

function PermissionLine(props: {
  readonly item: AskedItem;
  readonly allowed: boolean;
  readonly onChange: ((allowed: boolean) => void) | undefined;
}): ReactNode {
  const { item, allowed, onChange } = props;
  const label = useId();
  return (
    <div className="switch-line">
      <span id={label}>
        <AskedText item={item} />
      </span>
      <button
        type="button"
        role="switch"
        className="switch switch-accent"
        aria-checked={allowed}
        aria-labelledby={label}
        disabled={!onChange}
        onClick={() => onChange?.(!allowed)}
      />
    </div>
  );
}
