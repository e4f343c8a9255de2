/**
 * Views that plugins contribute: React components for places in the app's window. In process for now;
 * a plugin adds its views when it is activated and they go when it is deactivated.
 */

import { createEmitter, type Unsubscribe } from "@croft/core";
import type { ComponentType, ReactNode } from "react";

/** Where a view stands: a list at the side, the middle of the window, a small panel at the side. */
export type Slot = "list" | "main" | "panel";

/** What every view is given. */
export interface ViewProps {
  /** The page that the address names; empty when it names another place. */
  readonly page: string;
  readonly go: (page: string) => void;
  /** On narrow windows, the button that opens the list; a main view places it in its bar. */
  readonly menu?: ReactNode;
}

/** A contributed view. */
export interface View {
  readonly plugin: string;
  readonly slot: Slot;
  readonly component: ComponentType<ViewProps>;
}

/** The views that there are now. */
export interface Views {
  /** Adds a view until the returned function is called. */
  add(view: View): Unsubscribe;
  /** The same list until it changes. */
  readonly list: () => readonly View[];
  readonly subscribe: (listener: () => void) => Unsubscribe;
}

/** Creates an empty list of views. */
export function createViews(): Views {
  const changed = createEmitter<void>();
  let views: readonly View[] = [];
  return {
    add(view) {
      views = [...views, view];
      changed.emit();
      return () => {
        views = views.filter((each) => each !== view);
        changed.emit();
      };
    },
    list: () => views,
    subscribe: (listener) => changed.on(listener),
  };
}
