/** The ends of an API in the plugins: checks what goes in and what comes out by the contract. */

import { CroftError, type StandardSchema, type Unsubscribe } from "@croft/core";
import { type ApiName, ownerOfApi } from "../api-name.ts";
import type {
  ApiCall,
  ApiCallOptions,
  ApiClient,
  ApiContract,
  ApiImplementation,
  ApiMethods,
  PluginApis,
} from "../apis.ts";

/** Calls between plugins, unchecked. */
export interface RawApis {
  call(api: ApiName, method: string, input: unknown, options: ApiCallOptions): Promise<unknown>;
  provide(api: ApiName, methods: readonly string[], respond: RespondToCall): Unsubscribe;
}

/** Answers a call. */
export type RespondToCall = (method: string, input: unknown, call: ApiCall) => Promise<unknown>;

/** Makes typed APIs of raw ones. */
export function createApis(raw: RawApis): PluginApis {
  return {
    provide: (contract, implementation) =>
      raw.provide(
        contract.name,
        Object.keys(contract.methods),
        responderOf(contract, implementation),
      ),
    use: (contract) => createClient(contract, raw),
  };
}

/** The functions of a contract, each of which calls. */
export function createClient<Methods extends ApiMethods>(
  { name, methods }: ApiContract<Methods>,
  raw: Pick<RawApis, "call">,
): ApiClient<Methods> {
  return clientOf<Methods>(
    Object.entries(methods).map(([method, { input: takes, output: gives }]) => [
      method,
      async (input: unknown, options: ApiCallOptions = {}) => {
        // What is sent is what was given: the other side checks it by the same schema, and makes of it what it says.
        await check(takes, input, `What was given to ${name} ${method}`);
        const output = await raw.call(name, method, input, options);
        return check(gives, output, `What ${name} ${method} answered`, ownerOfApi(name));
      },
    ]),
  );
}

/** A contract that any data fits, for who passes calls on. */
export function anyContract(name: ApiName, methods: readonly string[]): ApiContract {
  const method = { input: ANYTHING, output: ANYTHING };
  return { name, methods: Object.fromEntries(methods.map((each) => [each, method])) };
}

const ANYTHING: StandardSchema = {
  "~standard": { version: 1, vendor: "croft", validate: (value) => ({ value }) },
};

type CallMethod = (input: unknown, options?: ApiCallOptions) => Promise<unknown>;

function clientOf<Methods extends ApiMethods>(
  functions: readonly (readonly [string, CallMethod])[],
): ApiClient<Methods> {
  // Their types are the contract's, which the checks keep.
  return Object.freeze(Object.fromEntries(functions)) as ApiClient<Methods>;
}

function responderOf<Methods extends ApiMethods>(
  { name, methods }: ApiContract<Methods>,
  implementation: ApiImplementation<Methods>,
): RespondToCall {
  const functions = new Map<string, (input: never, call: ApiCall) => unknown>();
  for (const method of Object.keys(methods)) {
    const run: unknown = implementation[method];
    if (typeof run === "function") functions.set(method, run.bind(implementation) as never);
    else
      throw new CroftError("input/invalid", `${name} lacks its function ${method}.`, {
        hint: "Give `provide` a function for each of the contract.",
      });
  }
  return async (method, input, call) => {
    const run = functions.get(method);
    const contract = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (!run || !contract) {
      throw new CroftError("plugin/unavailable", `${name} has no function ${method}.`, {
        hint: "The plugins may know different versions of the contract.",
      });
    }
    const checked = await check(contract.input, input, `What was given to ${name} ${method}`);
    const output = await run(checked as never, call);
    await check(contract.output, output, `What ${name} ${method} answered`, ownerOfApi(name));
    return output;
  };
}

/** The value as its schema makes it. `plugin` is named when it is its fault. */
async function check(
  schema: StandardSchema,
  value: unknown,
  what: string,
  plugin?: string,
): Promise<unknown> {
  const result = await schema["~standard"].validate(value);
  if (!result.issues) return result.value;
  const issues = result.issues.map(({ path = [], message }) => {
    const keys = path.map((part) => String(typeof part === "object" ? part.key : part));
    return keys.length === 0 ? message : `\`${keys.join(".")}\` ${message}`;
  });
  const code = plugin === undefined ? "input/invalid" : "plugin/failed";
  throw new CroftError(code, `${what} is invalid: ${issues.join("; ")}.`, {
    plugin,
    hint: "See the schema in the API's contract.",
  });
}
