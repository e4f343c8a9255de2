import type { Command, HostView } from "@croft/host";
import { expect, it } from "vitest";
import { findItems, paletteItems } from "./palette-items.ts";

const command = (name: string, title: string, shortcut?: string): Command => ({
  name,
  title,
  category: "",
  plugin: "greeter",
  pluginName: "Greeter",
  shortcut,
  enabled: true,
});
const view = { name: "greeter/hello", title: "Hello", pluginName: "Greeter" } as HostView;

it("shows the keys of a command only where they run it", () => {
  const commands = [
    command("greeter/b", "Wave", "Mod+Shift+G"),
    command("greeter/a", "Greet", "Mod+Shift+G"),
    command("greeter/c", "Find", "Mod+K"),
  ];
  const items = paletteItems({ commands, views: [], importers: [], exporters: [], shown: "" });
  expect(items.slice(0, 3).map(({ title, keys }) => [title, keys])).toEqual([
    ["Wave", undefined],
    ["Greet", "Mod+Shift+G"],
    ["Find", undefined],
  ]);
});

it("finds by all of the typed words, in any order, and by the plugin's name", () => {
  const commands = [command("greeter/a", "Greet everybody")];
  const items = paletteItems({
    commands,
    views: [view],
    importers: [],
    exporters: [],
    shown: "greeter/hello",
  });
  const titles = (typed: string) => findItems(items, typed).map(({ title }) => title);
  expect(titles("every GREET")).toEqual(["Greet everybody"]);
  expect(titles("greeter")).toEqual(["Greet everybody", "Close Hello"]);
  expect(titles("nothing")).toEqual([]);
});
