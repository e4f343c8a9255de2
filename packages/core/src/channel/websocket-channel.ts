/**
 * The client's end of a WebSocket as a channel; runs in browsers, workers and Node ≥ 22. Whoever
 * reconnects, authenticates or pings is above.
 */

import { CroftError } from "../errors.ts";
import { CloseCode } from "../protocol/close-code.ts";
import { type Channel, LOW_WATER } from "./channel.ts";
import { clipReason } from "./close-reason.ts";
import { createInbox } from "./inbox.ts";
import { createMeter } from "./meter.ts";
import { fromWebSocketCode, toWebSocketCode } from "./websocket-code.ts";

/** What {@link connectWebSocket} uses of a socket: the platform's `WebSocket` and that of `ws` fit. */
export interface WebSocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly readyState: number;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(
    type: "open" | "message" | "error" | "close",
    listener: (event: WebSocketEvent) => void,
  ): void;
}

/** The fields of socket events that are looked at. */
export interface WebSocketEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
}

/** Options of {@link connectWebSocket}. */
export interface WebSocketOptions {
  /** Gives up connecting; an open channel is not touched. */
  readonly signal?: AbortSignal | undefined;
  /** Default: the platform's own. */
  readonly WebSocket?: (new (url: string) => WebSocketLike) | undefined;
}

const OPEN = 1;
// No event tells that a WebSocket has sent what it buffers, so it has to be asked.
const POLL_MS = 10;

/**
 * Connects to `url` and resolves with the open channel.
 *
 * @throws {@link CroftError} `link/offline` when the server cannot be reached, `input/invalid` when
 * `url` cannot be one; the signal's reason when it was aborted.
 * @example
 * ```ts
 * const channel = await connectWebSocket("wss://example.org/sync/our-workspace");
 * channel.onFrame((frame) => console.log(frame.byteLength));
 * ```
 */
export function connectWebSocket(url: string, options: WebSocketOptions = {}): Promise<Channel> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const socket = createSocket(url, options.WebSocket);
    socket.binaryType = "arraybuffer";
    const channel = createSocketChannel(socket);
    const abort = () => {
      reject(signal?.reason);
      socket.close();
    };
    signal?.addEventListener("abort", abort, { once: true });
    socket.addEventListener("open", () => {
      signal?.removeEventListener("abort", abort);
      resolve(channel);
    });
    // Browsers do not say why, on purpose. After `open` this rejection does nothing.
    const fail = () => {
      signal?.removeEventListener("abort", abort);
      reject(
        new CroftError("link/offline", `Cannot connect to ${withoutQuery(url)}.`, {
          hint: "Check the address and whether the server is running. Work goes on offline.",
        }),
      );
    };
    socket.addEventListener("close", fail);
    // Chromium tells of an address that the page's policy forbids with an error and no close.
    socket.addEventListener("error", fail);
  });
}

function createSocket(url: string, injected: WebSocketOptions["WebSocket"]): WebSocketLike {
  const platform = globalThis as { readonly WebSocket?: new (url: string) => WebSocketLike };
  const Socket = injected ?? platform.WebSocket;
  if (!Socket) {
    throw new CroftError("input/invalid", "This platform has no WebSocket.", {
      hint: "Use Node 22 or newer, or pass the class of the `ws` package as `WebSocket`.",
    });
  }
  try {
    return new Socket(url);
  } catch (cause) {
    throw new CroftError("input/invalid", `Not a WebSocket address: ${withoutQuery(url)}`, {
      hint: "Use an address like wss://example.org/sync/our-workspace.",
      cause,
    });
  }
}

function createSocketChannel(socket: WebSocketLike): Channel {
  const inbox = createInbox();
  const meter = createMeter();
  let poll: ReturnType<typeof setTimeout> | undefined;

  function watch(): void {
    if (poll !== undefined || meter.buffered <= LOW_WATER) return;
    poll = setTimeout(() => {
      poll = undefined;
      meter.set(socket.bufferedAmount);
      watch();
    }, POLL_MS);
  }

  function stop(): void {
    clearTimeout(poll);
    meter.stop();
  }

  function close(code: number, reason: string): void {
    if (inbox.closed) return;
    const clipped = clipReason(reason);
    stop();
    inbox.shut({ code, reason: clipped });
    socket.close(toWebSocketCode(code), clipped);
  }

  socket.addEventListener("message", ({ data }) => {
    if (data instanceof ArrayBuffer) inbox.push(new Uint8Array(data));
    else close(CloseCode.violation, "a text message");
  });
  socket.addEventListener("close", ({ code = CloseCode.lost, reason = "" }) => {
    stop();
    inbox.end({ code: fromWebSocketCode(code), reason });
  });

  return {
    send(frame) {
      if (inbox.closed || socket.readyState !== OPEN) return;
      // Frames are encoded into memory of their own, never into shared memory.
      socket.send(frame as Uint8Array<ArrayBuffer>);
      meter.rise(socket.bufferedAmount);
      watch();
    },
    get buffered() {
      return inbox.closed ? 0 : socket.bufferedAmount;
    },
    onDrain: (listener) => meter.onDrain(listener),
    onFrame: (listener) => inbox.onFrame(listener),
    onClose: (listener) => inbox.onClose(listener),
    close,
    get closed() {
      return inbox.closed;
    },
  };
}

function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/s, "");
}
