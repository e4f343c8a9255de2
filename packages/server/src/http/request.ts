/** What is read of a request to the server, whatever it is for: its address, its bearer, its body. */

import type { IncomingMessage } from "node:http";

/** The address of a request in its two parts, neither decoded. */
export function addressPartsOf({ url = "" }: Pick<IncomingMessage, "url">): {
  readonly pathname: string;
  readonly query: string;
} {
  const [pathname = "", query = ""] = url.replace(/#.*$/s, "").split(/\?(.*)/s, 2);
  return { pathname, query };
}

/** A part of an address as text; nothing where it has a stray `%`. */
export function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The token in the header `Authorization`; nothing where there is none. */
export function bearerOf({ headers }: Pick<IncomingMessage, "headers">): string | undefined {
  return /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1]?.trim();
}

/** The body of a request; nothing when it is too large. */
export async function bodyOf(
  request: IncomingMessage,
  max: number,
): Promise<Uint8Array | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > max) return undefined;
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    if (!Buffer.isBuffer(part)) continue;
    size += part.length;
    if (size > max) return undefined;
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}
