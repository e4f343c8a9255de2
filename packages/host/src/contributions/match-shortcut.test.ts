import { describe, expect, it } from "vitest";
import { type KeyPress, matchShortcut, shortcutConflicts } from "../index.ts";

const press = (key: string, code: string, ...held: string[]): KeyPress => ({
  key,
  code,
  ctrlKey: held.includes("ctrl"),
  altKey: held.includes("alt"),
  shiftKey: held.includes("shift"),
  metaKey: held.includes("meta"),
});
const command = (name: string, shortcut?: string, enabled = true) => ({ name, shortcut, enabled });

describe("a key press", () => {
  it.each<[string, "mac" | "other", KeyPress]>([
    ["Mod+K", "other", press("k", "KeyK", "ctrl")],
    ["Mod+K", "mac", press("k", "KeyK", "meta")],
    ["Mod+Shift+K", "other", press("K", "KeyK", "ctrl", "shift")],
    ["Ctrl+K", "mac", press("k", "KeyK", "ctrl")],
    // Letters are where the layout has them …
    ["Mod+Q", "other", press("q", "KeyA", "ctrl")],
    // … and by their place where it has none, or Alt makes another character.
    ["Mod+K", "other", press("л", "KeyK", "ctrl")],
    ["Alt+K", "mac", press("˚", "KeyK", "alt")],
    ["Alt+E", "mac", press("Dead", "KeyE", "alt")],
    ["Mod+Shift+1", "other", press("!", "Digit1", "ctrl", "shift")],
    ["Mod+1", "other", press("&", "Digit1", "ctrl")],
    ["Mod+,", "other", press(",", "Comma", "ctrl")],
    ["Mod+Shift+,", "other", press("<", "Comma", "ctrl", "shift")],
    ["Mod+Space", "other", press(" ", "Space", "ctrl")],
    ["F5", "other", press("F5", "F5")],
    ["Alt+ArrowUp", "other", press("ArrowUp", "ArrowUp", "alt")],
  ])("runs %s on %s", (shortcut, platform, pressed) => {
    const found = matchShortcut(pressed, [command("a/x", shortcut)], { platform });
    expect(found?.name).toBe("a/x");
  });

  it.each<[string, KeyPress]>([
    ["with another modifier", press("k", "KeyK", "ctrl", "alt")],
    ["with none", press("k", "KeyK")],
    ["of another key", press("j", "KeyJ", "ctrl")],
    ["of another letter at the place", press("j", "KeyK", "ctrl")],
    ["of a modifier alone", press("Control", "ControlLeft", "ctrl")],
    ["that is held", { ...press("k", "KeyK", "ctrl"), repeat: true }],
    ["of an input method", { ...press("k", "KeyK", "ctrl"), isComposing: true }],
    ["of a third layer", { ...press("k", "KeyK", "ctrl"), getModifierState: () => true }],
  ])("runs nothing %s", (_what, pressed) => {
    const found = matchShortcut(pressed, [command("a/x", "Mod+K"), command("a/y")], {
      platform: "other",
    });
    expect(found).toBeUndefined();
  });
});

describe("commands that want the same keys", () => {
  const commands = [
    command("b/x", "Ctrl+K"),
    command("a/x", "Mod+K"),
    command("c/x", "Mod+J"),
    command("d/x", "mod+j"),
    command("e/x", "F5"),
  ];
  const pressed = press("k", "KeyK", "ctrl");

  it("go to the first by name, in whichever order they come", () => {
    const options = { platform: "other" } as const;
    expect(matchShortcut(pressed, commands, options)?.name).toBe("a/x");
    expect(matchShortcut(pressed, commands.toReversed(), options)?.name).toBe("a/x");
    // On a Mac they are different keys.
    expect(matchShortcut(pressed, commands, { platform: "mac" })?.name).toBe("b/x");
  });

  it("go to no other while the first is not enabled, and to none where the application has them", () => {
    const disabled = [command("a/x", "Mod+K", false), command("b/x", "Mod+K")];
    expect(matchShortcut(pressed, disabled, { platform: "other" })).toBeUndefined();
    const reserved = ["Mod+K"];
    expect(matchShortcut(pressed, commands, { platform: "other", reserved })).toBeUndefined();
  });

  it("are told", () => {
    expect(shortcutConflicts(commands, { platform: "other", reserved: ["f5"] })).toEqual([
      { shortcut: "F5", command: undefined, others: ["e/x"] },
      { shortcut: "Mod+K", command: "a/x", others: ["b/x"] },
      { shortcut: "Mod+J", command: "c/x", others: ["d/x"] },
    ]);
    expect(shortcutConflicts(commands, { platform: "mac" })).toEqual([
      { shortcut: "Mod+J", command: "c/x", others: ["d/x"] },
    ]);
  });
});
