/** The steps of a history: what they are, how they are drawn, and what each does to a world. */

import type * as Y from "yjs";
import { type Dice, pick } from "../random-edits.ts";
import { copyDisk, grants } from "../rig.ts";
import { holds, isOnDisk, isQuarantined, subtreeOn, type Typed } from "./ledger.ts";
import { isUnder, parseDocPath } from "../../doc-path.ts";
import { type Fault, LATE_PATH, PATHS, type Profile, SUBTREE } from "./profile.ts";
import { PLUGIN_GRANTS, type SimDevice, type SimTab } from "./sim-device.ts";
import type { World } from "./world.ts";

/** What was edited longer ago, in milliseconds, is stored, or its tab says that it is not. */
const LONG_AGO = 3_000;

/** What people do, faults or not. */
const WORK = [
  "type",
  "type",
  "type",
  "erase",
  "write",
  "set",
  "reopen",
  "pause",
  "resume",
  "tab",
] as const;

/** One step. Its numbers choose among what there is at that moment, so that any step can be left out. */
export interface Step {
  readonly kind: (typeof WORK)[number] | Fault;
  readonly device: number;
  readonly a: number;
  readonly b: number;
  /** How long to wait after it, in milliseconds. */
  readonly wait: number;
}

/** Draws the steps of a history. */
export function drawSteps(dice: Dice, { steps, faults }: Profile): readonly Step[] {
  return Array.from({ length: steps }, (): Step => {
    const kind = dice(100) < 60 ? pick(dice, WORK) : pick(dice, faults);
    const wait = pick(dice, [0, 0, 1, 3, 10, 50, 400, 3_000, dice(20) === 0 ? 60_000 : 5]);
    return { kind, device: dice(6), a: dice(1 << 16), b: dice(1 << 16), wait };
  });
}

