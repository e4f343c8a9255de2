/**
 * Asks the person for what a plugin needs only now. One prompt at a time; a refusal holds until the application starts anew, so
 * that nobody is worn down.
 */

import { type Clock, type CroftError, toCroftError } from "@croft/core";
import {
  type AskedPermissions,
  describePermissions,
  type GrantedPermissions,
  type GrantKinds,
  type PermissionInWords,
  type Permissions,
  type PluginManifest,
  type PluginPermissions,
} from "@croft/plugin";
import { eachKind, KINDS, listsOf } from "@croft/plugin/remote";
import {
  areGranted,
  areOptional,
  askedFor,
  notAsked,
  parsePermissions,
  whatIsNotAsked,
} from "../permissions.ts";
import { unlessAborted } from "../abort.ts";
import { tooMuch } from "./denied.ts";
import { PerPlugin, Rate } from "./rate.ts";

/** A plugin wants to be granted something now. */
export interface PermissionQuestion {
  readonly plugin: PluginManifest;
  /** The entries of its manifest that it is about. */
  readonly permissions: AskedPermissions;
  /** The same, in plain words, with the author's reasons. */
  readonly words: readonly PermissionInWords[];
  /** Aborted when nobody waits for the answer any more: take the prompt away. */
  readonly signal: AbortSignal;
}

/** Asks the person; resolves with whether it is granted. */
export type AskPermission = (question: PermissionQuestion) => boolean | Promise<boolean>;

/** Options of {@link PermissionAsker}. */
export interface PermissionAskerOptions {
  readonly clock: Pick<Clock, "now">;
  readonly onAsk?: AskPermission | undefined;
  /** The person said yes. */
  readonly onYes: (plugin: string, permissions: Permissions) => void;
  readonly onProblem: (problem: CroftError) => void;
}

interface Asking {
  readonly rate: Rate;
  /** Entries of the manifest that were refused. */
  readonly refused: Set<string>;
  open: boolean;
}

/** See the top of this file. */
export class PermissionAsker {
  readonly #options: PermissionAskerOptions;
  readonly #asking: PerPlugin<Asking>;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: PermissionAskerOptions) {
    this.#options = options;
    this.#asking = new PerPlugin(() => ({
      rate: new Rate(options.clock, 3, 60_000),
      refused: new Set(),
      open: false,
    }));
  }

  /** What a plugin may do, and asking for more, for one activation. */
  open(
    manifest: PluginManifest,
    granted: () => GrantedPermissions,
    ended: AbortSignal,
  ): PluginPermissions {
    const parse = (wanted: Permissions): GrantedPermissions => {
      ended.throwIfAborted();
      return parsePermissions(wanted);
    };
    return {
      has: async (wanted) => areGranted(parse(wanted), granted()),
      request: async (given) => {
        const wanted = parse(given);
        const missing = whatIsNotAsked(wanted, manifest.permissions);
        if (missing !== undefined) throw notAsked(manifest.id, missing);
        return this.#request(manifest, wanted, granted, ended);
      },
    };
  }

  /** A person took something away: that is a refusal, too. */
  refuse({ id, permissions }: PluginManifest, taken: GrantedPermissions): void {
    for (const key of keysOf(askedFor(taken, permissions))) this.#asking.get(id).refused.add(key);
  }

  /** A person granted something: what was refused before counts no more. */
  allow({ id, permissions }: PluginManifest, granted: GrantedPermissions): void {
    const { refused } = this.#asking.get(id);
    for (const key of keysOf(askedFor(granted, permissions))) refused.delete(key);
  }

  async #request(
    manifest: PluginManifest,
    wanted: GrantedPermissions,
    granted: () => GrantedPermissions,
    ended: AbortSignal,
  ): Promise<boolean> {
    const { id } = manifest;
    const { onAsk, onYes, onProblem } = this.#options;
    const isGranted = (): boolean => areGranted(wanted, granted());
    if (isGranted()) return true;
    const needed = missingOf(wanted, granted());
    if (!onAsk || !areOptional(needed, manifest.permissions)) return false;
    const asked = askedFor(needed, manifest.permissions);
    const asking = this.#asking.get(id);
    if (keysOf(asked).some((key) => asking.refused.has(key))) return false;
    if (asking.open) throw tooMuch(id, "A prompt is open already");
    if (!asking.rate.take()) throw tooMuch(id, "There were too many prompts");
    asking.open = true;
    const answer = this.#last.then(async () => {
      ended.throwIfAborted();
      const words = describePermissions(asked);
      const question = { plugin: manifest, permissions: asked, words, signal: ended };
      return unlessAborted((async () => onAsk(question))(), ended);
    });
    // The next prompt comes whatever becomes of this one.
    this.#last = answer.then(
      () => undefined,
      () => undefined,
    );
    try {
      // Only a clear yes is one.
      if ((await unlessAborted(answer, ended)) === true) onYes(id, needed);
      else for (const key of keysOf(asked)) asking.refused.add(key);
    } catch (error) {
      ended.throwIfAborted();
      onProblem(toCroftError(error, "plugin/failed", `Nobody could be asked about ${id}`));
    } finally {
      asking.open = false;
    }
    return isGranted();
  }
}

/** Those of `wanted` that `granted` does not allow. */
function missingOf(wanted: GrantedPermissions, granted: GrantedPermissions): GrantedPermissions {
  return listsOf<GrantKinds>((kind) => {
    const { isWithin } = KINDS[kind];
    return wanted[kind].filter((grant) => !granted[kind].some((given) => isWithin(grant, given)));
  });
}

function keysOf(asked: AskedPermissions): string[] {
  return eachKind((kind) => {
    const { keyOf } = KINDS[kind];
    return asked[kind].map((entry) => `${kind} ${keyOf(entry)}`);
  }).flat();
}
