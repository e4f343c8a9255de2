/** A kind of permission: what an author may ask for, what a person may grant of it, and how that is said. */

import type * as z from "zod";

/** What every entry of a manifest's permissions has. */
export interface Asked {
  /** Why, shown to the user. */
  readonly reason: string;
  /** Not asked for at the installation, but when the plugin requests it. Default false. */
  readonly optional?: boolean | undefined;
}

/**
 * One kind. `Given` is a grant as data: stored, handed over, written by a person; `Grant` is one that was
 * checked, always in the same form.
 */
export interface PermissionKind<Given, Grant extends Given, Entry extends Grant & Asked> {
  /** Checks an entry of a manifest. */
  readonly asked: z.ZodType<Entry>;
  /** Checks the form of a grant. */
  readonly given: z.ZodType<Given>;
  /** The field that problems are about, if an entry has more than its reason. */
  readonly field: string | undefined;
  /** Checks what a grant says. Throws `input/invalid`. */
  readonly parse: (given: Given) => Grant;
  /** Of grants with the same key the later one replaces the earlier. */
  readonly keyOf: (grant: Grant) => string;
  /** Whether `removed` takes `grant` away. */
  readonly isTaken: (grant: Grant, removed: Given) => boolean;
  /** Whether somebody who asks for `asked` may have `grant`. */
  readonly isWithin: (grant: Grant, asked: Grant) => boolean;
  /** Names it in errors, after "did not ask for". */
  readonly nameOf: (grant: Grant) => string;
  /** Says to a person what is asked for. */
  readonly describe: (asked: Entry) => string;
  /** What is wrong with it in a manifest of `plugin`. */
  readonly problemOf: (asked: Entry, plugin: string) => readonly string[];
}
