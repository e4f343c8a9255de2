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
