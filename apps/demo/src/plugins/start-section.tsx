/** How plugins are taken at the next start of the app. */

import { type ReactNode, useId, useState } from "react";
import { hrefOfSafeMode, keepUpdateChoice, loadUpdateChoice } from "../app/start-choices.ts";
import { useShell } from "../shell/shell-context.ts";

/** The section. */
export function StartSection(): ReactNode {
  const { plugins, notify } = useShell();
  const [choice, setChoice] = useState(() => loadUpdateChoice(localStorage));
  const label = useId();
  const isCareful = choice === "agreed";
  const change = () => {
    const next = isCareful ? "now" : "agreed";
    keepUpdateChoice(localStorage, next);
    setChoice(next);
    notify({
      text: "It counts when this window is loaded anew.",
      action: { label: "Load it now", run: () => location.reload() },
    });
  };
  return (
    <section className="plugins-section">
      <h2>On this device</h2>
      <div className="switch-line">
        <span>
          <span id={label}>Updates wait</span>
          <span className="soft">
            Until they are three days old, and until you agree to what they newly ask for. The
            version before goes on.
          </span>
        </span>
        <button
          type="button"
          role="switch"
          className="switch switch-accent"
          aria-checked={isCareful}
          aria-labelledby={label}
          onClick={change}
        />
      </div>
      {!plugins.host.safeMode && (
        <p className="soft">
          If the app does not come up with its plugins:{" "}
          <a href={hrefOfSafeMode(true, location)}>start it in safe mode</a>, without any of them.
        </p>
      )}
    </section>
  );
}
