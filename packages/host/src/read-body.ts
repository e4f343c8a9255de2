/** Reads what a server answers, up to a limit: whoever answers may send without end. */

/** All of a body; `undefined` when it is more than `limit` bytes, of which no more is read then. */
export async function readBody(
  { body }: Pick<Response, "body">,
  limit: number,
): Promise<Uint8Array | undefined> {
  if (!body) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (const reader = body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    // Not by what its head says: that may be the packed size, or a lie.
    if (size > limit) {
      await reader.cancel();
      return undefined;
    }
    parts.push(value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
