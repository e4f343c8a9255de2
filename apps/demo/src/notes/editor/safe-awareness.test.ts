import { expect, it } from "vitest";
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { createEditorAwareness } from "./safe-awareness.ts";

it("lets only checked names, our colours and well-formed cursors through to the editor", () => {
  const awareness = new Awareness(new Y.Doc());
  const text = awareness.doc.getText("body");
  const position = Y.relativePositionToJSON(
    Y.createRelativePositionFromTypeIndex(text, 0),
  ) as object;
  const cursor = { anchor: position, head: position };
  const user = { name: "Ada", color: "sea" };
  awareness.states.set(1, { user, cursor, principal: "ada" });
  awareness.states.set(2, { user: { name: "Eve", color: "red;x:url(//e)" }, cursor });
  awareness.states.set(3, { user, cursor: { anchor: { item: "x" }, head: {} } });
  awareness.states.set(4, { user, cursor: null });
  const states = createEditorAwareness(awareness).getStates();
  expect([...states.keys()]).toEqual([1, 2]);
  expect(states.get(1)).toMatchObject({ user: { name: "Ada", color: "var(--person-sea)" } });
  expect(states.get(2)).toMatchObject({ user: { name: "Eve", color: "var(--person-slate)" } });
  awareness.destroy();
});
