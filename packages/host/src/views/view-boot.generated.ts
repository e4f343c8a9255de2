/** The script of a view's frame, made of `view-frame.ts` by `boot-snapshot.test.ts`. */

/** See the top of this file. */
export const VIEW_BOOT: string = `(() => {
  function chordOf({ ctrl, alt, shift, meta, key }) {
    const held = [ctrl && "Ctrl", alt && "Alt", shift && "Shift", meta && "Meta"];
    return [...held, key].filter(Boolean).join("+");
  }
  function chordOfPress(press) {
    const { ctrlKey: ctrl, altKey: alt, shiftKey: shift, metaKey: meta } = press;
    return chordOf({ ctrl, alt, shift, meta, key: keyOf(press) });
  }
  var PLACES = {
    Comma: ",",
    Period: ".",
    Slash: "/",
    Semicolon: ";",
    Quote: "'",
    BracketLeft: "[",
    BracketRight: "]",
    Backslash: "\\\\",
    Backquote: "\`",
    Minus: "-",
    Equal: "="
  };
  function keyOf({ key, code, altKey, shiftKey }) {
    if (key === " ") return "Space";
    const digit = /^(?:Digit|Numpad)(\\d)$/.exec(code)?.[1];
    if (digit !== void 0 && key.length === 1) return digit;
    if (/^[a-z]$/i.test(key)) return key.toUpperCase();
    const letter = /^Key([A-Z])$/.exec(code)?.[1];
    if (letter !== void 0 && (key === "Dead" || !/^[ -~]$/.test(key))) return letter;
    const place = Object.hasOwn(PLACES, code) ? PLACES[code] : void 0;
    return place !== void 0 && (altKey || shiftKey || key === "Dead") ? place : key;
  }

  var MOST = { nodes: 5e3, depth: 40, patches: 2e4, text: 5e4, texts: 1e6 };
  var HTML = wordsOf(
    "div span p strong em small del mark code pre blockquote hr br h1 h2 h3 h4 h5 h6 ul ol li dl dt dd section header",
    "footer details summary fieldset legend label output button input textarea select option optgroup progress meter",
    "table caption thead tbody tr th td dialog canvas"
  );
  var SVG = wordsOf("svg g path line rect circle ellipse polyline polygon text");
  var EVENTS = wordsOf(
    "click input change keydown toggle pointerdown pointermove pointerup"
  );
  var INPUTS = "text search email tel number range checkbox radio date time month week";
  var ATTRIBUTES = new Map([
    ["type", oneOf(\`\${INPUTS} datetime-local color\`)],
    ["tabindex", oneOf("0 -1")],
    ["dir", oneOf("ltr rtl auto")],
    ["spellcheck", oneOf("true false")],
    ["class", /^c-[a-z]+( c-[a-z]+)*$/],
    ["lang", /^[A-Za-z0-9-]{1,35}$/],
    ["viewBox", /^[\\d .-]{1,60}$/],
    ["preserveAspectRatio", /^[A-Za-z ]{1,20}$/],
    ["transform", /^(translate|rotate|scale)\\([\\d ,.-]{1,60}\\)$/],
    ...named("title placeholder value label", /^[^]{0,50000}$/),
    ...named("id for name", /^[\\w-]{1,80}$/),
    ...named("disabled required readonly checked hidden open", /^$/),
    ...named("role scope text-anchor dominant-baseline vector-effect", /^[a-z -]{1,40}$/),
    ...named("d points", /^[\\d\\s.,A-Za-z-]{0,50000}$/),
    ...named("min max step", /^[\\d.:TWa-z-]{1,40}$/),
    ...named("maxlength rows start colspan rowspan low high optimum", /^-?\\d{1,9}(\\.\\d{1,9})?$/),
    ...named("x y x1 y1 x2 y2 cx cy r rx ry width height", /^-?\\d{1,9}(\\.\\d{1,9})?%?$/)
  ]);
  var Refusal = class extends Error {
  };
  function refuse(why) {
    throw new Refusal(why);
  }
  function createAllowed(page, tag) {
    if (SVG.has(tag)) return page.createElementNS("http://www.w3.org/2000/svg", tag);
    if (HTML.has(tag)) return page.createElement(tag);
    return refuse(\`it wants an element \${clip(tag)}\`);
  }
  function allowedText(name, value) {
    const pattern = /^aria-[a-z]{2,30}$/.test(name) ? /^[^]{0,2000}$/ : ATTRIBUTES.get(name);
    if (!pattern) return refuse(\`it wants an attribute \${clip(name)}\`);
    if (value === null) return null;
    const text = value === true ? "" : String(value);
    return pattern.test(text) ? text : refuse(\`it wants \${clip(name)} to be \${clip(text)}\`);
  }
  function wordsOf(...texts) {
    return new Set(texts.join(" ").split(" ").slice(0, 100));
  }
  function oneOf(words) {
    return new RegExp(\`^(\${words.replaceAll(" ", "|")})$\`);
  }
  function named(names, pattern) {
    return names.split(" ").map((name) => [name, pattern]);
  }
  function clip(value) {
    return JSON.stringify(value.slice(0, 80));
  }

  function createPeople({ root, partOf, send, onOpen, onEscape }) {
    const report = (part, type, data) => {
      if (!part.on.has(type)) return;
      const number = send(part, type, data);
      if (type === "input") part.edited = number;
    };
    const hear = (event) => {
      const { currentTarget: node, type } = event;
      const part = partOf(node);
      if (!event.isTrusted || !part || !(node instanceof Element)) return;
      if (type === "click" && part.opens !== void 0) onOpen(part.opens);
      if (type === "click") report(part, type, { type });
      else if (type === "toggle") report(part, type, { open: node.hasAttribute("open") });
      else if (type === "input" || type === "change") report(part, type, { type, ...valueOf(node) });
      else if (event instanceof PointerEvent) {
        report(part, type, { x: event.offsetX, y: event.offsetY, buttons: event.buttons });
      } else if (event instanceof KeyboardEvent && part.keys.has(event.key) && !event.isComposing) {
        const { key, shiftKey: shift, ctrlKey: ctrl, altKey: alt, metaKey: meta } = event;
        if (key === "Tab" || key === "Escape") return;
        event.preventDefault();
        report(part, "key", { key, shift, ctrl, alt, meta });
      }
    };
    const onKey = (event) => {
      const { target, key } = event;
      if (!event.isTrusted || event.isComposing || !(target instanceof Element)) return;
      if (key === "Escape") {
        const dialog = partOf(target.closest("dialog") ?? root.querySelector("dialog[open]"));
        if (dialog) report(dialog, "cancel", { type: "cancel" });
        else onEscape();
      } else if (/^(Arrow(Left|Right)|Home|End)$/.test(key) && target.matches("[role=tab]")) {
        nextTab(target, key)?.focus();
      } else return;
      event.preventDefault();
    };
    root.addEventListener("keydown", onKey);
    return {
      listenTo(part) {
        const types = [...part.on];
        if (part.keys.size > 0) types.push("keydown");
        if (part.opens !== void 0) types.push("click");
        for (const type of types) {
          if (!EVENTS.has(type) || part.heard.has(type)) continue;
          part.heard.add(type);
          part.node.addEventListener(type, hear);
        }
      },
      dispose: () => root.removeEventListener("keydown", onKey)
    };
  }
  function isField(node) {
    return node instanceof HTMLInputElement || node instanceof HTMLTextAreaElement || node instanceof HTMLSelectElement;
  }
  function valueOf(node) {
    if (!isField(node)) return {};
    return { value: node.value, checked: node instanceof HTMLInputElement && node.checked };
  }
  function nextTab(tab, key) {
    const list = tab.closest("[role=tablist]")?.querySelectorAll("[role=tab]") ?? [];
    const tabs = [...list].filter((each) => each instanceof HTMLElement);
    if (key === "Home" || key === "End") return tabs.at(key === "Home" ? 0 : -1);
    const isBack = key === "ArrowLeft" === (getComputedStyle(tab).direction === "ltr");
    return tabs.at((tabs.findIndex((each) => each === tab) + (isBack ? -1 : 1)) % tabs.length);
  }

  function hearShortcuts(window2, shortcuts, tell) {
    const { document: document2 } = window2;
    let left;
    const onKey = (event) => {
      left = void 0;
      if (!event.isTrusted || event.isComposing || event.getModifierState("AltGraph")) return;
      if (!shortcuts().includes(chordOfPress(event))) return;
      const { key, code, ctrlKey, altKey, shiftKey, metaKey, repeat, target } = event;
      const typing = target instanceof Node && isField(target);
      if (typing && !ctrlKey && !metaKey) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      left = target instanceof HTMLElement ? target : void 0;
      tell({ key, code, ctrlKey, altKey, shiftKey, metaKey, repeat, typing });
    };
    const onFocus = () => {
      if (document2.activeElement === document2.body) left?.focus();
    };
    window2.addEventListener("keydown", onKey, true);
    window2.addEventListener("pointerdown", () => left = void 0, true);
    window2.addEventListener("focus", onFocus);
  }

  var NAME = /^--croft-[a-z0-9-]{1,40}$/;
  var VALUE = /^(?:[\\w#.,%'" +*/-]|\\b(?:rgba?|hsla?|oklch|oklab|lab|lch|color|color-mix|light-dark|calc|min|max|clamp)\\(|\\)){1,200}$/;
  function isThemeProperty(name, value) {
    return NAME.test(name) && typeof value === "string" && VALUE.test(value);
  }
  function applySurroundings(element, { lang, theme }) {
    const { scheme, properties = {} } = theme;
    element.lang = lang;
    for (const name of [...element.style]) element.style.removeProperty(name);
    element.style.colorScheme = scheme ?? "light dark";
    const set = {};
    for (const [name, value] of Object.entries(properties)) {
      if (!isThemeProperty(name, value)) continue;
      element.style.setProperty(name, value);
      set[name] = value;
    }
    const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
    return { lang, scheme: scheme ?? (isDark ? "dark" : "light"), theme: set };
  }

  var UNREADABLE = "what it describes cannot be read";
  function createRenderer({ root, port, tell, isInUse }) {
    const parts = /* @__PURE__ */ new Map();
    const byNode = /* @__PURE__ */ new WeakMap();
    const partOf = (node) => byNode.get(Object(node));
    const afterwards = [];
    let events = 0;
    let texts = 0;
    let seen = 0;
    let isOwed = false;
    let isShown = false;
    const send = ({ id }, type, data) => {
      port.postMessage(["event", ++events, id, type, data]);
      return events;
    };
    const people = createPeople({
      root,
      partOf,
      send,
      onOpen: (address) => tell({ open: address }),
      onEscape: () => tell({ escape: true })
    });
    const sizes = new ResizeObserver((all) => {
      for (const { target, contentRect } of all) {
        const part = partOf(target);
        const { width, height } = contentRect;
        if (part?.on.has("resize")) send(part, "resize", { width, height, scale: devicePixelRatio });
      }
    });
    const stop = (why) => {
      port.close();
      sizes.disconnect();
      people.dispose();
      root.removeEventListener("focusin", openDialogs);
      root.replaceChildren();
      parts.clear();
      if (why !== "") tell({ stopped: why });
    };
    const openDialogs = () => {
      for (const { node, open } of parts.values()) {
        if (!open || !(node instanceof HTMLDialogElement) || node.matches(":modal")) continue;
        node.removeAttribute("open");
        node.showModal();
      }
    };
    const closeDialog = (node) => {
      if (isInUse()) node.close();
      else node.replaceWith(node);
      node.removeAttribute("open");
    };
    const find = (id) => parts.get(Number(id)) ?? refuse(UNREADABLE);
    const count = (part, size) => {
      texts += size - part.size;
      part.size = size;
      if (size > MOST.text || texts > MOST.texts) refuse("it has more text than can be shown");
    };
    const keep = (id, node) => {
      if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 1) return refuse(UNREADABLE);
      if (parts.has(id)) refuse(UNREADABLE);
      if (parts.size >= MOST.nodes) refuse(\`it has more than \${MOST.nodes} parts\`);
      const none = /* @__PURE__ */ new Set();
      const state = { on: none, heard: /* @__PURE__ */ new Set(), keys: none, opens: void 0 };
      const part = { id, node, size: 0, ...state, open: false, edited: 0 };
      parts.set(id, part);
      byNode.set(node, part);
      return part;
    };
    const set = (part, attributes) => {
      const { node } = part;
      if (!(node instanceof Element) || attributes === null || typeof attributes !== "object") {
        return refuse(UNREADABLE);
      }
      for (const [name, value] of Object.entries(attributes)) {
        if (name === "on") part.on = wordsOf(value);
        else if (name === "keys") part.keys = wordsOf(value);
        else if (name === "opens") part.opens = value === null ? void 0 : String(value);
        else if (name === "focus") afterwards.push(() => value === true && isInUse() && focus(node));
        else put(part, node, name, allowedText(name, value));
      }
      people.listenTo(part);
    };
    const put = (part, node, name, text) => {
      if (name === "value" && isField(node)) {
        if (part.edited <= seen) setValue(node, text ?? "");
      } else if (name === "checked" && isField(node)) Object.assign(node, { checked: text !== null });
      else if (name === "open" && node instanceof HTMLDialogElement) {
        part.open = text !== null;
        afterwards.push(() => {
          if (!part.open) closeDialog(node);
          else if (isInUse()) openDialogs();
          else node.setAttribute("open", "");
        });
      } else if (name === "type" && !(node instanceof HTMLInputElement)) refuse(UNREADABLE);
      else if (node instanceof HTMLCanvasElement && /^(width|height)$/.test(name)) refuse(UNREADABLE);
      else if (text === null) node.removeAttribute(name);
      else node.setAttribute(name, text);
    };
    const build = (wire, depth) => {
      const [id, name, attributes, children] = Array.isArray(wire) ? wire : [];
      if (typeof name !== "string") return refuse(UNREADABLE);
      if (depth > MOST.depth) refuse("it is nested too deep");
      if (attributes === void 0) {
        const text = document.createTextNode(name);
        count(keep(id, text), name.length);
        return text;
      }
      const node = createAllowed(document, name);
      const part = keep(id, node);
      if (node instanceof HTMLButtonElement) node.type = "button";
      if (node instanceof HTMLInputElement) node.autocomplete = "off";
      if (node instanceof HTMLDialogElement) node.setAttribute("closedby", "none");
      for (const child of Array.isArray(children) ? children : [])
        node.append(build(child, depth + 1));
      set(part, attributes);
      if (node instanceof HTMLCanvasElement) {
        const canvas = node.transferControlToOffscreen();
        port.postMessage(["canvas", id, canvas], [canvas]);
        sizes.observe(node);
      }
      return node;
    };
    const forget = (node) => {
      const part = partOf(node);
      if (part) count(part, 0);
      parts.delete(part?.id ?? 0);
      if (node instanceof HTMLDialogElement && node.open) closeDialog(node);
      for (const child of node.childNodes) forget(child);
    };
    const apply = (patch) => {
      const [kind, id, third, fourth] = Array.isArray(patch) ? patch : [];
      const node = id === 0 ? root : find(id).node;
      if (kind === "add" && node instanceof Element) {
        node.insertBefore(build(fourth, depthOf(node, root)), third === 0 ? null : find(third).node);
      } else if (node === root) refuse(UNREADABLE);
      else if (kind === "move") move(node, third === 0 ? null : find(third).node);
      else if (kind === "set") set(find(id), third);
      else if (kind === "text" && node instanceof Text && typeof third === "string") {
        count(find(id), third.length);
        node.textContent = third;
      } else if (kind === "drop") {
        forget(node);
        node.remove();
      } else refuse(UNREADABLE);
    };
    const receive = (data) => {
      const [kind, known, patches] = Array.isArray(data) ? data : [];
      if (kind === "failed") refuse(\`it threw when it described its view: \${String(known)}\`);
      if (isOwed) refuse("it sends more than can be shown");
      if (kind !== "patch" || !Array.isArray(patches)) return refuse(UNREADABLE);
      if (patches.length > MOST.patches) refuse("it changes too much at once");
      isOwed = true;
      seen = Number(known);
      for (const patch of patches) apply(patch);
      for (const each of afterwards.splice(0)) each();
      if (!isShown) tell({ shown: true });
      isShown = true;
      requestAnimationFrame(() => {
        isOwed = false;
        port.postMessage(["done"]);
      });
    };
    port.onmessage = ({ data }) => {
      try {
        receive(data);
      } catch (error) {
        stop(error instanceof Refusal ? error.message.slice(0, 500) : UNREADABLE);
      }
    };
    root.addEventListener("focusin", openDialogs);
    return () => stop("");
  }
  function setValue(node, value) {
    if (node.value === value) return;
    const selection = node instanceof HTMLSelectElement ? null : node.selectionStart;
    node.value = value;
    if (!(node instanceof HTMLSelectElement) && selection !== null) {
      node.setSelectionRange(selection, selection);
    }
  }
  function focus(node) {
    if (node instanceof HTMLElement) node.focus();
  }
  function move(node, before) {
    const parent2 = node.parentElement;
    if (typeof parent2?.moveBefore === "function") parent2.moveBefore(node, before);
    else parent2?.insertBefore(node, before);
  }
  function depthOf(node, root) {
    let depth = 0;
    for (let at = node; at && at !== root; at = at.parentNode) depth++;
    return depth;
  }

  addEventListener("message", function boot(event) {
    const [page, plugin] = event.ports;
    if (event.source !== parent || !page || !plugin) return;
    removeEventListener("message", boot);
    const root = document.createElement("div");
    root.className = "c-root";
    document.body.append(root);
    createRenderer({
      root,
      port: plugin,
      tell: (news) => page.postMessage(news),
      isInUse: () => document.hasFocus() && navigator.userActivation.hasBeenActive
    });
    let isPointed = false;
    addEventListener("pointerdown", () => isPointed = true, true);
    addEventListener("pointerup", () => isPointed = false, true);
    addEventListener("focus", () => page.postMessage({ entered: isPointed ? "pointer" : "other" }));
    let height = -1;
    new ResizeObserver(() => {
      const next = Math.ceil(root.getBoundingClientRect().height);
      if (next === height) return;
      height = next;
      page.postMessage({ height });
    }).observe(root);
    let surroundings;
    let shortcuts = [];
    hearShortcuts(
      window,
      () => shortcuts,
      (pressed) => page.postMessage({ pressed })
    );
    const apply = () => {
      if (!surroundings) return;
      document.title = String(surroundings.title);
      plugin.postMessage(["about", applySurroundings(document.documentElement, surroundings)]);
    };
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
    page.onmessage = ({ data }) => {
      if ("shortcuts" in data) {
        shortcuts = data.shortcuts;
        return;
      }
      surroundings = data;
      apply();
    };
  });
  parent.postMessage("croft view is ready", "*");
})();
`;

/** Its SHA-256, which is all that the frame's policy lets run. */
export const VIEW_BOOT_HASH = "cL/f9d8HOsKuSDUMdLn0isxk/wV2svfNlBtpkV4EamM=";
