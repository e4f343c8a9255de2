/**
 * Why a session ends, as WebSocket close codes. 44xx are permanent: reconnecting with the same
 * credentials and code will end the same way. 45xx are transient: try again, with back-off.
 */

export const CloseCode = {
  /** Asked for by this side; nothing is wrong. */
  normal: 1000,
  /** The process or page goes away. */
  goingAway: 1001,
  /** The connection was lost. */
  lost: 1006,
  /** A malformed frame, an unknown message, a message out of order. */
  violation: 4400,
  /** The token is missing, expired, malformed or foreign. Come back with another one. */
  unauthorized: 4401,
  /** The token is good, but not for this workspace. */
  forbidden: 4403,
  /** The peer speaks a protocol version that this hub does not. */
  version: 4406,
  /** Another session with the same writer took over. */
  replaced: 4409,
  /** A message or frame larger than allowed. */
  tooLarge: 4413,
  /** The hub shuts down or restarts. */
  restarting: 4500,
  /** The hub failed inside; nothing was lost. */
  failed: 4501,
  /** The peer was silent for too long. */
  timeout: 4502,
  /** The hub has too many sessions or is starting. */
  overloaded: 4503,
} as const;

/** One of the codes in {@link CloseCode}. */
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/** Whether reconnecting makes sense without a change of credentials or of the program. */
export function isTransient(code: number): boolean {
  return code < 4400 || code >= 4500;
}
