/** A plugin's source whose view has one of every element. */

import type { PluginManifestInput } from "@croft/plugin";

/** Its manifest. */
export const GALLERY: PluginManifestInput = {
  id: "gallery",
  name: "Gallery",
  version: "1.0.0",
  engine: "*",
  activation: ["view:gallery/all"],
  contributes: {
    views: [{ name: "gallery/all", title: "Everything", minHeight: 60, maxHeight: 3_000 }],
  },
};

/** Its module, after the imports. */
export const GALLERY_SOURCE = `
const points = [["Mon", 3], ["Tue", 7], ["Wed", 4.5], ["Thu", 9], ["Fri", 6]].map(([label, value]) => ({ label, value }));
const people = [
  { id: 1, name: "Ada Lovelace", pages: 12, words: 4810 },
  { id: 2, name: "Grace Hopper", pages: 7, words: 3027 },
  { id: 3, name: "Annie Easley", pages: 21, words: 9150 },
];
export default { topics: {}, deactivate() {}, activate(context) {
  const state = { name: "Ada", count: 1, done: true, colour: "green", tab: "words", note: "First line", asks: false, pressed: 0, size: "" };
  const say = (what, event) => context.log.info(what, JSON.stringify(event));
  context.views.define("gallery/all", ({ lang, scheme }) => [
    h(Heading, null, "This week"),
    h(Text, { tone: "muted" }, "What was written in the workspace, day by day. ", h(Sparkline, { label: "Rising", values: [1, 4, 2, 8, 5, 9] })),
    h(Row, null,
      h(Button, { kind: "primary", onPress: (event) => { state.pressed++; say("pressed", event); } }, "Count again"),
      h(Button, { onPress: () => { state.asks = true; } }, "Ask"),
      h(Button, { kind: "quiet", onPress() {} }, "Quiet"),
      h(Button, { kind: "danger", onPress() {} }, "Delete"),
      h(Button, { disabled: true, onPress() {} }, "Not now")),
    h(Status, null, "Pressed " + state.pressed + " times, " + scheme + ", " + lang),
    h(Tabs, { label: "Figures", selected: state.tab, onSelect: (id) => { state.tab = id; say("tab", id); },
      tabs: [{ id: "words", title: "Words" }, { id: "pages", title: "Pages" }, { id: "people", title: "People" }] },
      state.tab === "words" && h(LineChart, { label: "Words each day", points }),
      state.tab === "pages" && h(BarChart, { label: "Pages each day", points }),
      state.tab === "people" && h(Table, { caption: "People", rows: people, rowKey: (each) => each.id, columns: [
        { title: "Name", cell: (each) => each.name },
        { title: "Pages", align: "end", cell: (each) => each.pages },
        { title: "Words", align: "end", cell: (each) => each.words }] })),
    h(Group, { title: "Settings" }, h(Column, null,
      h(Row, null,
        h(Field, { label: "Name", value: state.name, placeholder: "Your name", onInput: (value) => { state.name = value; say("name", value); }, onEnter: () => say("enter", state.name) }),
        h(Field, { label: "Count", type: "number", value: state.count, min: 0, max: 9, onChange: (value) => { state.count = value; say("count", value); } })),
      h(Select, { label: "Colour", value: state.colour, options: ["red", "green", { value: "blue", label: "Deep blue" }], onChange: (value) => { state.colour = value; say("colour", value); } }),
      h(Checkbox, { label: "Count drafts, too", checked: state.done, hint: "Also those that nobody else can see.", onChange: (value) => { state.done = value; say("done", value); } }),
      h(Field, { label: "Note", type: "textarea", value: state.note, error: state.note === "" ? "Write something." : undefined, onInput: (value) => { state.note = value; } }))),
    h(Progress, { label: "Counted", value: 0.6 }),
    h(List, null, h(Item, null, "One"), h(Item, null, "Two, with ", h("strong", null, "weight"))),
    h(List, { plain: true, label: "Pages" }, ["Plans", "Letters", "Recipes"].map((page) => h("li", { key: page }, h(Row, { align: "between" }, page, h(Button, { kind: "quiet", label: "Open " + page, onPress() {} }, "Open"))))),
    h(Markdown, { text: "## Read me\\n\\nSome *Markdown* with \`code\`, a [link](https://example.com/a) and <b onclick=x>no HTML</b>.\\n\\n> Quoted.\\n\\n1. first\\n2. second\\n\\n    const x = 1;\\n" }),
    h("details", { onToggle: (event) => say("toggle", event) }, h("summary", null, "More"), h("p", null, "Hidden things.")),
    h(Canvas, { label: "A drawing", size: "small", onCanvas: (canvas) => { state.canvas = canvas; }, onResize: ({ width, height, scale }) => {
      const { canvas } = state;
      [canvas.width, canvas.height] = [width * scale, height * scale];
      const pen = canvas.getContext("2d");
      pen.fillStyle = "#3a7";
      pen.fillRect(0, 0, canvas.width / 2, canvas.height);
      state.size = "drawn";
    }, onPointerDown: ({ buttons }) => say("pointer", buttons) }),
    h(Text, { tone: "muted" }, state.size),
    state.asks && h(Dialog, { title: "Delete the page?", onClose: () => { state.asks = false; say("closed", true); } },
      h(Text, null, "It can be brought back for thirty days."),
      h(Row, { align: "end" }, h(Button, { onPress: () => { state.asks = false; } }, "Keep"), h(Button, { kind: "primary", onPress: () => { state.asks = false; say("deleted", true); } }, "Delete it"))),
  ]);
} };
`;
