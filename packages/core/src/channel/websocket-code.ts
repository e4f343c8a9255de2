/**
 * Close codes on a WebSocket. A browser may only send 1000 and 3000 to 4999; so the codes 1001 to
 * 1015 travel as 4001 to 4015 and are turned back on arrival. Both ends must do it.
 */

import { CloseCode } from "../protocol/close-code.ts";

const TOO_BIG = 1009;
const SHIFT = 3000;

/** The code to hand to `WebSocket.close`. */
export function toWebSocketCode(code: number): number {
  if (code > 1000 && code <= 1015) return code + SHIFT;
  return code === 1000 || (code >= 3000 && code <= 4999) ? code : CloseCode.failed;
}

/** The code of a `close` event in croft's terms. */
export function fromWebSocketCode(code: number): number {
  if (code > 1000 + SHIFT && code <= 1015 + SHIFT) return code - SHIFT;
  // What a WebSocket implementation says by itself when a message is over its limit.
  return code === TOO_BIG ? CloseCode.tooLarge : code;
}
