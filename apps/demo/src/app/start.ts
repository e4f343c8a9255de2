/**
 * Opens the demo once for this window, whatever React does: effects run twice in development, and a
 * store that is opened twice pushes itself out.
 */

import { type CroftError, toCroftError } from "@croft/core";
import { loadGuest } from "../people/guest.ts";
import { type Demo, openDemo, WORKSPACE } from "./open-demo.ts";
import type { SessionRequest } from "./session.ts";
import { takeStoreSlot } from "./store-slot.ts";

/** What became of the start. */
export type Start =
  | { readonly name: "opening" }
  | { readonly name: "open"; readonly demo: Demo; readonly store: string }
  | { readonly name: "failed"; readonly error: CroftError; readonly store: string | undefined };

let running: Promise<Start> | undefined;

/** Starts the demo, or joins the start that is under way. */
export function start(): Promise<Start> {
  running ??= run();
  return running;
}

async function run(): Promise<Start> {
  let store: string | undefined;
  try {
    const request: SessionRequest = { user: loadGuest(localStorage).id, access: wantedAccess() };
    ({ name: store } = await takeStoreSlot(`croft/${WORKSPACE}/${request.user}`));
    return { name: "open", demo: await openDemo(request, store), store };
  } catch (error) {
    const failed = toCroftError(error, "store/failed", "The demo could not start");
    return { name: "failed", error: failed, store };
  }
}

/** `?access=read` shows the demo as somebody who may not write sees it. */
function wantedAccess(): SessionRequest["access"] {
  const wanted = new URLSearchParams(location.search).get("access");
  return wanted === "read" || wanted === "none" ? wanted : "write";
}
