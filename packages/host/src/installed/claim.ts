/**
 * Who changes a plugin's documents as a whole: one device at a time. Each adds a claim to the plugin's record, waits until the
 * server has it, and looks: whoever finds no other claim has it. The server puts claims in an order, and who comes second sees the
 * first when the own one is acknowledged; so two never have it, and where both see each other nobody does and they try again.
 */

import { createTag, CroftError } from "@croft/core";
import type { InstalledList } from "./installed-list.ts";
import type { Reached } from "./reach-server.ts";

/** How long a device may take, in milliseconds. */
export const CLAIM_MS = 300_000;
/** When another one goes on in its place. Longer, since clocks differ. */
export const LAPSED_MS: number = 2 * CLAIM_MS;

/** A claim on a plugin's documents. */
export interface Claim {
  readonly id: string;
  /** The data version that they are to be brought to. */
  readonly to: number;
  /** Milliseconds since 1970, by the clock of who made it. */
  readonly at: number;
}

/** A claim that is held. */
export interface HeldClaim extends Claim {
  /** @throws ClaimedError when it is held no more, or for too long to go on. */
  mustHold(): void;
  /** From here on somebody has to end what is begun: when this fails, the claim stays, for who takes over. */
  begin(): void;
  /** Nothing is half done. */
  end(): void;
}

/** Thrown by {@link withClaim} while somebody else is at it. */
export class ClaimedError extends Error {}

/** Does something that one device at a time may do. */
export async function withClaim(
  list: InstalledList,
  {
    plugin,
    to,
    reached,
    takeOver,
  }: {
    readonly plugin: string;
    readonly to: number;
    readonly reached: Reached;
    /** Ends what a device began that is gone. */
    readonly takeOver: (claim: Claim) => Promise<void>;
  },
  work: (claim: HeldClaim) => Promise<void>,
): Promise<void> {
  await reached.caughtUp(list.shared);
  const claims = (): readonly Claim[] => readClaims(list.get(plugin).claims);
  const lapsed = claims();
  for (const { id, at } of lapsed) {
    if (at + LAPSED_MS > list.clock.now() && !list.unfinished.has(id)) throw new ClaimedError();
  }
  const claim: Claim = { id: createTag(), to, at: list.clock.now() };
  const drop = (dropped: Claim): void => {
    if (list.installed.has(plugin)) list.set(plugin, "claims").delete(memberOfClaim(dropped));
  };
  let isBegun = false;
  list.set(plugin, "claims").add(memberOfClaim(claim));
  try {
    await reached.saved(list.shared);
    const others = claims().filter(({ id }) => id !== claim.id);
    if (others.some(({ id }) => !lapsed.some((each) => each.id === id))) throw new ClaimedError();
    for (const each of lapsed) {
      await takeOver(each);
      drop(each);
    }
    await work({
      ...claim,
      mustHold() {
        const held = list.installed.get(plugin)?.claims.has(memberOfClaim(claim)) === true;
        if (!held || list.clock.now() > claim.at + CLAIM_MS) throw new ClaimedError();
      },
      begin() {
        isBegun = true;
      },
      end() {
        isBegun = false;
      },
    });
  } finally {
    if (isBegun) list.unfinished.add(claim.id);
    else drop(claim);
  }
  await reached.saved(list.shared);
}

/** The claims on a plugin's documents that count now, and until when. */
export function activeClaims(
  members: ReadonlySet<string>,
  now: number,
): readonly { readonly until: number }[] {
  return readClaims(members)
    .map(({ at }) => ({ until: at + LAPSED_MS }))
    .filter(({ until }) => until > now);
}

function memberOfClaim({ id, to, at }: Claim): string {
  return `${id} ${to} ${at}`;
}

function readClaims(members: ReadonlySet<string>): readonly Claim[] {
  return [...members].map((member) => {
    const [id = "", to, at] = member.split(" ");
    return { id, to: Number(to) || 1, at: Number(at) || 0 };
  });
}

/** Whether an error says that it is not this device's turn, or that the server is not there: it is tried again then. */
export function whatItWaitsFor(error: unknown): "turn" | "server" | undefined {
  if (error instanceof ClaimedError) return "turn";
  return error instanceof CroftError && error.code === "link/offline" ? "server" : undefined;
}
