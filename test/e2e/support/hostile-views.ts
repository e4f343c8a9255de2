/** What hostile plugins send to where their views are built, each with what is said of it. */

/** A plugin that sends one of {@link HOSTILE} for each time that its view is shown. */
export const HOSTILE_SOURCE = `
const nested = (depth) => [depth, "div", {}, depth === 1 ? [] : [nested(depth - 1)]];
const many = Array.from({ length: 5_001 }, (_, index) => ["add", 0, 0, [index + 1, "p", {}, []]]);
const own = (name, value) => JSON.parse("{" + JSON.stringify(name) + ":" + JSON.stringify(value) + "}");
const leak = "http://SERVER/leak";
const node = (tag, attributes = {}, children = []) => [["patch", 0, [["add", 0, 0, [1, tag, attributes, children]]]]];
const attempts = [
  ...["script", "iframe", "object", "embed", "img", "link", "meta", "base", "style", "form", "a", "video", "svg:script", "foreignObject", "use", "image", "animate", "template", "slot", "portal", "SCRIPT", "constructor", "__proto__"].map((tag) => node(tag)),
  ...["onclick", "onload", "style", "href", "xlink:href", "src", "srcset", "srcdoc", "action", "formaction", "background", "ping", "innerHTML", "outerHTML", "textContent", "__proto__", "constructor", "autofocus", "is", "slot", "part", "nonce", "fill", "filter", "mask", "popover", "contenteditable", "accesskey", "aria-x\\" onclick=\\"y"].map((name) => node("div", own(name, leak))),
  node("input", { type: "password" }), node("input", { type: "file" }), node("input", { type: "image" }), node("button", { type: "text" }),
  node("p", { class: "page-banner" }), node("p", { tabindex: 5 }), node("svg", { transform: "url(#x)" }), node("path", { d: "url(" + leak + ")" }),
  node("p", { title: { toString: 1 } }), node("p", { title: "x".repeat(60_000) }), node("canvas", { width: 1e9 }),
  [["patch", 0, [["add", 0, 0, nested(60)]]]],
  [["patch", 0, many]],
  [["patch", 0, [["add", 0, 0, [1, "x".repeat(60_000)]]]]],
  [["patch", 0, Array.from({ length: 30 }, (_, index) => ["add", 0, 0, [index + 1, "x".repeat(40_000)]])]],
  [["patch", 0, Array.from({ length: 20_001 }, () => ["drop", 1])]],
  [["patch", 0, [["add", 0, 0, [1, "p", {}, []]], ["add", 0, 0, [1, "p", {}, []]]]]],
  [["patch", 0, [["add", 7, 0, [1, "p", {}, []]]]]],
  [["patch", 0, [["add", 0, 0, [1, "p", {}, []]], ["add", 0, 0, [2, "p", {}, []]], ["add", 1, 2, [3, "p", {}, []]]]]],
  [["patch", 0, [["drop", 0]]]], [["patch", 0, [["move", 0, 0]]]], [["patch", 0, [["set", 0, { class: "c-row" }]]]], [["patch", 0, [["text", 0, "x"]]]],
  [["patch", 0, [["add", 0, 0, [-1, "p", {}, []]]]]], [["patch", 0, [["add", 0, 0, [{}, "p", {}, []]]]]], [["patch", 0, [["add", 0, 0, null]]]], [["patch", 0, [null]]], [["patch", 0, null]],
  ["patch"], [7], [null], [{ length: 3 }], [["eval", 0, []]],
  // More than one before it is on the screen.
  Array.from({ length: 20_000 }, () => ["patch", 0, []]),
];
let at = 0;
export default { topics: {}, deactivate() {}, activate(context) {
  context.log.info("attempts", attempts.length);
  context.views.define("hostile/view", { fenced: false, connect(port) {
    const messages = attempts[at++];
    port.onmessage = ({ data }) => { if (data[0] === "about") for (const message of messages) port.postMessage(message); };
    return () => port.close();
  } });
} };
`;