/** Does a step. What is not possible now does nothing. */
export function take(world: World, step: Step): void {
  const { devices, server } = world;
  const device = at(devices, step.device);
  if (!device) return;
  const tab = at(
    device.tabs.filter(({ process }) => process.runs),
    step.a,
  );
  const wire = at(world.wires, step.b);
  const say = (what: string): void => world.note(what);
  switch (step.kind) {
    case "type":
    case "erase":
    case "write":
    case "set":
      if (tab) edit(world, device, tab, step);
      break;
    case "reopen":
      if (tab && step.b % 3 === 0 && tab.openLate()) say(`${device.name} opens ${LATE_PATH}`);
      else if (tab && tab.handles.length > 0) {
        say(`${device.name} closes and opens a document`);
        tab.reopen(step.b % tab.handles.length);
      }
      break;
    case "pause":
      say(`${device.name} goes offline`);
      device.paused = true;
      device.device?.sync.pause();
      break;
    case "resume":
      say(`${device.name} goes online`);
      device.paused = false;
      device.device?.sync.resume();
      break;
    case "tab":
      if (device.tabs.length < 3) {
        say(`${device.name} opens a tab`);
        device.openTab();
      }
      break;
    case "cut":
      say("a connection is cut");
      wire?.cut();
      break;
    case "half-cut":
      say("a connection is lost on one side");
      wire?.halfCut(step.a % 5_000);
      break;
    case "hold":
      say(`a connection is silent ${step.a % 2 === 0 ? "up" : "down"}`);
      if (step.a % 4 < 3) wire?.hold(step.a % 2 === 0 ? "up" : "down");
      else for (const each of world.wires) each.release();
      break;
    case "server-crash":
      if (world.profile.nodes > 1 && step.a % 4 > 0) {
        say("a process of the server crashes and starts again");
        server.restartOne(step.b, { recovering: server.restored });
        break;
      }
      say("the server crashes and starts again");
      server.start({ recovering: server.restored });
      break;
    case "device-crash":
      say(`${device.name} crashes and starts again`);
      device.crash();
      device.openTab();
      break;
    case "tab-kill":
      if (!tab) break;
      say(`a tab of ${device.name} is killed${device.leader === tab ? ", which led" : ""}`);
      device.killTab(tab);
      if (device.tabs.length === 0) device.openTab();
      break;
    case "freeze": {
      const frozen = device.tabs.find(({ process }) => process.frozen);
      say(`a tab of ${device.name} ${frozen ? "wakes up" : "freezes"}`);
      if (frozen) frozen.process.thaw();
      else tab?.process.freeze();
      break;
    }
    case "steal": {
      const thief = device.tabs.find((each) => !each.led && each.process.runs);
      // Who opens the store last leads: two at once would leave that open.
      if (!thief || !device.device) break;
      say(`a tab of ${device.name} takes the lead from another`);
      device.lead(thief);
      break;
    }
    case "lost-answer": {
      const faults = step.a % 2 === 0 ? server.faults : device.faults;
      say(
        `the next answer of the disk of ${faults === server.faults ? "the server" : device.name} is lost`,
      );
      faults.lostAnswers = 1;
      break;
    }
    case "failing-read": {
      const faults = step.a % 2 === 0 ? server.faults : device.faults;
      say(`the next read of ${faults === server.faults ? "the server" : device.name} fails`);
      faults.failingReads = 1;
      break;
    }
    case "disk-full": {
      const faults = step.a % 4 === 0 ? server.faults : device.faults;
      faults.commit = faults.commit ? undefined : step.b % 4 === 0 ? "store/failed" : "store/full";
      say(
        `the disk of ${faults === server.faults ? "the server" : device.name}: ${faults.commit ?? "well again"}`,
      );
      break;
    }
    case "slow-disk": {
      const faults = step.a % 2 === 0 ? server.faults : device.faults;
      faults.slowness = faults.slowness > 2 ? 2 : 500;
      say(
        `the disk of ${faults === server.faults ? "the server" : device.name} takes ${faults.slowness} ms`,
      );
      break;
    }
    case "rights": {
      const limit = pickBy(step.b, [
        undefined,
        "**:read",
        "**:none",
        "notes/a:none **:write",
        "notes/**:read",
      ]);
      say(`${device.user} may ${limit ?? "do everything"}`);
      // Now and then just while an edit is on its way.
      if (tab && step.a % 2 === 0) edit(world, device, tab, { ...step, kind: "type" });
      world.time.schedule(step.a % 2 === 0 ? step.a % 9 : 0, () => {
        if (!world.healed)
          server.limit(device.user, limit === undefined ? undefined : grants(...limit.split(" ")));
      });
      break;
    }
    case "plugin-rights": {
      const texts = pickBy(step.b, [PLUGIN_GRANTS, "notes/**:read", "notes/**:none"]);
      say(`the plugin of ${device.name} may ${texts}`);
      device.grantPlugin(texts);
      break;
    }
    case "token":
      device.signedOut = !device.signedOut;
      say(`${device.name} is signed ${device.signedOut ? "out" : "in"}`);
      if (!device.signedOut) device.device?.sync.retry();
      break;
    case "clone":
      if (devices.length > 4) break;
      say(`the profile of ${device.name} is copied to another device`);
      cloneOf(world, device).openTab();
      break;
    case "evict":
      say(`the database of ${device.name} is lost`);
      for (const typed of world.ledger.typed.values())
        if (typed.device === device.name) typed.diskLost = true;
      device.crash();
      device.disk = emptied(device);
      device.openTab();
      break;
    case "restore":
      if (server.backups.length === 0 || step.a % 3 === 0) {
        say("the server is backed up");
        server.backUp();
      } else restore(world, step.b);
      break;
    case "delete":
      if (step.b % 3 === 0) deleteOne(world, step.a);
      else deleteSubtree(world);
      // Now and then who has heard of it goes on in a document that was never opened there.
      if (step.a % 4 === 0) world.time.schedule(1_000, () => goOnOffline(world, device));
      break;
    case "retry":
      retryOne(world, device, step.a);
      break;
    case "compact":
      say(`${device.name} pastes a lot`);
      if (tab) paste(world, tab, step.b);
      break;
    case "mallory":
      world.mallory?.act(step.a, step.b);
      break;
  }
}

/** Whether a device has nothing of a document, shown, stored or under way: on top of that, an edit is of the life in which it was made. */
function isClean({ time }: World, { disk, tabs, editedAt }: SimDevice, path: string): boolean {
  const stored = disk.documents.get(parseDocPath(path));
  if (stored && (stored.snapshot || stored.entries.size > 0)) return false;
  if (time.now - (editedAt.get(path) ?? Number.NEGATIVE_INFINITY) < LONG_AGO) return false;
  return tabs
    .flatMap(({ handles }) => handles.filter((handle) => handle.path === path))
    .every(
      ({ doc, state }) =>
        state.saved === "server" && state.waiting === 0 && doc.store.clients.size === 0,
    );
}

