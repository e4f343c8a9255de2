/** After a history: ends all faults, waits until everything is at rest, and checks the invariants. */

import * as Y from "yjs";
import { parseDocPath } from "../../doc-path.ts";
import type { DocumentHandle } from "../../replica/document-handle.ts";
import { isOnDisk, isQuarantined, isRefusedAsDeleted, subtreeOn, type Typed } from "./ledger.ts";
import { PLUGIN_GRANTS } from "./sim-device.ts";
import { mayBeLost } from "./steps.ts";
import { ENOUGH, type Fault, PATHS } from "./profile.ts";
import type { World } from "./world.ts";

/** Longest time until everything must be at rest, in milliseconds. */
const PATIENCE = 400_000;

/** Ends all faults. */
export async function heal(world: World): Promise<void> {
  const { server, devices } = world;
  world.note("all faults end");
  world.mallory?.leave();
  for (const faults of [server.faults, ...devices.map((device) => device.faults)]) {
    faults.commit = undefined;
    faults.lostAnswers = 0;
    faults.failingReads = 0;
    faults.slowness = 2;
  }
  for (const wire of world.wires) wire.release();
  world.healed = true;
  if (isTold(world)) await tellOutcomes(world);
  for (const { user } of devices) server.limit(user, undefined);
  server.start({ recovering: server.restored });
  for (const device of devices) {
    device.grantPlugin(PLUGIN_GRANTS);
    device.signedOut = false;
    device.paused = false;
    for (const { process } of device.tabs) if (process.frozen) process.thaw();
  }
  await world.time.advance(5_000);
  for (const device of devices) {
    // Who lost the lead says so, and its person loads the tab anew.
    for (const tab of device.tabs) if (tab.led && tab !== device.leader) device.killTab(tab);
    if (!device.leader) device.openTab();
    for (const tab of device.tabs) tab.openLate();
    device.device?.sync.resume();
    device.device?.sync.retry();
  }
}

/** Faults after which a person need not be told at once what became of an edit. */
const SILENT: readonly Fault[] = [
  ...["steal", "freeze", "tab-kill", "device-crash", "clone", "evict", "restore"],
  ...["delete", "disk-full", "retry", "token"],
] as const satisfies readonly Fault[];

function isTold({ profile }: World): boolean {
  return profile.faults.includes("rights") && !profile.faults.some((each) => SILENT.includes(each));
}

/** SYNC rule 22: outcomes are told whatever may be read or written now. */
async function tellOutcomes(world: World): Promise<void> {
  world.server.start();
  for (const device of world.devices) {
    device.paused = false;
    device.device?.sync.resume();
  }
  await world.time.advance(60_000);
  for (const { told, orphaned, value, path } of world.ledger.typed.values()) {
    if (told || orphaned) continue;
    world.fail(`[22] nobody was told what became of ${value.slice(0, 8)} in ${path}`);
  }
}

/** Waits until everything is at rest. */
export async function rest(world: World): Promise<void> {
  const until = world.time.now + PATIENCE;
  let why = restless(world);
  while (why !== "" && world.time.now < until) {
    await world.time.advance(500);
    why = restless(world);
  }
  if (why !== "") {
    world.fail(`[1] not at rest: ${why}`);
    return;
  }
  // What was put off may still come, once.
  await world.time.advance(60_000);
  const { commits } = world;
  await world.time.advance(60_000);
  if (world.commits > commits)
    world.fail(`[1] ${world.commits - commits} commits while all was at rest`);
  const again = restless(world);
  if (again !== "") world.fail(`[1] not at rest any more: ${again}`);
}

function restless(world: World): string {
  for (const [name, handle] of allHandles(world)) {
    const { path, state } = handle;
    const { live, saved, waiting, error } = state;
    if (live && saved === "server" && waiting === 0 && !error) continue;
    return `${name} ${path}: ${JSON.stringify(state)}`;
  }
  for (const path of PATHS) {
    const contents = new Map<string, string>();
    for (const [name, handle] of allHandles(world)) {
      if (handle.path === path) contents.set(contentOf(handle.doc), name);
    }
    const shown = [...contents].map(([content, name]) => `${name}: ${content.slice(0, 300)}`);
    if (shown.length > 1) return `${path} differs: ${shown.join(" | ")}`;
  }
  return unlisted(world);
}

