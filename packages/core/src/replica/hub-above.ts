/**
 * The way past a hub whose disk is full: a session straight to the hub above it, under a writer
 * that lives in this replica's memory (SYNC rule 3: what is not stored here may not go up under the
 * store's writer). Started when a document asks for it, stopped when none needs it.
 */

import type { Connect } from "../channel/channel.ts";
import type { Clock } from "../clock.ts";
import type { DocPath } from "../doc-path.ts";
import { createEmitter, type Unsubscribe } from "../emitter.ts";
import { createWriterId, type RandomBytes } from "../ids.ts";
import type { BackOffOptions } from "../session/back-off.ts";
import { type ClientSession, createClientSession } from "../session/client-session.ts";
import type { Lane, LaneHandler } from "../session/lane.ts";
import type { HubWay } from "./document-lane.ts";

/** How a replica gets past its hub. */
export interface HubAboveOptions {
  /** Opens the channel to the hub above. */
  readonly connect: Connect;
  readonly token?: (() => string | Promise<string>) | undefined;
  readonly backOff?: BackOffOptions | undefined;
  /**
   * `wanted` while the hub cannot store and the hub above can be reached, `forbidden` while nothing
   * may go there: the person has chosen to be offline.
   */
  readonly need: () => "wanted" | "not-wanted" | "forbidden";
  /** Tells when {@link HubAboveOptions.need} may answer otherwise. */
  readonly onNeed: (listener: () => void) => Unsubscribe;
}

/** The hub above, as documents see it. */
export interface HubAbove extends HubWay {
  /** Whether a document that its hub cannot store should go there now; asking starts the session. */
  ask(): boolean;
  /** Whether the hub below cannot store. */
  readonly wanted: boolean;
  onChange(listener: () => void): Unsubscribe;
  dispose(): void;
}

/** Creates a {@link HubAbove}. */
export function createHubAbove(
  options: HubAboveOptions,
  program: {
    readonly workspace: string;
    readonly agent: string;
    readonly clock: Clock;
    readonly random: RandomBytes;
  },
): HubAbove {
  const changes = createEmitter<void>();
  let session: ClientSession | undefined;
  let lanes = 0;
  let asked = false;
  const open = (): ClientSession => {
    if (session) return session;
    const writer = createWriterId(program.random);
    session = createClientSession({
      ...program,
      connect: options.connect,
      token: options.token,
      backOff: options.backOff,
      writer: () => writer,
    });
    session.onState(() => changes.emit());
    return session;
  };
  const follow = (): void => {
    const need = options.need();
    if (need !== "wanted") asked = false;
    const used = need !== "forbidden" && (lanes > 0 || asked);
    if (used) open().start();
    else session?.stop();
  };
  const stop = options.onNeed(() => {
    follow();
    // The device's own session may have new credentials since this one was refused.
    if (session?.state.name === "refused") session.retry();
    changes.emit();
  });
  return {
    get wanted() {
      return options.need() === "wanted";
    },
    get hasRoom() {
      return session?.hasRoom ?? false;
    },
    ask() {
      if (options.need() !== "wanted") return false;
      asked = true;
      follow();
      return session?.state.name === "open";
    },
    attach(path: DocPath, handler: LaneHandler): Lane {
      lanes++;
      const lane = open().attach(path, handler);
      let closed = false;
      return {
        ...lane,
        close() {
          if (closed) return;
          closed = true;
          lane.close();
          lanes--;
          follow();
        },
      };
    },
    onChange: (listener) => changes.on(listener),
    dispose() {
      stop();
      changes.clear();
      session?.dispose();
    },
  };
}
