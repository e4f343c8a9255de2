/**
 * A view as a person meets it, without a browser: what is described of it over the real messages, found by what people are told,
 * and acted on as people do.
 */

import { createEmitter, CroftError } from "@croft/core";
import type {
  HostViews,
  MountedView,
  MountedViewState,
  Surface,
  SurfaceOptions,
} from "@croft/host";
import type { ViewMessage, ViewReport } from "@croft/plugin/view";
import { act, type Actor } from "./act.ts";
import { allThatFit, asQuery, type ViewQuery, wordsOfQuery } from "./query.ts";
import { type Part, ViewRefused, ViewTree } from "./view-tree.ts";
import { labelOf, roleOf, textOf } from "./words.ts";

/** Options of `device.view`. */
export interface TestViewOptions {
  /** How long what is looked for is waited for, in milliseconds. Default 5,000. */
  readonly within?: number | undefined;
}

/**
 * A view, or a part of one. What is looked for is waited for. A string, or an expression, names a field or a button by its label;
 * for {@link ViewScope.find} it is the text of the innermost element that has it.
 */
export interface ViewScope {
  /** What is to be read in it now, a line for each block; of fields their labels alone. */
  readonly text: string;
  /**
   * Resolves with the one part that fits.
   *
   * @throws Error when there is none in time, or several.
   */
  find(query: ViewQuery | string | RegExp): Promise<ViewPart>;
  /** All parts that fit now. */
  findAll(query: ViewQuery | string | RegExp): readonly ViewPart[];
  /** Clicks on a button, a tab, a box to check or whatever else hears of clicks. */
  press(query: ViewQuery | string | RegExp): Promise<void>;
  /** Types `value` in place of what is in a field, and leaves it. With a line feed at the end Enter is pressed. */
  type(query: ViewQuery | string | RegExp, value: string): Promise<void>;
  /** Chooses an option of a `select`, by its label or its value. */
  choose(query: ViewQuery | string | RegExp, option: string): Promise<void>;
  /** Presses a key, named as the platform does (`Enter`, `ArrowDown`), with the keyboard at this part. */
  key(query: ViewQuery | string | RegExp, key: string): Promise<void>;
  /** Resolves when this is to be read in it. */
  shows(text: string | RegExp): Promise<void>;
  /** Resolves when this is not to be read in it any more. */
  hides(text: string | RegExp): Promise<void>;
}

/** A part of a view; stays the same one as long as the plugin keeps it. */
export interface ViewPart extends ViewScope {
  /** As assistive technology sees it, for example `button`; empty for none. */
  readonly role: string;
  /** What it is called. */
  readonly label: string;
  /** What is in a field. */
  readonly value: string;
  readonly checked: boolean;
  readonly disabled: boolean;
}

/** A view as a person meets it, without a browser: found by what people are told, and acted on as people do. */
export interface TestView extends ViewScope {
  readonly state: MountedViewState;
  /** Where the keyboard is, after it was used in the view. */
  readonly focused: ViewPart | undefined;
  /** Addresses that were to be opened. */
  readonly opened: readonly string[];
  /** Takes it away. Idempotent; its device does it, too. */
  dispose(): void;
}

/** Shows a view; resolves when something is to be seen. */
export async function openTestView(
  views: HostViews,
  name: string,
  { within = 5_000 }: TestViewOptions = {},
): Promise<TestView> {
  const view = new LiveView(views, name, within);
  try {
    await view.until(
      () => view.state.name === "shown" || undefined,
      () => `The view ${name} is not described`,
    );
  } catch (error) {
    view.dispose();
    throw error;
  }
  return view;
}

class LiveView implements TestView, Actor {
  readonly name: string;
  readonly opened: string[] = [];
  tree = new ViewTree();
  #focused: Part | undefined;
  readonly #patience: number;
  #events = 0;
  #port: MessagePort | undefined;
  readonly #changes = createEmitter<void>();
  readonly #mounted: MountedView;

