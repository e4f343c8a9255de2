import { describe, expect, it } from "vitest";
import { type GuestStorage, initialsOf, loadGuest, nameOfGuest, saveGuest } from "./guest.ts";
import { eachPersonOnce } from "./people.ts";
import { readPresence } from "./presence-state.ts";

function storage(): GuestStorage {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
  };
}

describe("a guest", () => {
  it("is made once; a new name leaves the id", () => {
    const place = storage();
    const guest = loadGuest(place);
    expect(guest.id).toMatch(/^guest-[a-z]+-[a-z]+-[a-z0-9]{8}$/);
    saveGuest(place, { ...guest, name: "Ada Lovelace", color: "sea" });
    expect(loadGuest(place)).toEqual({ id: guest.id, name: "Ada Lovelace", color: "sea" });
  });

  it("is made anew where something else is kept", () => {
    for (const kept of ["", "{", "null", '{"id":"../x","name":"a","color":"sea"}']) {
      const place = storage();
      place.setItem("croft-demo/guest", kept);
      expect(loadGuest(place).name).toMatch(/^\w+ \w+$/);
    }
  });

  it("is called by the name in its id where nothing else is known", () => {
    const { id, name } = loadGuest(storage());
    expect(nameOfGuest(id, "guest-x")).toBe(name);
    expect(nameOfGuest(id, id)).toBe("you");
    expect(nameOfGuest("ada", id)).toBe("ada");
  });

  it("has initials", () => {
    expect(["ada lovelace", "Ada", "  ", "élan vital x", "👩‍🌾 Ishbel"].map(initialsOf)).toEqual([
      "AL",
      "A",
      "",
      "ÉV",
      "👩‍🌾I",
    ]);
  });
});

describe("the presence of others", () => {
  it("is taken as it is meant", () => {
    const state = {
      user: { name: " Ada ", color: "sea" },
      principal: "ada/notes",
      page: "welcome",
    };
    expect(readPresence(7, state)).toEqual({
      id: 7,
      user: "ada",
      name: "Ada",
      color: "sea",
      page: "welcome",
    });
  });

  it("is never more than a name and a colour of ours, whatever a stranger sends", () => {
    const evil = { name: "x".repeat(1000), color: "red; background: url(//evil)" };
    for (const user of [evil, undefined, 1, { name: { a: 1 } }, []]) {
      expect(readPresence(1, { user, principal: 5, page: {} })).toEqual({
        id: 1,
        user: "",
        name: "Somebody",
        color: "slate",
        page: undefined,
      });
    }
    for (const state of [null, 1, "x"]) expect(readPresence(1, state)).toBe(undefined);
  });

  it("counts a person once, however many windows there are", () => {
    const at = (id: number, user: string) => ({
      id,
      user,
      name: user,
      color: "sea" as const,
      page: undefined,
    });
    const ids = eachPersonOnce([at(1, "ada"), at(2, "ben"), at(3, "ada"), at(4, ""), at(5, "")]);
    expect(ids.map(({ id }) => id)).toEqual([1, 2, 4, 5]);
  });
});