/** Whether a device does not know which documents there are, or has not fetched what it follows. */
function unlisted({ server, devices }: World): string {
  const there = new Map(
    [...server.disk.documents.values()]
      .filter(({ record }) => record.head > 0)
      .map(({ record: { path, epoch, head, headTag } }) => [path, `${epoch} ${head} ${headTag}`]),
  );
  const show = (rows: readonly (readonly [string, string])[]): string =>
    rows
      .map((row) => row.join(" "))
      .toSorted()
      .join(", ");
  const wanted = show([...there]);
  for (const { name, disk, follows, budget } of devices) {
    const listed = show(
      [...disk.listing.values()].map(({ path, epoch, head, tag }) => {
        return [path, `${epoch} ${head} ${tag}`];
      }),
    );
    if (listed !== wanted) return `${name} lists ${listed}, and there is ${wanted}`;
    if (!follows) continue;
    const here = [...disk.documents.values()].filter(({ record }) => record.upstream?.cursor);
    const rows = here.map(({ record: { path, upstream } }) => {
      const { epoch, seq, tag } = upstream?.cursor ?? {};
      return [path, `${epoch} ${seq} ${tag}`] as const;
    });
    const bytes = here.reduce(
      (sum, { record: { logBytes, snapshotBytes } }) => sum + logBytes + snapshotBytes,
      0,
    );
    // What is in the quarantine keeps its document.
    if (bytes > budget && disk.quarantine.size === 0)
      return `${name} has ${bytes} bytes, and may have ${budget}`;
    // Of what there is it has as much as fits.
    const isSame = rows.every(([path, at]) => there.get(path) === at);
    if (isSame && budget < ENOUGH) continue;
    const fetched = show(rows);
    if (fetched !== wanted) return `${name} has ${fetched}, and there is ${wanted}`;
  }
  return "";
}

function allHandles(world: World): readonly (readonly [string, DocumentHandle])[] {
  return world.devices.flatMap(({ name, tabs }) =>
    tabs.flatMap(({ handles }) => handles.map((handle) => [name, handle] as const)),
  );
}

/** Checks the invariants of a world at rest; it ends with all processes started anew. */
export async function check(world: World): Promise<void> {
  const final = new Map<string, string>();
  for (const path of PATHS) {
    const handle = allHandles(world).find(([, each]) => each.path === path)?.[1];
    if (!handle) continue;
    final.set(path, contentOf(handle.doc));
    checkList(world, path, handle.doc.getArray<string>("list").toArray());
  }
  for (const [name, { path, doc }] of allHandles(world)) {
    if (doc.store.pendingStructs || doc.store.pendingDs)
      world.fail(`[1] ${name} waits for something in ${path}`);
  }
  checkLog(world);
  await checkFresh(world, final);
  await checkOffline(world, final);
}

/** Invariant 3, and that nothing is there twice. */
function checkList(world: World, path: string, list: readonly string[]): void {
  const { ledger, devices, server } = world;
  const found = new Set<string>();
  for (const value of list) {
    // Of a quarantine that was copied each copy can be put back.
    const copied = world.blurred && ledger.find(value)?.retried;
    if (found.has(value) && !copied) world.fail(`[1] ${value.slice(0, 8)} is twice in ${path}`);
    found.add(value);
  }
  for (const typed of ledger.typed.values()) {
    if (typed.path !== path) continue;
    const quarantined = devices.some(({ disk }) => isQuarantined(disk, typed.value));
    if (isRefusedKnowing(world, typed))
      world.fail(
        `[17] ${typed.value.slice(0, 8)} was refused in ${path}, whose deletion ${typed.device} knew of`,
      );
    if (found.has(typed.value)) {
      if (typed.unaware && !typed.retried && world.restores === 0)
        world.fail(
          `[17] ${typed.value.slice(0, 8)} is in ${path}, which was deleted after it was stored`,
        );
      if (quarantined && !typed.diskLost && !world.blurred)
        world.fail(`[3] ${typed.value.slice(0, 8)} was refused and is in ${path}`);
      continue;
    }
    if (quarantined || mayBeLost(world, typed)) continue;
    world.fail(
      `[3] ${typed.value.slice(0, 8)} of ${typed.device}, which was at level ${typed.level}, is nowhere ` +
        `(server's disk: ${String(isOnDisk(server.disk, path, typed.value))})`,
    );
  }
  for (const { value, level, path: where } of ledger.erased) {
    if (where !== path || level !== "server" || world.restores > 0 || !found.has(value)) continue;
    // Put back from a quarantine that held it and not its deletion.
    if (ledger.find(value)?.retried) continue;
    world.fail(`[3] ${value.slice(0, 8)} is back in ${path}, though its deletion was saved`);
  }
}

