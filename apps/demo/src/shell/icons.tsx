/** The icons, drawn on a grid of 20. All are decoration: what they mean stands beside them in words. */

import type { ReactNode } from "react";

const PATHS = {
  plus: "M10 4v12M4 10h12",
  import:
    "M10 3v9m0 0 3.5-3.5M10 12 6.5 8.5M4 13v2.5A1.5 1.5 0 0 0 5.5 17h9a1.5 1.5 0 0 0 1.5-1.5V13",
  export:
    "M10 12V3m0 0L6.5 6.5M10 3l3.5 3.5M4 13v2.5A1.5 1.5 0 0 0 5.5 17h9a1.5 1.5 0 0 0 1.5-1.5V13",
  trash:
    "M4 6h12M8 6V4.5A1.5 1.5 0 0 1 9.5 3h1A1.5 1.5 0 0 1 12 4.5V6m2.5 0-.6 9.1a1.5 1.5 0 0 1-1.5 1.4H7.6a1.5 1.5 0 0 1-1.5-1.4L5.5 6M8.5 9v4.5M11.5 9v4.5",
  menu: "M3.5 6h13M3.5 10h13M3.5 14h13",
  close: "M5.5 5.5l9 9M14.5 5.5l-9 9",
  search: "M9 4a5 5 0 1 1 0 10A5 5 0 0 1 9 4zm3.7 8.7L16.5 16.5",
  sun: "M10 6.8a3.2 3.2 0 1 1 0 6.4 3.2 3.2 0 0 1 0-6.4zM10 2.5v1.3M10 16.2v1.3M2.5 10h1.3M16.2 10h1.3M4.7 4.7l.9.9M14.4 14.4l.9.9M4.7 15.3l.9-.9M14.4 5.6l.9-.9",
  moon: "M16.3 11.8A6.8 6.8 0 0 1 8.2 3.7a6.8 6.8 0 1 0 8.1 8.1z",
  system:
    "M4.5 4h11A1.5 1.5 0 0 1 17 5.5v6a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 11.5v-6A1.5 1.5 0 0 1 4.5 4zM7 16.5h6",
  warning: "M10 3.5 17.5 16h-15L10 3.5zM10 8.5v3.5M10 14v.1",
  lock: "M5.5 9h9v7h-9zM7.5 9V6.5a2.5 2.5 0 0 1 5 0V9",
  plugin:
    "M3.5 4h5.5v5.5H3.5zM3.5 11.5H9V17H3.5zM11 11.5h5.5V17H11zM13.8 3.2l3.4 3.4-3.4 3.4-3.4-3.4z",
  back: "M12 5l-5 5 5 5",
  page: "M6 3h5.5L15 6.5V17H6a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM11.5 3v3.5H15",
} as const;

/** The icon's name. */
export type IconName = keyof typeof PATHS;

/** An icon. */
export function Icon({ name }: { readonly name: IconName }): ReactNode {
  return (
    <svg className="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The mark of croft: a house inside its fence. */
export function Mark(): ReactNode {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path d="M5 27V14L16 5l11 9v13M5 27h22M12 27v-8h8v8" />
    </svg>
  );
}
