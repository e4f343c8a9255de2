/** How a device reaches its server. */

import type { Connect } from "../channel/channel.ts";
import { connectWebSocket } from "../channel/websocket-channel.ts";
import type { BackOffOptions } from "../session/back-off.ts";

/** How the workspace reaches its server. */
export interface SyncOptions {
  /**
   * The server, `ws://…` or `wss://…`, without a path: `/sync/<workspace>` is added. Or a function
   * that finds it, called at each connection; when it fails, croft is offline and tries again.
   */
  readonly url: string | (() => string | Promise<string>);
  /**
   * Fetches a token. Called at each connection, before the token expires, and once after it was
   * refused; when that gives the same token again, croft stops and waits for `sync.retry()`.
   */
  readonly token?: (() => string | Promise<string>) | undefined;
  /** Opens the channel; default a WebSocket to `url`. */
  readonly connect?: Connect | undefined;
  /** Waits between attempts; 0.5 s to 30 s by default. */
  readonly backOff?: BackOffOptions | undefined;
  /**
   * Whether to stay offline until `sync.resume()`, for a person who chose so before; default false. In a
   * store that other tabs have open too it is `sync.pause()`, for all of them.
   */
  readonly paused?: boolean | undefined;
}

/** How the server is reached. */
export function connectOf({ url, connect }: SyncOptions, workspace: string): Connect {
  if (connect) return connect;
  return async (signal) => {
    const found = typeof url === "string" ? url : await url();
    const base = found.endsWith("/") ? found.slice(0, -1) : found;
    return connectWebSocket(`${base}/sync/${encodeURIComponent(workspace)}`, { signal });
  };
}
