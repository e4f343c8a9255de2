/** The views that one activation has defined, and who waits for them. */

import { CroftError } from "@croft/core";
import type { PluginManifest } from "../manifest.ts";
import { showView, type ViewRender, type ViewSession } from "../view/view-session.ts";
import type { DefinedView, PluginViews, ViewSource } from "../views.ts";

/** See the top of this file. */
export interface ViewShelf extends PluginViews {
  /** Resolves with a view once it is defined. Rejects when the activation ends before. */
  get(name: string): Promise<ViewSource>;
  /** Ends all that is shown, and what waits, with this error. */
  end(error: CroftError): void;
}

/** Creates a {@link ViewShelf}. `where` of `onThrown` continues "threw …". */
export function createViewShelf(
  { id, contributes }: PluginManifest,
  onThrown: (error: unknown, where: string) => void,
): ViewShelf {
  const defined = new Set<string>();
  const awaited = new Map<string, PromiseWithResolvers<ViewSource>>();
  const shown = new Set<ViewSession>();
  let ended: CroftError | undefined;

  const waitFor = (name: string): PromiseWithResolvers<ViewSource> => {
    let waiting = awaited.get(name);
    if (!waiting) {
      awaited.set(name, (waiting = Promise.withResolvers()));
      // Whether somebody waits or not.
      waiting.promise.catch(() => undefined);
    }
    return waiting;
  };
  return {
    define(name: string, given: ViewRender | ViewSource): DefinedView {
      if (ended) throw ended;
      if (!contributes.views.some((view) => view.name === name)) {
        const message = `${id} defines the view ${JSON.stringify(name)}, which its manifest does not contribute.`;
        throw new CroftError("input/invalid", message, {
          plugin: id,
          hint: "List it in the manifest's `contributes.views`.",
        });
      }
      if (defined.has(name)) {
        throw new CroftError("input/invalid", `${id} defines the view ${name} twice.`, {
          plugin: id,
          hint: "Define it once, and call `update` of what that returned.",
        });
      }
      defined.add(name);
      if (typeof given !== "function") {
        waitFor(name).resolve(given);
        return { update: () => undefined };
      }
      const places = new Set<ViewSession>();
      waitFor(name).resolve({
        fenced: false,
        connect(port) {
          const session = showView({ render: given, port, onThrown });
          places.add(session);
          shown.add(session);
          return () => {
            places.delete(session);
            shown.delete(session);
            session.end();
          };
        },
      });
      return {
        update() {
          for (const place of places) place.update();
        },
      };
    },
    async get(name) {
      if (ended) throw ended;
      return waitFor(name).promise;
    },
    end(error) {
      ended ??= error;
      for (const session of shown) session.end();
      for (const { reject } of awaited.values()) reject(error);
    },
  };
}
