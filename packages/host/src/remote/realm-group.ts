/**
 * Realms that may share one process, as all sandboxes of a page do: when it dies, they fall silent together, and nobody is
 * told. When one of them is given up, those that were quiet with it are given up too, and each hears who they were.
 */

/** A plugin does not answer any more; others may have fallen silent with it. */
export class FellSilent extends Error {
  /** The ids of all that fell silent, in the order in which their realms were opened. */
  readonly plugins: readonly string[];
  /** How long it has been quiet, in milliseconds. */
  readonly quietFor: number;

  constructor(plugins: readonly string[], quietFor: number) {
    super(
      plugins.length > 1
        ? `it does not answer, and neither do those that share its process (${plugins.join(", ")} in all)`
        : "it does not answer",
    );
    this.plugins = plugins;
    this.quietFor = quietFor;
  }
}

/** A realm, from when it begins to be opened until it is closed. */
export interface RealmMember {
  readonly plugin: string;
  /** How long it has not answered, in milliseconds; 0 when nothing is asked. */
  quietFor(): number;
  /** It is given up. */
  fellSilent(error: FellSilent): void;
}

/**
 * Realms that may share one process, as all sandboxes of a page do: when it dies, they fall silent together. When one of them is
 * given up, those that were quiet with it are given up too, and each hears who they were.
 */
export interface RealmGroup {
  /** Takes a member in; the function that is returned takes it out. */
  join(member: RealmMember): () => void;
  /** Gives a member up that is silent, and all that have been quiet for `least` milliseconds. */
  giveUp(member: RealmMember, least: number): void;
}

/**
 * Creates a group without members. All realms that may share a process belong into one.
 *
 * @example
 * ```ts
 * const group = createRealmGroup(); // the `group` of each `createRemotePlugin`
 * ```
 */
export function createRealmGroup(): RealmGroup {
  const members = new Set<RealmMember>();
  return {
    join(member) {
      members.add(member);
      return () => members.delete(member);
    },
    giveUp(silent, least) {
      const lost = [...members].filter((each) => each === silent || each.quietFor() >= least);
      const error = new FellSilent(
        lost.map(({ plugin }) => plugin),
        silent.quietFor(),
      );
      // Who needs others was opened after them, and is told before them: else it would seem to end for their sake.
      for (const member of lost.toReversed()) member.fellSilent(error);
    },
  };
}