function edit(world: World, device: SimDevice, tab: SimTab, { kind, a, b }: Step): void {
  const { ledger } = world;
  const handle = at(tab.handles, b);
  if (!handle) return;
  const { doc, path } = handle;
  const list = doc.getArray<string>("list");
  switch (kind) {
    case "type": {
      const knows = isClean(world, device, path) ? subtreeOn(device.disk)?.tombstone : undefined;
      const size = a % 61 === 0 ? 70_000 : 0;
      const typed = ledger.type(path, device.name, { size, knows, at: world.time.now });
      world.note(`${device.name} puts ${typed.value.slice(0, 8)} into ${path}`);
      tab.typed.push(typed);
      tab.say(path);
      list.insert(a % (list.length + 1), [typed.value]);
      const { disk } = device;
      // Kept whatever becomes of the handle: it is what the person was told.
      handle.saved("device").then(
        () => {
          if (typed.level === "memory") typed.level = "device";
          const { value } = typed;
          if (
            typed.deleted ||
            isOnDisk(device.disk, path, value) ||
            isOnDisk(world.server.disk, path, value)
          )
            return;
          if (disk === device.disk && !isQuarantined(disk, value))
            world.fail(
              `[2] ${value.slice(0, 8)} was told to be on ${device.name}, where it is not`,
            );
        },
        () => undefined,
      );
      handle.saved("server").then(
        () => {
          typed.told = true;
          typed.level = "server";
          // What the server had may be gone again before this is heard.
          if (typed.deleted || world.restores > 0 || isOnDisk(world.server.disk, path, typed.value))
            return;
          world.fail(
            `[2] ${typed.value.slice(0, 8)} was told to be at the server, where it is not`,
          );
        },
        () => {
          typed.told = true;
        },
      );
      break;
    }
    case "erase": {
      if (list.length === 0) return;
      const index = a % list.length;
      const typed = ledger.find(list.get(index));
      world.note(`${device.name} erases ${list.get(index).slice(0, 8)} from ${path}`);
      list.delete(index, 1);
      if (typed) {
        typed.deleted = true;
        const erased = ledger.erase(typed.value, path);
        handle.saved("server").then(
          () => {
            erased.level = "server";
          },
          () => undefined,
        );
      }
      break;
    }
    case "write":
      world.note(`${device.name} writes in ${path}`);
      write(doc.getText("body"), a, b);
      break;
    default:
      world.note(`${device.name} sets a key in ${path}`);
      doc.getMap("map").set(`k${a % 3}`, b);
  }
  device.editedAt.set(path, world.time.now);
}

function write(text: Y.Text, a: number, b: number): void {
  const index = a % (text.length + 1);
  if (b % 3 === 0 && text.length > index) text.delete(index, Math.min(3, text.length - index));
  else if (b % 3 === 1 && text.length > index)
    text.format(index, 1, { bold: a % 2 === 0 ? true : null });
  else text.insert(index, "abcdefgh".slice(0, 1 + (b % 7)));
}

function paste({ time }: World, tab: SimTab, b: number): void {
  const handle = at(tab.handles, b);
  if (!handle) return;
  tab.device.editedAt.set(handle.path, time.now);
  // As many and as large as make hubs compact.
  for (let i = 0; i < 520; i++) handle.doc.getMap("map").set("big", `${i}${"y".repeat(80)}`);
}

function cloneOf(world: World, device: SimDevice): SimDevice {
  for (const typed of world.ledger.typed.values())
    if (typed.device === device.name) typed.diskLost = true;
  const { user, follows, budget, disk } = device;
  return world.addDevice(`${device.name}'`, user, { disk: copyDisk(disk), follows, budget });
}

function emptied(device: SimDevice): SimDevice["disk"] {
  const disk = copyDisk(device.disk);
  disk.documents.clear();
  disk.bindings.clear();
  disk.quarantine.clear();
  disk.listing.clear();
  disk.meta.clear();
  return disk;
}