  constructor(views: HostViews, name: string, patience: number) {
    this.name = name;
    this.#patience = patience;
    this.#mounted = views.mount(name, (options) => this.#open(options), {
      lang: "en",
      theme: { scheme: "light" },
      onOpen: (address) => this.opened.push(address),
    });
    this.#mounted.onState(() => this.#changes.emit());
  }

  get state(): MountedViewState {
    return this.#mounted.state;
  }

  get text(): string {
    return textOf(this.tree.root);
  }

  get focused(): ViewPart | undefined {
    return this.#focused && this.tree.has(this.#focused) ? this.#part(this.#focused) : undefined;
  }

  find(query: ViewQuery | string | RegExp): Promise<ViewPart> {
    return this.findIn(() => this.tree.root, query);
  }

  findAll(query: ViewQuery | string | RegExp): readonly ViewPart[] {
    return this.fitting(this.tree.root, query).map((part) => this.#part(part));
  }

  press(query: ViewQuery | string | RegExp): Promise<void> {
    return this.actIn(() => this.tree.root, query, "press");
  }

  type(query: ViewQuery | string | RegExp, value: string): Promise<void> {
    return this.actIn(() => this.tree.root, query, "type", value);
  }

  choose(query: ViewQuery | string | RegExp, option: string): Promise<void> {
    return this.actIn(() => this.tree.root, query, "choose", option);
  }

  key(query: ViewQuery | string | RegExp, key: string): Promise<void> {
    return this.actIn(() => this.tree.root, query, "key", key);
  }

  shows(text: string | RegExp): Promise<void> {
    return this.reads(() => this.text, text, true);
  }

  hides(text: string | RegExp): Promise<void> {
    return this.reads(() => this.text, text, false);
  }

  dispose(): void {
    this.#mounted.dispose();
  }

  fitting(within: Part, query: ViewQuery | string | RegExp): readonly Part[] {
    const given = asQuery(query, "text");
    return allThatFit(this.tree, within, given);
  }

  async findIn(within: () => Part, query: ViewQuery | string | RegExp): Promise<ViewPart> {
    const given = asQuery(query, "text");
    return this.#part(await this.#one(() => allThatFit(this.tree, within(), given), given));
  }

  async actIn(
    within: () => Part,
    query: ViewQuery | string | RegExp,
    how: keyof typeof act,
    what = "",
  ): Promise<void> {
    const given = asQuery(query, "label");
    const isFit = (part: Part): boolean =>
      given === query || act[how].fits(part) || part.attributes.has("keys");
    const part = await this.#one(() => allThatFit(this.tree, within(), given).filter(isFit), given);
    act[how].run(this, part, what);
  }

  async reads(read: () => string, text: string | RegExp, wanted: boolean): Promise<void> {
    const has = (): boolean =>
      typeof text === "string" ? read().includes(text) : text.test(read());
    await this.until(
      () => has() === wanted || undefined,
      () => `${this.name} ${wanted ? "does not show" : "still shows"} ${String(text)}`,
    );
  }

  /** Tells the plugin of what a person did; returns the number of it, 0 where it does not want to know. */
  report(part: Part, type: string, data: unknown): number {
    this.#focused = part;
    const wanted = String(part.attributes.get("on") ?? "").split(" ");
    if (!this.#port || !wanted.includes(type)) return 0;
    this.#send(["event", ++this.#events, part.id, type, data]);
    return this.#events;
  }

  /** Resolves with what `get` finds; rejects when the view is over, or time is up. */
  until<T>(get: () => T | undefined, problem: () => string): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const { state } = this;
        let found: T | undefined;
        let failed: unknown;
        try {
          found = get();
        } catch (error) {
          failed = error;
        }
        if (found === undefined && failed === undefined) {
          if (state.name === "failed") failed = state.error;
          else if (state.name === "ended") failed = gone(`The view ${this.name} is gone.`);
          else if (state.name === "waiting") failed = notActive(this.name);
          else return;
        }
        clearTimeout(timer);
        stop();
        if (found === undefined) reject(failed);
        else resolve(found);
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`${problem()} after ${this.#patience} ms. It shows:\n${this.text}`));
      }, this.#patience);
      const stop = this.#changes.on(look);
      look();
    });
  }

  #part(part: Part): ViewPart {
    return new LivePart(this, part);
  }

  async #one(find: () => readonly Part[], query: ViewQuery): Promise<Part> {
    let count = 0;
    return this.until(
      () => {
        const found = find();
        count = found.length;
        return count === 1 ? found[0] : undefined;
      },
      () =>
        `${this.name} has ${count === 0 ? "nothing" : `${count} parts`} with ${wordsOfQuery(query)}`,
    );
  }

  #open({ port, surroundings, tell }: SurfaceOptions): Surface {
    this.tree = new ViewTree();
    this.#port = port;
    const { lang } = surroundings;
    let isShown = false;
    port.onmessage = ({ data }: MessageEvent<ViewMessage>) => {
      try {
        this.#receive(data);
      } catch (error) {
        port.close();
        if (!(error instanceof ViewRefused)) throw error;
        tell({ stopped: error.message });
        return;
      }
      if (!isShown) tell({ shown: true });
      isShown = true;
      this.#changes.emit();
      // What was sent is on the screen.
      this.#send(["done"]);
    };
    this.#send(["about", { lang, scheme: surroundings.theme.scheme ?? "light", theme: {} }]);
    return {
      setSurroundings: () => undefined,
      setShortcuts: () => undefined,
      focus: () => undefined,
      dispose: () => {
        port.close();
        this.#port = undefined;
        this.tree = new ViewTree();
      },
    };
  }

  #receive(message: ViewMessage): void {
    if (message[0] === "failed") {
      throw new ViewRefused(`it threw when it described its view: ${message[1]}`);
    }
    this.tree.apply(message[2], message[1]);
    const wanted = this.tree.takeFocus();
    // Not before a person is at work in it.
    if (wanted && this.#focused) this.#focused = wanted;
  }

  #send(report: ViewReport): void {
    this.#port?.postMessage(report);
  }
}

