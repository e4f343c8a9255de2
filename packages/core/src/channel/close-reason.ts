/** The reason of a close, cut to what a WebSocket close frame has room for. */

const MAX_REASON_BYTES = 123;

/** `reason` in at most 123 bytes of UTF-8, cut between characters. */
export function clipReason(reason: string): string {
  if (reason.length <= MAX_REASON_BYTES / 3) return reason;
  const bytes = new TextEncoder().encode(reason);
  if (bytes.length <= MAX_REASON_BYTES) return reason.toWellFormed();
  const room = MAX_REASON_BYTES - 3;
  let end = room;
  // A continuation byte (10xxxxxx) at the cut means that a character would be split.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return `${new TextDecoder().decode(bytes.subarray(0, end))}…`;
}
