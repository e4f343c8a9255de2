/**
 * The life of a peer's session as a pure state machine:
 *
 *     stopped ──start──► connecting ──connected──► greeting ──welcomed──► open
 *        ▲                  ▲   ▲                     │                    │
 *        │ stop (any)       │   └──── retry ──── waiting ◄── closed 45xx, lost ┘
 *        │                  │                     ▲
 *        └── refused ──retry┘ (closed 44xx: waits for new credentials or a person)
 *
 * No I/O and no clock here: `next` says what the new state is, and the session acts on entering.
 */

import { isTransient } from "../protocol/close-code.ts";

/** Where a session stands. */
export type SessionState =
  /** Not started, stopped, or held offline on purpose. */
  | { readonly name: "stopped" }
  | { readonly name: "connecting"; readonly attempt: number }
  /** The channel is open; the hub has not answered the hello yet. */
  | { readonly name: "greeting"; readonly attempt: number }
  | { readonly name: "open" }
  /** Waiting before the next attempt. */
  | {
      readonly name: "waiting";
      readonly attempt: number;
      readonly code: number;
      readonly reason: string;
    }
  /** The hub said no in a way that trying again does not change. */
  | { readonly name: "refused"; readonly code: number; readonly reason: string };

/** What happens to a session. */
export type SessionEvent =
  | { readonly name: "start" }
  | { readonly name: "stop" }
  | { readonly name: "connected" }
  | { readonly name: "welcomed" }
  | { readonly name: "closed"; readonly code: number; readonly reason: string }
  /** The wait is over, the network came back, or there are new credentials. */
  | { readonly name: "retry" };

/** The state after `event`; the same object when nothing changes. */
export function next(state: SessionState, event: SessionEvent): SessionState {
  switch (event.name) {
    case "start":
      return state.name === "stopped" ? { name: "connecting", attempt: 1 } : state;
    case "stop":
      return state.name === "stopped" ? state : { name: "stopped" };
    case "connected":
      return state.name === "connecting" ? { name: "greeting", attempt: state.attempt } : state;
    case "welcomed":
      return state.name === "greeting" ? { name: "open" } : state;
    case "retry":
      if (state.name === "waiting") return { name: "connecting", attempt: state.attempt + 1 };
      return state.name === "refused" ? { name: "connecting", attempt: 1 } : state;
    case "closed":
      return closed(state, event);
  }
}

function closed(
  state: SessionState,
  { code, reason }: { readonly code: number; readonly reason: string },
): SessionState {
  switch (state.name) {
    case "stopped":
    case "waiting":
    case "refused":
      return state;
    case "connecting":
    case "greeting":
    case "open": {
      if (!isTransient(code)) return { name: "refused", code, reason };
      const attempt = state.name === "open" ? 1 : state.attempt;
      return { name: "waiting", attempt, code, reason };
    }
  }
}
