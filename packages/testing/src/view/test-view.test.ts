import { definePlugin, type Plugin } from "@croft/plugin";
import {
  Button,
  Checkbox,
  Dialog,
  Field,
  Group,
  h,
  Item,
  List,
  Open,
  Select,
  Table,
  Tabs,
  Text,
  type ViewChild,
  type ViewPlace,
} from "@croft/plugin/view";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestTeam, type TestTeam, type TestView, type TestViewOptions } from "../index.ts";
import { ViewTree } from "./view-tree.ts";

let team: TestTeam;
beforeEach(async () => {
  team = await createTestTeam();
});
afterEach(async () => team.dispose());

function showing(render: (place: ViewPlace) => ViewChild, activation = ["startup"]): Plugin {
  return definePlugin({
    manifest: {
      id: "shown",
      name: "Shown",
      version: "1.0.0",
      engine: "*",
      activation,
      contributes: { views: [{ name: "shown/all", title: "All" }] },
    },
    activate({ views }) {
      views.define("shown/all", render);
    },
  });
}

async function open(
  render: (place: ViewPlace) => ViewChild,
  options?: TestViewOptions,
): Promise<TestView> {
  const ada = await team.device("ada", { plugins: [showing(render)] });
  return ada.view("shown/all", options);
}

describe("what is shown", () => {
  it("is read as people read it", async () => {
    const view = await open(() => [
      h("h2", null, "Pages ", h("em", null, "today")),
      h(Text, null, "Two\n  of them"),
      h(List, null, h(Item, null, "plans"), h(Item, null, "ideas")),
      h("div", { hidden: true }, "hidden"),
      h("details", null, h("summary", null, "More"), h("p", null, "folded")),
      h(Select, { label: "Sort", value: "b", options: ["a", "b"], onChange: () => undefined }),
    ]);
    expect(view.text).toBe("Pages today\nTwo of them\nplans\nideas\nMore\nSort b");
    await view.press({ text: "More" });
    await view.shows("folded");
    await view.hides("hidden");
  });

  it("is found by role, by label and by text", async () => {
    const view = await open(() => [
      h(Group, { title: "First" }, h(Button, { onPress: () => undefined, label: "Go on" }, "→")),
      h(Group, { title: "Second" }, h(Button, { onPress: () => undefined, label: "Go on" }, "→")),
      h(Field, { label: "Goal", type: "number", value: 5 }),
      h(Table<string>, {
        caption: "Counts",
        columns: [{ title: "Page", cell: (row) => row }],
        rows: ["plans"],
        rowKey: (row) => row,
      }),
    ]);
    expect(await view.find({ role: "spinbutton" })).toMatchObject({ label: "Goal", value: "5" });
    expect(view.findAll({ role: "button", label: "Go on" })).toHaveLength(2);
    const second = await view.find({ role: "region", label: "Second" });
    expect((await second.find({ role: "button" })).text).toBe("→");
    expect((await view.find("plans")).role).toBe("cell");
    expect((await view.find({ role: "table" })).label).toBe("Counts");
    expect((await view.find({ role: "heading", text: /^Sec/ })).text).toBe("Second");
  });

  it("is waited for, and is no more when its device is gone", async () => {
    let shown = "before";
    let update = (): void => undefined;
    const view = await open((place) => {
      update = () => place.update();
      return h("p", null, shown);
    });
    const waits = view.find("after");
    shown = "after";
    update();
    const part = await waits;
    expect(part.role).toBe("paragraph");
    const never = view.find("never");
    await Promise.all([expect(never).rejects.toThrow("is gone"), team.dispose()]);
    expect(view.state).toEqual({ name: "ended" });
    expect(() => part.text).toThrow("is not there any more");
    team = await createTestTeam();
  });
});

