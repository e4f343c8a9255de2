import { expect, it } from "vitest";
import { createPresenceRoom, type PresenceState } from "./presence-room.ts";
import { ShownPresence } from "./shown-presence.ts";

const ID = 7;
const at = (clock: number, text = "here"): PresenceState => ({
  id: ID,
  clock,
  author: "ada",
  state: new TextEncoder().encode(text),
});

/** A room on the other side, which ignores clocks that it takes for old. */
function facing(): { readonly shown: ShownPresence; readonly there: () => string | undefined } {
  const room = createPresenceRoom();
  const member = { presenceChanged: () => undefined };
  return {
    shown: new ShownPresence((state) => room.set(member, state)),
    there: () => {
      const state = room.get(ID);
      return state && new TextDecoder().decode(state.state);
    },
  };
}

it("shows who comes under an id that somebody else had, though their clock is lower", () => {
  const { shown, there } = facing();
  shown.show(at(100, "first"));
  shown.show(at(3, "second"));
  expect(there()).toBe("second");
  shown.show(at(4, "second, moved"));
  expect(there()).toBe("second, moved");
});

it("says once that somebody is gone, and nothing of who was never shown", () => {
  const { shown, there } = facing();
  shown.hide(ID);
  shown.show(at(1));
  expect(shown.ids).toEqual([ID]);
  shown.hide(ID);
  expect(there()).toBeUndefined();
  expect(shown.ids).toEqual([]);
  shown.show(at(1, "again"));
  expect(there()).toBe("again");
});
