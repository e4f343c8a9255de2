/** One peer's session at the server: from an open socket to its end, with its use of a workspace. */

import {
  type Admit,
  CloseCode,
  CroftError,
  isTransient,
  type Principal,
  servePeer,
  type Unsubscribe,
} from "@croft/core";
import type { WebSocket } from "ws";
import type { Visit } from "./address-limits.ts";
import type { Authenticate } from "./authenticate.ts";
import type { Log } from "./log.ts";
import { createServerChannel } from "./websocket-channel.ts";
import type { Lease, Workspaces } from "./workspaces.ts";

/** What sessions of a server share. */
export interface SessionContext {
  readonly authenticate: Authenticate;
  readonly workspaces: Workspaces;
  readonly heartbeat: number;
  readonly helloTimeout: number;
  readonly log: Log;
}

/** Where a session comes from. */
export interface SessionSource {
  readonly workspace: string;
  readonly address: string;
  readonly origin: string | undefined;
  /** What its address may do. */
  readonly visit: Visit;
}

/** A running session. */
export interface ServerSession {
  /** Closes it and tells the peer. */
  close(code: CloseCode, reason: string): void;
  /** Resolves when it is over; never rejects. */
  readonly done: Promise<void>;
}

/** Runs a session over `socket`. */
export function startSession(
  socket: WebSocket,
  { workspace, address, origin, visit }: SessionSource,
  context: SessionContext,
): ServerSession {
  const { authenticate, workspaces, log, heartbeat, helloTimeout } = context;
  const channel = createServerChannel(socket);
  let lease: Promise<Lease> | undefined;
  /** Who it is by its last token, and what ends it when that is revoked. */
  let current: Principal | undefined;
  let stopWatch: Unsubscribe | undefined;
  let who: { readonly user: string; readonly agent: string } | undefined;

  const admit: Admit = async (hello) => {
    const verdict = await judge(hello);
    if ("code" in verdict) {
      const { code, reason } = verdict;
      log("warn", "session refused", { workspace, code, reason, agent: hello.agent });
    }
    return verdict;
  };

  const judge: Admit = async ({ workspace: asked, token, agent }) => {
    if (asked !== workspace) {
      return {
        code: CloseCode.forbidden,
        reason: "the greeting is for another workspace than the address",
      };
    }
    const verdict = await authenticate({ workspace, token, address, origin });
    if ("code" in verdict) {
      if (!isTransient(verdict.code)) visit.refused();
      return verdict;
    }
    visit.admitted();
    // Nobody would release the lease of a session that is over.
    if (channel.closed) return { code: CloseCode.lost, reason: "" };
    lease ??= workspaces.acquire(workspace);
    try {
      const { hub, membership } = await lease;
      const { principal } = verdict;
      const refusal = membership.refusalOf(principal);
      if (refusal) return refusal;
      current = principal;
      stopWatch ??= membership.watch(
        () => current ?? principal,
        ({ code, reason }) => peer.dispose(code, reason),
      );
      if (!who) log("info", "session opened", { workspace, user: principal.user, agent });
      who = { user: principal.user, agent };
      return { hub, principal, expiresAt: verdict.expiresAt };
    } catch (error) {
      lease = undefined;
      if (error instanceof CroftError && error.code === "disposed") {
        return { code: CloseCode.restarting, reason: "the server shuts down" };
      }
      // Logged where it failed, once for all who ask.
      return {
        code: CloseCode.failed,
        reason: "this workspace cannot be opened; the server's log says why",
      };
    }
  };

  channel.onClose(({ code, reason }) => {
    visit.left();
    log(who ? "info" : "debug", "session closed", { workspace, user: who?.user, code, reason });
  });
  const peer = servePeer(channel, admit, { heartbeat, helloTimeout });

  async function finish(): Promise<void> {
    await peer.done;
    stopWatch?.();
    const held = await lease?.catch(() => undefined);
    held?.release();
  }

  return {
    close: (code, reason) => peer.dispose(code, reason),
    done: finish(),
  };
}
