/** Replicas in the server's own process: programs beside the server read and edit documents as everybody does. */

import {
  CloseCode,
  createMemoryChannelPair,
  createReplica,
  CroftError,
  type Disposable,
  type Principal,
  type Replica,
  servePeer,
  type Unsubscribe,
} from "@croft/core";
import { parseGrant } from "./grant-text.ts";
import { withCredential } from "./membership/credential.ts";
import { isUserId } from "./token.ts";
import { isWorkspaceName } from "./workspace-name.ts";
import type { Lease, Workspaces } from "./workspaces.ts";

/** Who a replica of {@link CroftServer.open} is. */
export interface OpenAs {
  /** The user whose name is on what it changes. */
  readonly user: string;
  /** What it may do. Default: `["**:write"]`, which is everything but other users' `app/users` documents. */
  readonly grants?: readonly string[] | undefined;
  /**
   * Whether the user must be a member where membership decides (`access: "members"`), and may do no more than the member. With
   * `false` it is a program of your own, for which the grants alone count. Default: true.
   */
  readonly member?: boolean | undefined;
}

/** See the top of this file. */
export class LocalReplicas implements Disposable {
  readonly #workspaces: Workspaces;
  readonly #open = new Set<Replica>();
  #disposed = false;

  constructor(workspaces: Workspaces) {
    this.#workspaces = workspaces;
  }

  /**
   * Opens a replica. It goes on when the workspace's store was lost and comes back.
   *
   * @throws CroftError `input/invalid`; `disposed`; `store/…` when the workspace cannot be opened.
   */
  async open(workspace: string, as: OpenAs): Promise<Replica> {
    if (!isWorkspaceName(workspace))
      throw invalid(`Invalid workspace ${JSON.stringify(workspace)}.`);
    if (!isUserId(as.user)) throw invalid(`Invalid user ${JSON.stringify(as.user)}.`);
    const grants = (as.grants ?? ["**:write"]).map(parseGrant);
    const facts = { exempt: as.member === false, issuedAt: Date.now() };
    const principal = withCredential({ user: as.user, grants }, facts);
    return this.join(workspace, principal);
  }

  /** The same for whom was let in already. */
  async join(workspace: string, principal: Principal): Promise<Replica> {
    // Says why at once, where a session would try again and again.
    const first = await this.#workspaces.acquire(workspace);
    try {
      if (this.#disposed) throw new CroftError("disposed", "The server is shutting down.");
      const replica = createReplica({
        workspace,
        agent: "croft-server",
        connect: async () => this.#connect(workspace, principal),
      });
      // Whoever opened them disposes them; those that are left end with the server.
      for (const other of this.#open)
        if (other.session.name === "stopped") this.#open.delete(other);
      this.#open.add(replica);
      return replica;
    } finally {
      first.release();
    }
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await Promise.all([...this.#open].map((replica) => replica.dispose()));
  }

  #connect(workspace: string, principal: Principal): ReturnType<typeof createMemoryChannelPair>[0] {
    const [near, far] = createMemoryChannelPair();
    let lease: Promise<Lease> | undefined;
    let stopWatch: Unsubscribe | undefined;
    const peer = servePeer(far, async () => {
      try {
        lease ??= this.#workspaces.acquire(workspace);
        const { hub, membership } = await lease;
        const refusal = membership.refusalOf(principal);
        if (refusal) return refusal;
        stopWatch ??= membership.watch(
          () => principal,
          ({ code, reason }) => peer.dispose(code, reason),
        );
        return { hub, principal };
      } catch {
        lease = undefined;
        // Logged where it failed, once for all who ask.
        return { code: CloseCode.failed, reason: "this workspace cannot be opened" };
      }
    });
    void peer.done.then(async () => {
      stopWatch?.();
      // It may come after the session is over.
      (await lease?.catch(() => undefined))?.release();
    });
    return near;
  }
}

function invalid(message: string): CroftError {
  return new CroftError("input/invalid", message, {
    hint: "Use letters, digits and simple punctuation.",
  });
}
