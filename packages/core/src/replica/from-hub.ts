/** The origin of transactions that bring what a hub has, and whose edits are in them. */

/** `transaction.origin instanceof FromHub`: nobody typed it here, or what was typed here came back. */
export class FromHub {
  /**
   * Whose edits they are, as their hub stamped them: `user`, `user/plugin`, or `user/plugin@version`; in the order of the log, each
   * once. Empty where nobody can tell: in a snapshot.
   */
  readonly authors: readonly string[];

  constructor(authors: readonly string[] = []) {
    this.authors = authors;
  }
}