function restore(world: World, b: number): void {
  const { server } = world;
  const backup = at(server.backups, b);
  if (!backup) return;
  world.note("the server is restored from a backup");
  world.restores++;
  // What was written in an epoch that the backup knows as deleted is deleted by this.
  for (const [path, { record }] of backup.documents) {
    const epoch = server.disk.documents.get(path)?.record.epoch;
    if (epoch && record.deletedEpochs.includes(epoch)) world.documentDeleted(path);
  }
  const subtree = subtreeOn(backup);
  for (const path of deletable()) {
    const epoch = server.disk.documents.get(parseDocPath(path))?.record.epoch;
    if (epoch && subtree?.former.includes(epoch)) world.documentDeleted(path);
  }
  server.stop();
  server.disk = copyDisk(backup);
  server.restored = true;
  server.start({ recovering: b % 3 !== 0 });
}

function deleteOne(world: World, a: number): void {
  const path = at(PATHS, a);
  const { hub, process } = world.server;
  if (path === undefined || !hub || !process.runs) return;
  // Who was away does not know of it, whatever is typed when.
  world.deletedAt.set(path, Number.POSITIVE_INFINITY);
  world.note(`${path} is deleted at the server`);
  hub.deleteDocument(path).catch((error: unknown) => world.note(`not deleted: ${String(error)}`));
}

function goOnOffline(world: World, device: SimDevice): void {
  const tab = device.tabs.find(({ process }) => process.runs && !process.frozen);
  if (world.healed || !tab) return;
  take(world, { kind: "pause", device: world.devices.indexOf(device), a: 0, b: 0, wait: 0 });
  if (!tab.openLate()) return;
  world.note(`${device.name} opens ${LATE_PATH}`);
  edit(world, device, tab, { kind: "type", device: 0, a: 1, b: tab.handles.length - 1, wait: 0 });
}

function deletable(): readonly string[] {
  return PATHS.filter((path) => isUnder(path, SUBTREE));
}

function deleteSubtree(world: World): void {
  const { hub, process } = world.server;
  if (!hub || !process.runs) return;
  world.note(`${SUBTREE} is deleted at the server`);
  for (const path of deletable()) {
    world.deletedAt.set(path, Math.max(world.time.now, world.deletedAt.get(path) ?? 0));
  }
  // What is in memory alone may be stored by a device that has heard of it.
  // Who has never met the server could not know of anything.
  const met = new Set(
    world.devices.filter(({ disk }) => disk.meta.has("deleted-subtrees")).map(({ name }) => name),
  );
  const before = [...world.ledger.typed.values()].filter(
    ({ path, level, device }) => isUnder(path, SUBTREE) && level !== "memory" && met.has(device),
  );
  // A restored server deletes what it has lost, too: no other disk keeps what devices had of it.
  if (world.restores > 0) for (const path of deletable()) world.documentDeleted(path);
  hub.deleteSubtree(SUBTREE).then(
    () => {
      world.count("deleted subtree");
      for (const typed of before) typed.unaware = true;
    },
    (error: unknown) => world.note(`not deleted: ${String(error)}`),
  );
}

function retryOne(world: World, device: SimDevice, a: number): void {
  const record = at([...device.disk.quarantine.values()], a);
  if (!record || !device.device) return;
  for (const typed of world.ledger.typed.values()) {
    if (record.updates.some((update) => holds(update, typed.value))) typed.retried = true;
  }
  world.note(`${device.name} puts refused edits back into ${record.path}`);
  device.device
    .retry(record.id)
    .catch((error: unknown) => world.note(`not put back: ${String(error)}`));
}

function at<T>(items: readonly T[], number: number): T | undefined {
  return items[number % Math.max(1, items.length)];
}

function pickBy<T>(number: number, items: readonly T[]): T {
  return items[number % items.length] as T;
}

/** Whether a value may be nowhere at the end. */
export function mayBeLost(world: World, typed: Typed): boolean {
  if (typed.deleted) return true;
  if (typed.level === "memory") return typed.orphaned || typed.diskLost;
  if (typed.level === "device") return typed.diskLost;
  // A server that was restored gets back what devices have: gone is what the disks had that are lost.
  return world.restores > 0 && typed.diskLost;
}
