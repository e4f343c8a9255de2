/**
 * Functions that plugins offer to each other, by a contract that both import: its name, and for each function what goes in
 * and what comes out. Both ends check; between them is the host, which knows who calls.
 */

import {
  CroftError,
  type InputOf,
  type OutputOf,
  type StandardSchema,
  type Unsubscribe,
} from "@croft/core";
import { type ApiName, parseApiName } from "./api-name.ts";

/** One function of an API. */
export interface ApiMethod {
  readonly input: StandardSchema;
  readonly output: StandardSchema;
}

/** The functions of an API, by name. */
export type ApiMethods = Readonly<Record<string, ApiMethod>>;

/** What both ends know of an API. */
export interface ApiContract<Methods extends ApiMethods = ApiMethods> {
  readonly name: ApiName;
  readonly methods: Methods;
}

/** What is known of a call beside its input. */
export interface ApiCall {
  /** Who calls, as the host vouches for it: a plugin's id, or `app` for the application. */
  readonly caller: string;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** How a call is made. */
export interface ApiCallOptions {
  /** Ends the call when it is aborted; the other side is told. */
  readonly signal?: AbortSignal | undefined;
  /** How long to wait, in milliseconds. Default 10,000; 300,000 at most. */
  readonly timeout?: number | undefined;
}

/** The functions as the offering plugin implements them. */
export type ApiImplementation<Methods extends ApiMethods> = {
  readonly [K in keyof Methods]: (
    input: OutputOf<Methods[K]["input"]>,
    call: ApiCall,
  ) => InputOf<Methods[K]["output"]> | Promise<InputOf<Methods[K]["output"]>>;
};

/** The functions as others call them. */
export type ApiClient<Methods extends ApiMethods> = {
  readonly [K in keyof Methods]: (
    input: InputOf<Methods[K]["input"]>,
    options?: ApiCallOptions,
  ) => Promise<OutputOf<Methods[K]["output"]>>;
};

/** APIs, from a plugin's side. */
export interface PluginApis {
  /**
   * Offers functions to others, until the returned function is called or the plugin is deactivated. The manifest has to name
   * the API (`apis`). What a function throws reaches the caller as a message, without its stack.
   *
   * @throws CroftError `input/invalid` when the API is not the plugin's own, its manifest does not name it, or it is provided
   *   already; `disposed` after the deactivation.
   * @example
   * ```ts
   * const search = defineApi("notes/search", {
   *   find: { input: z.object({ text: z.string() }), output: z.array(z.string()) },
   * });
   * context.apis.provide(search, {
   *   find: async ({ text }, { caller }) => [`notes/pages/${text}`, caller],
   * });
   * ```
   */
  provide<Methods extends ApiMethods>(
    contract: ApiContract<Methods>,
    implementation: ApiImplementation<Methods>,
  ): Unsubscribe;
  /**
   * The functions of another plugin. Has to be granted (`permissions.apis`). A plugin that is registered and was not
   * active yet is activated by the first call. Data is copied: values, lists, plain objects and `Uint8Array`, a mebibyte at most each
   * way.
   *
   * The functions reject with `access/denied` without a grant; `plugin/unavailable` when the API is not there;
   * `plugin/busy` for more than 32 calls at a time from this plugin to that one; `plugin/failed` when it threw, or was
   * deactivated; `plugin/timeout` when it did not answer, or was not even active, within `options.timeout`; `input/invalid` for data that does not fit; `disposed`; the reason of
   * `options.signal`. An error that the other plugin threw with a code of croft's keeps it.
   *
   * @example
   * ```ts
   * const search = defineApi("notes/search", {
   *   find: { input: z.object({ text: z.string() }), output: z.array(z.string()) },
   * });
   * const paths = await context.apis.use(search).find({ text: "croft" }, { timeout: 2_000 });
   * ```
   */
  use<Methods extends ApiMethods>(contract: ApiContract<Methods>): ApiClient<Methods>;
}

// Not `then`: what has that is taken for a promise.
const METHOD = /^(?!then$)[a-z][A-Za-z0-9]{0,63}$/;

/**
 * Defines the contract of an API, in a module that both plugins import. Schemas are of zod, or of any other library that
 * follows Standard Schema.
 *
 * @throws {@link CroftError} `input/invalid` for a name of the API or of a function that is none.
 * @example
 * ```ts
 * export const search = defineApi("notes/search", {
 *   find: { input: z.object({ text: z.string() }), output: z.array(z.string()) },
 * });
 * ```
 */
export function defineApi<const Methods extends ApiMethods>(
  name: string,
  methods: Methods,
): ApiContract<Methods> {
  const bad = Object.keys(methods).find((method) => !METHOD.test(method));
  if (bad === undefined) return { name: parseApiName(name), methods };
  throw new CroftError(
    "input/invalid",
    `${JSON.stringify(bad)} is no name for a function of ${name}; write for example \`findPages\`.`,
  );
}
