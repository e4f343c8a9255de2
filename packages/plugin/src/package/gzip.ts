/** Compression by the platform, bounded: what is unpacked is never larger than it said. */

/** Compresses with gzip. */
export async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Unpacks exactly `size` bytes; `undefined` when there are more or fewer, or it is no gzip. Never holds
 * much more than that.
 */
export async function gunzip(
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const unpacked = new Uint8Array(size);
  let at = 0;
  const reader = new Blob([bytes])
    .stream()
    .pipeThrough(new DecompressionStream("gzip"))
    .getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return at === size ? unpacked : undefined;
      if (at + value.length > size) return undefined;
      unpacked.set(value, at);
      at += value.length;
    }
  } catch {
    return undefined;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