describe("what people do", () => {
  it("reaches the plugin, and is not undone by what it did not know of", async () => {
    const heard: string[] = [];
    let name = "";
    let done = false;
    let tab = "one";
    let sort = "a";
    const tabs = [
      { id: "one", title: "One" },
      { id: "two", title: "Two" },
    ];
    const view = await open(() => [
      h(Field, {
        label: "Name",
        value: name,
        onInput: (value) => void (name = value),
        onEnter: () => {
          heard.push(`entered ${name}`);
          name = "";
        },
      }),
      h(Checkbox, { label: "Done", checked: done, onChange: (value) => void (done = value) }),
      h(Select, {
        label: "Sort",
        value: sort,
        options: ["a", { value: "b", label: "Bee" }],
        onChange: (value) => void (sort = value),
      }),
      h(Tabs, { label: "Tabs", tabs, selected: tab, onSelect: (id) => void (tab = id) }, tab),
      h("div", {
        role: "group",
        tabindex: 0,
        "aria-label": "Card",
        keys: "ArrowUp",
        onKey: ({ key }) => void heard.push(key),
      }),
      h(Open, { to: "https://example.com" }, "Help"),
      h(Text, null, `${name} ${String(done)} ${sort}`),
    ]);
    await view.type("Name", "Ada");
    await view.shows("Ada false a");
    expect((await view.find({ label: "Name" })).value).toBe("Ada");
    await view.press("Done");
    await view.choose("Sort", "Bee");
    await view.shows("Ada true b");
    await view.type("Name", "Ben\n");
    await view.hides("Ada");
    await expect.poll(() => heard).toEqual(["entered Ben"]);
    await expect.poll(() => view.findAll({ label: "Name" })[0]?.value).toBe("");
    await view.press("Two");
    await view.shows(/Two\s+two/);
    await view.key("Card", "ArrowUp");
    await expect.poll(() => heard).toEqual(["entered Ben", "ArrowUp"]);
    await view.press("Help");
    expect(view.opened).toEqual(["https://example.com"]);
    expect(view.focused?.label).toBe("Help");
  });

  it("is refused where no person could do it", async () => {
    let open_ = true;
    const view = await open(() => [
      h(Button, { onPress: () => undefined, disabled: true }, "Off"),
      h(Button, { onPress: () => undefined }, "On"),
      h(Button, { onPress: () => undefined }, "Twice"),
      h(Button, { onPress: () => undefined }, "Twice"),
      h(Field, { label: "Day", type: "date", value: "" }),
      open_ && h(Dialog, { title: "Sure?", onClose: () => void (open_ = false) }, "Really"),
    ]);
    await expect(view.press("Off")).rejects.toThrow('"Off" of shown/all is disabled');
    await expect(view.press("On")).rejects.toThrow('is behind the dialog "Sure?"');
    const dialog = await view.find({ role: "dialog" });
    expect(dialog.label).toBe("Sure?");
    await view.key({ role: "dialog" }, "Escape");
    await view.hides("Really");
    await view.press("On");
    await expect(view.type("Day", "soon")).rejects.toThrow("does not take");
    await view.type("Day", "2030-05-01");
  });

  it("tells what there is when nothing fits", async () => {
    const twice = [1, 2].map((key) => h(Button, { key, onPress: () => undefined }, "Twice"));
    const view = await open(() => twice, { within: 300 });
    await expect(view.press("Twice")).rejects.toThrow('has 2 parts with the label "Twice"');
  });
});

it("keeps what a person typed until the plugin knew of it", () => {
  const tree = new ViewTree();
  tree.apply([["add", 0, 0, [1, "input", { value: "a" }, []]]], 0);
  const [field] = tree.root.children;
  if (field) field.edited = 2;
  tree.apply([["set", 1, { value: "late" }]], 1);
  expect(field?.attributes.get("value")).toBe("a");
  tree.apply([["set", 1, { value: "known" }]], 2);
  expect(field?.attributes.get("value")).toBe("known");
});

describe("a view that fails", () => {
  it("throws what the page would refuse", async () => {
    const render = (): ViewChild => ({ type: "img", props: {}, key: undefined });
    const ada = await team.device("ada", { plugins: [showing(render)] });
    await expect(ada.view("shown/all")).rejects.toMatchObject({
      code: "plugin/view",
      message: 'The view shown/all cannot be shown: it wants an element "img".',
    });
    await expect(ada.view("shown/none")).rejects.toMatchObject({ code: "plugin/unknown" });
  });

  it("throws what its function threw", async () => {
    const render = (): ViewChild => {
      throw new Error("no data");
    };
    const ada = await team.device("ada", { plugins: [showing(render)] });
    await expect(ada.view("shown/all")).rejects.toThrow(
      "it threw when it described its view: no data",
    );
  });

  it("wakes a plugin that waits for that, and no other", async () => {
    const woken = await team.device("ada", {
      plugins: [showing(() => "awake", ["view:shown/all"])],
    });
    expect((await woken.view("shown/all")).text).toBe("awake");
    const asleep = await team.device("ben", { plugins: [showing(() => "awake", [])] });
    await expect(asleep.view("shown/all")).rejects.toMatchObject({ code: "plugin/unavailable" });
  });
});
