/** Leave to call what other plugins offer. */

import * as z from "zod";
import { type ApiName, ownerOfApi, parseApiName } from "../api-name.ts";
import { parsed, reason, show } from "../manifest-fields.ts";
import type { Asked, PermissionKind } from "./kind.ts";

/** Leave to call an API. */
export interface ApiGrant {
  readonly api: ApiName;
}

/** Asks for it. */
export interface ApiPermission extends ApiGrant, Asked {}

/** An {@link ApiGrant}, as data. */
export interface GivenApi {
  readonly api: string;
}

/** An {@link ApiPermission} as the author writes it. */
export interface AskedApi extends GivenApi, Asked {}

/** See {@link PermissionKind}. */
export const apis: PermissionKind<GivenApi, ApiGrant, ApiPermission> = {
  asked: z.strictObject({
    api: parsed<ApiName>('an API, for example "notes/search"', parseApiName),
    reason,
    optional: z.boolean().optional(),
  }),
  given: z.object({ api: z.string() }),
  field: "api",
  parse: ({ api }) => ({ api: parseApiName(api) }),
  keyOf: ({ api }) => api,
  isTaken: isSame,
  isWithin: isSame,
  nameOf: ({ api }) => `leave to call ${api}`,
  describe: ({ api }) => `Have ${ownerOfApi(api)} do things for it (${api})`,
  problemOf: ({ api }, plugin) =>
    ownerOfApi(api) === plugin
      ? [`${show(api)} is the plugin's own and needs no permission; leave it out`]
      : [],
};

function isSame(a: GivenApi, b: GivenApi): boolean {
  return a.api === b.api;
}