class LivePart implements ViewPart {
  readonly #view: LiveView;
  readonly #part: Part;

  constructor(view: LiveView, part: Part) {
    this.#view = view;
    this.#part = part;
  }

  get role(): string {
    return roleOf(this.#here());
  }

  get label(): string {
    return labelOf(this.#here(), this.#view.tree.root);
  }

  get text(): string {
    return textOf(this.#here());
  }

  get value(): string {
    return String(this.#here().attributes.get("value") ?? "");
  }

  get checked(): boolean {
    return this.#here().attributes.has("checked");
  }

  get disabled(): boolean {
    return this.#here().attributes.has("disabled");
  }

  find(query: ViewQuery | string | RegExp): Promise<ViewPart> {
    return this.#view.findIn(() => this.#here(), query);
  }

  findAll(query: ViewQuery | string | RegExp): readonly ViewPart[] {
    return this.#view.fitting(this.#here(), query).map((part) => new LivePart(this.#view, part));
  }

  press(query: ViewQuery | string | RegExp): Promise<void> {
    return this.#view.actIn(() => this.#here(), query, "press");
  }

  type(query: ViewQuery | string | RegExp, value: string): Promise<void> {
    return this.#view.actIn(() => this.#here(), query, "type", value);
  }

  choose(query: ViewQuery | string | RegExp, option: string): Promise<void> {
    return this.#view.actIn(() => this.#here(), query, "choose", option);
  }

  key(query: ViewQuery | string | RegExp, key: string): Promise<void> {
    return this.#view.actIn(() => this.#here(), query, "key", key);
  }

  shows(text: string | RegExp): Promise<void> {
    return this.#view.reads(() => this.text, text, true);
  }

  hides(text: string | RegExp): Promise<void> {
    return this.#view.reads(() => this.text, text, false);
  }

  #here(): Part {
    if (this.#view.tree.has(this.#part)) return this.#part;
    throw gone(`A part of ${this.#view.name} is not there any more.`);
  }
}

function notActive(name: string): CroftError {
  return new CroftError("plugin/unavailable", `The plugin of the view ${name} is not active.`, {
    hint: "Register it with the device, and look at `device.problems`.",
  });
}

function gone(message: string): CroftError {
  return new CroftError("disposed", message);
}