/** Whether an edit was refused because of a deletion that its device knew of. */
function isRefusedKnowing(
  { devices, deletedAt, server, restores, profile }: World,
  typed: Typed,
): boolean {
  const { knows, path, at, diskLost, value } = typed;
  // Past a full disk it was not the device that submitted it.
  if (knows === undefined || restores > 0 || diskLost || profile.faults.includes("disk-full")) {
    return false;
  }
  if (knows !== subtreeOn(server.disk)?.tombstone || (deletedAt.get(path) ?? 0) >= at) return false;
  return devices.some(({ disk }) => isRefusedAsDeleted(disk, value));
}

/** No submission is in the server's log twice. */
function checkLog(world: World): void {
  for (const [path, { entries }] of world.server.disk.documents) {
    const seen = new Set<string>();
    for (const { writer, n } of entries.values()) {
      const submission = `${n} of ${writer}`;
      if (n > 0 && seen.has(submission)) {
        world.fail(`[1] submission ${submission} is twice in the log of ${path}`);
      }
      seen.add(submission);
    }
  }
}

/** Invariants 1 and 2: what a new device gets of a server that was killed is what all others show. */
async function checkFresh(world: World, final: ReadonlyMap<string, string>): Promise<void> {
  world.server.start();
  const reader = world.addDevice("reader", "reader");
  const tab = reader.openTab();
  await world.time.advance(20_000);
  compare(world, tab.handles, final, "a new device");
  reader.crash();
}

/** Invariant 7: offline, after a crash, every device shows what it showed. */
async function checkOffline(world: World, final: ReadonlyMap<string, string>): Promise<void> {
  world.server.stop();
  for (const device of world.devices) {
    if (device.name === "reader") continue;
    device.crash();
    device.follows = false;
    device.openTab();
  }
  await world.time.advance(5_000);
  for (const device of world.devices) {
    const [tab] = device.tabs;
    const { disk, budget } = device;
    const isHere = ({ path }: DocumentHandle): boolean =>
      budget === ENOUGH || (disk.documents.get(parseDocPath(path))?.record.head ?? 0) > 0;
    if (tab) compare(world, tab.handles.filter(isHere), final, `${device.name}, offline`);
    device.crash();
  }
}

function compare(
  world: World,
  handles: readonly DocumentHandle[],
  final: ReadonlyMap<string, string>,
  who: string,
): void {
  for (const { path, doc } of handles) {
    const shown = contentOf(doc);
    const wanted = final.get(path);
    if (shown !== wanted)
      world.fail(`[7] ${who} shows of ${path} ${shown.slice(0, 300)} | ${wanted?.slice(0, 300)}`);
  }
}

/** Everything that a document shows, and how far it is. */
function contentOf(doc: Y.Doc): string {
  const vector = [...Y.decodeStateVector(Y.encodeStateVector(doc))].toSorted(([a], [b]) => a - b);
  const list = doc.getArray<string>("list").toArray();
  return JSON.stringify([
    list.map((value) => value.slice(0, 8)),
    doc.getText("body").toDelta(),
    Object.entries(doc.getMap("map").toJSON()).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    vector,
  ]);
}
