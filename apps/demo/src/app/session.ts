/**
 * The demo's own backend as the app sees it: it says where the sync server is and hands out tokens.
 * scripts/start.mjs answers; a real application asks its own server, after a sign-in.
 */

import { z } from "zod";

const schema = z.object({
  token: z.string().min(1),
  url: z.url({ protocol: /^wss?$/ }),
});

/** What the backend answers. */
export type Session = Readonly<z.infer<typeof schema>>;

/** Who asks, and for what. */
export interface SessionRequest {
  readonly user: string;
  /** `read` asks for a token that may not write, to see how that looks; `none` for one without rights. */
  readonly access: "write" | "read" | "none";
}

/** How long the backend may take, in milliseconds. */
const PATIENCE = 5000;

/** Asks the backend for a token. */
export async function fetchSession({ user, access }: SessionRequest): Promise<Session> {
  const query = new URLSearchParams({ user, access });
  const response = await fetch(`/api/session?${query}`, {
    cache: "no-store",
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (!response.ok) throw new Error(`The backend gave no token: HTTP ${response.status}.`);
  return schema.parse(await response.json());
}

const KEY = "croft-demo/server";

/**
 * Where the sync server is; where it was the last time, if the backend cannot be asked now; `undefined`
 * where there never was one, as in a build that stands alone.
 */
export async function findServer(
  request: SessionRequest,
  storage: Pick<Storage, "getItem" | "setItem">,
): Promise<string | undefined> {
  try {
    const { url } = await fetchSession(request);
    storage.setItem(KEY, url);
    return url;
  } catch (error) {
    console.warn("The demo's backend cannot be asked for the server.", error);
    return storage.getItem(KEY) ?? undefined;
  }
}
