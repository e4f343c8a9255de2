/** The network, as a plugin gets it: through its host, which lets pass what was granted. */

/** Requests to servers. */
export interface PluginNetwork {
  /**
   * Sends a request and resolves with the whole answer, whatever its status. The origin, the path and the method have to be
   * granted (`permissions.network`). Only HTTPS; without cookies; redirects are not followed. Of the headers pass
   * those that say what is sent and wanted (`accept`, `authorization`, `content-type`, `if-none-match`, …).
   *
   * @throws CroftError `access/denied` without a grant, or when it is revoked before the answer is complete;
   *   `network/failed` when there is no answer in time, it is too large, or it is a redirect; `plugin/busy` for too many requests
   *   at once or in a minute; `input/invalid` for a request that cannot be sent; `disposed` after the deactivation. When
   *   `signal` is aborted, its reason.
   * @example
   * ```ts
   * const { status, body } = await context.network.fetch("https://api.example.com/v1/words");
   * if (status === 200) context.log.info(new TextDecoder().decode(body));
   * ```
   */
  fetch(url: string, request?: NetworkRequest): Promise<NetworkResponse>;
}

/** A request, beside its URL. */
export interface NetworkRequest {
  /** Default `GET`. */
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An answer. */
export interface NetworkResponse {
  readonly status: number;
  /** By lower-case names; only those that say what came. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}
