/** A plugin that is being written: taken from `croft-plugin dev`, and taken again whenever its author saves. */

import { type Clock, CroftError, systemClock, toCroftError } from "@croft/core";
import type { PluginManifest } from "@croft/plugin";
import { readPackage } from "@croft/plugin/package";
import { delayUnlessAborted } from "../abort.ts";
import { guarded } from "../guarded.ts";
import type { LoaderContext, LoadPlugin } from "../installed/installed-plugins.ts";
import type { Permissions } from "../permissions.ts";

/** How long to wait before a server that did not answer is asked again, in milliseconds. */
const PAUSE = 1_000;

/** Options of {@link followDevelopment}. */
export interface DevelopmentOptions extends LoaderContext {
  /** What `croft-plugin dev` prints, for example `http://127.0.0.1:5180`. */
  readonly url: string;
  /** Makes of a package what a host can register: `loadSandboxed` or `loadTrusted`. */
  readonly load: LoadPlugin;
  /** What the plugin is granted; default: all that it asks for. */
  readonly grant?: ((manifest: PluginManifest) => Permissions) | undefined;
  /** Told when a new build runs. */
  readonly onRunning?: ((manifest: PluginManifest) => void) | undefined;
  /** Told of what is wrong with the plugin, or with getting it. Default: the console. */
  readonly onProblem?: ((problem: CroftError) => void) | undefined;
  /** Ends it; what runs then is unregistered. */
  readonly signal: AbortSignal;
  /** Default: the platform's. */
  readonly clock?: Pick<Clock, "delay"> | undefined;
}

/**
 * Has a plugin run as its author writes it, for development only: its packages are not signed, and it is granted what it asks
 * for without a question. Its data stays from one build to the next. Resolves when it was ended.
 *
 * @throws CroftError `input/invalid` when `url` is not on this machine: nobody else's code is taken unsigned.
 * @example
 * ```ts
 * const host = createPluginHost({ workspace });
 * const ending = new AbortController();
 * void followDevelopment({
 *   url: "http://127.0.0.1:5180",
 *   workspace,
 *   host,
 *   load: loadSandboxed,
 *   signal: ending.signal,
 * });
 * ```
 */
export async function followDevelopment(options: DevelopmentOptions): Promise<void> {
  const url = parseUrl(options.url);
  const developed = new Developed(options);
  const { signal, clock = systemClock } = options;
  let build: string | undefined;
  let isReached = true;
  while (!signal.aborted) {
    try {
      const answer = await ask(url, build, signal);
      isReached = true;
      if (answer) {
        build = answer.build;
        await developed.take(answer);
      }
    } catch (error) {
      if (signal.aborted) break;
      // Said once: it may be a while until the author goes on.
      if (isReached) developed.tell(unreachedError(url, error));
      isReached = false;
      await delayUnlessAborted(clock, PAUSE, signal);
    }
  }
  await developed.end();
}

interface Answer {
  readonly build: string;
  readonly found: Uint8Array | CroftError;
}

async function ask(
  url: URL,
  after: string | undefined,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  const asked = new URL(url);
  if (after !== undefined) asked.searchParams.set("after", after);
  const response = await fetch(asked, { signal, cache: "no-store", credentials: "omit" });
  if (response.status === 204) return undefined;
  const build = response.headers.get("croft-build");
  if (build === null || (response.status !== 200 && response.status !== 422)) {
    throw new Error(`it answers ${response.status}`);
  }
  const found =
    response.status === 200
      ? new Uint8Array(await response.arrayBuffer())
      : new CroftError("plugin/package", await response.text());
  return { build, found };
}

class Developed {
  readonly #options: DevelopmentOptions;
  /** The plugin that is registered because of us. */
  #registered: string | undefined;

  constructor(options: DevelopmentOptions) {
    this.#options = options;
  }

  async take({ found }: Answer): Promise<void> {
    const { workspace, host, load, grant = allOf, onRunning, signal } = this.#options;
    try {
      if (found instanceof CroftError) throw found;
      const read = await readPackage(found);
      const { manifest } = read;
      const plugin = await load(read, { workspace, host, signal });
      const wasActive = this.#state === "active";
      await this.end();
      host.register(plugin);
      this.#registered = manifest.id;
      host.grant(manifest.id, grant(manifest));
      // It may be one that runs only when it is asked to, and was.
      if (wasActive) await host.activate(manifest.id);
      onRunning?.(manifest);
    } catch (error) {
      this.tell(toCroftError(error, "plugin/failed", "The plugin cannot be loaded"));
    }
  }

  async end(): Promise<void> {
    const id = this.#registered;
    this.#registered = undefined;
    // Somebody else may have unregistered it.
    if (id !== undefined && this.#options.host.list().some((plugin) => plugin.id === id)) {
      await this.#options.host.unregister(id);
    }
  }

  tell(problem: CroftError): void {
    const { onProblem = (each) => console.error(each.message, each) } = this.#options;
    guarded(onProblem)(problem);
  }

  get #state(): string | undefined {
    return this.#options.host.list().find(({ id }) => id === this.#registered)?.state.name;
  }
}

const LOCAL = ["localhost", "127.0.0.1", "[::1]"];

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && url.protocol === "http:" && LOCAL.includes(url.hostname)) return url;
  throw new CroftError("input/invalid", `${JSON.stringify(text)} is no address on this machine.`, {
    hint: "Write what `croft-plugin dev` prints, for example http://127.0.0.1:5180.",
  });
}

function unreachedError(url: URL, error: unknown): CroftError {
  const detail = error instanceof Error ? error.message : String(error);
  return new CroftError("link/offline", `No plugin is offered at ${url.href}: ${detail}.`, {
    hint: "Run `croft-plugin dev` in the plugin's folder; it is asked again every second.",
    cause: error,
  });
}

function allOf({ permissions }: PluginManifest): Permissions {
  return permissions;
}
