/**
 * Client ids whose content was deleted while somebody showed it: old clients of y-websocket come back after that with all they have,
 * and it would be there again. It is remembered while the process runs, of the documents that were deleted last.
 */

/** Documents that are remembered. */
const MAX_DOCUMENTS = 10_000;

/** See the top of this file. */
export class DeletedClients {
  readonly #clients = new Map<string, Set<number>>();

  /** A document was deleted in which these clients had written. */
  add(workspace: string, path: string, clients: Iterable<number>): void {
    const key = keyOf(workspace, path);
    const known = this.#clients.get(key) ?? new Set();
    for (const client of clients) known.add(client);
    // The one that was deleted last is the newest.
    this.#clients.delete(key);
    this.#clients.set(key, known);
    const [oldest] = this.#clients.keys();
    if (this.#clients.size > MAX_DOCUMENTS && oldest !== undefined) this.#clients.delete(oldest);
  }

  /** Whether one of these clients had written in a document that was deleted. */
  has(workspace: string, path: string, clients: Iterable<number>): boolean {
    const known = this.#clients.get(keyOf(workspace, path));
    if (!known) return false;
    for (const client of clients) if (known.has(client)) return true;
    return false;
  }
}

function keyOf(workspace: string, path: string): string {
  return `${workspace}\0${path}`;
}
