/** The text of a page in its document. */

import type * as Y from "yjs";

/** The text of the page that `doc` holds. */
export function bodyOf(doc: Y.Doc): Y.Text {
  return doc.getText("body");
}
