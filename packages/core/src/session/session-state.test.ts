import { describe, expect, it } from "vitest";
import { CloseCode } from "../protocol/close-code.ts";
import { backOff } from "./back-off.ts";
import { next, type SessionEvent, type SessionState } from "./session-state.ts";

type Name = SessionState["name"];
type EventKind = "start" | "stop" | "connected" | "welcomed" | "lost" | "refused" | "retry";

const states: Record<Name, SessionState> = {
  stopped: { name: "stopped" },
  connecting: { name: "connecting", attempt: 3 },
  greeting: { name: "greeting", attempt: 3 },
  open: { name: "open" },
  waiting: { name: "waiting", attempt: 3, code: CloseCode.lost, reason: "" },
  refused: { name: "refused", code: CloseCode.unauthorized, reason: "" },
};
const events: Record<EventKind, SessionEvent> = {
  start: { name: "start" },
  stop: { name: "stop" },
  connected: { name: "connected" },
  welcomed: { name: "welcomed" },
  lost: { name: "closed", code: CloseCode.lost, reason: "gone" },
  refused: { name: "closed", code: CloseCode.unauthorized, reason: "no" },
  retry: { name: "retry" },
};

// Every cell must be there, or this does not compile.
const table: Record<Name, Record<EventKind, Name>> = {
  stopped: {
    start: "connecting",
    stop: "stopped",
    connected: "stopped",
    welcomed: "stopped",
    lost: "stopped",
    refused: "stopped",
    retry: "stopped",
  },
  connecting: {
    start: "connecting",
    stop: "stopped",
    connected: "greeting",
    welcomed: "connecting",
    lost: "waiting",
    refused: "refused",
    retry: "connecting",
  },
  greeting: {
    start: "greeting",
    stop: "stopped",
    connected: "greeting",
    welcomed: "open",
    lost: "waiting",
    refused: "refused",
    retry: "greeting",
  },
  open: {
    start: "open",
    stop: "stopped",
    connected: "open",
    welcomed: "open",
    lost: "waiting",
    refused: "refused",
    retry: "open",
  },
  waiting: {
    start: "waiting",
    stop: "stopped",
    connected: "waiting",
    welcomed: "waiting",
    lost: "waiting",
    refused: "waiting",
    retry: "connecting",
  },
  refused: {
    start: "refused",
    stop: "stopped",
    connected: "refused",
    welcomed: "refused",
    lost: "refused",
    refused: "refused",
    retry: "connecting",
  },
};

describe("the life of a session", () => {
  for (const [state, row] of Object.entries(table) as [Name, Record<EventKind, Name>][]) {
    for (const [event, expected] of Object.entries(row) as [EventKind, Name][]) {
      it(`${state} + ${event} → ${expected}`, () => {
        const before = states[state];
        const after = next(before, events[event]);
        expect(after.name).toBe(expected);
        expect(after === before).toBe(expected === state);
      });
    }
  }

  it("counts attempts while nothing works, and starts over after it worked", () => {
    const waiting = next(states.connecting, events.lost);
    expect(waiting).toMatchObject({ attempt: 3 });
    expect(next(waiting, events.retry)).toEqual({ name: "connecting", attempt: 4 });
    expect(next(states.open, events.lost)).toMatchObject({ attempt: 1 });
    expect(next(states.refused, events.retry)).toEqual({ name: "connecting", attempt: 1 });
  });
});

describe("back-off", () => {
  const low = (length: number): Uint8Array => new Uint8Array(length);
  const high = (length: number): Uint8Array => new Uint8Array(length).fill(255);

  it("doubles up to its bound and is jittered over its upper half", () => {
    expect([1, 2, 3, 20].map((attempt) => backOff(attempt, low))).toEqual([250, 500, 1000, 15_000]);
    expect([1, 2, 3, 20].map((attempt) => backOff(attempt, high))).toEqual([
      500, 1000, 2000, 30_000,
    ]);
    expect(backOff(1_000_000, high, { first: 10, max: 50 })).toBe(50);
  });
});
