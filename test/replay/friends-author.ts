/**
 * One of the two authors of friendsforever, in a process of its own: types what the trace says he
 * typed, each time exactly when he sees what the trace says he saw.
 */

import { loadFriendsForever, type Turn, typed } from "../support/trace.ts";
import type { AuthorCommand } from "./author-messages.ts";
import { awaitDeath, breathe, insertedBy, openDesk, patiently, readOrders } from "./author-desk.ts";
import { createHeldLink } from "./held-link.ts";
import { replayPlain } from "./reference.ts";

/** Turns of so many keystrokes or more are typed offline. */
const OFFLINE_TURN = 100;
/** Keystrokes between two reports. */
const REPORT = 100;

const orders = readOrders();
const { agent, crash, crashed } = orders;
const trace = loadFriendsForever();
const mine = trace.scripts[agent];
const theirs = trace.scripts[agent === 0 ? 1 : 0];
const expected = replayPlain(trace, [1, 2]).atTurn[agent];

let restored = 0;
const link = createHeldLink(({ clients: [range] }) => {
  // The former life was the first one, so that its clocks count what was inserted; in this one
  // they begin at 0. Where it ended it did not delete.
  const before =
    range && range.from > 0 ? mine.inserted.indexOf(range.from, crashed?.from) : restored;
  return mine.work[before] ?? 0;
});
process.on("message", (command: AuthorCommand) => {
  if (command.type === "show") link.allow(mine.work[command.count] ?? 0);
});
const desk = await openDesk(orders, (connect) => link.wrap(connect));
const { page, workspace } = desk;
if (crashed) restored = stored(crashed.from, crashed.to);
let own = restored;
let offline = 0;
desk.tell({ type: "started", own });

const start = performance.now();
const since = (): number => performance.now() - start;
for (const [index, turn] of mine.turns.entries()) {
  const end = turn.first + turn.keystrokes.length;
  if (end <= own) continue;
  await see(turn.sees, continued(expected[index] ?? "", turn, own));
  await write(turn, end);
}
const allTyped = since();
await patiently(page.saved("device"), () => where("saving on the device"));
const onDevice = since();
await see(theirs.keystrokes.length, trace.endContent);
await patiently(page.saved("server"), () => where("saving on the server"));
const times = { typed: allTyped, onDevice, onServer: since() };
desk.tell({ type: "finished", text: desk.text(), times, offline });

async function write(turn: Turn, end: number): Promise<void> {
  const away = turn.keystrokes.length >= OFFLINE_TURN && !crash && own === turn.first;
  if (away) workspace.sync.pause();
  while (own < end) {
    if (crash?.from === own) {
      // Everything before is safe; how much of the following is, the kill decides.
      await patiently(page.saved("server"), () => where("saving before the crash"));
      if (crash.offline) workspace.sync.pause();
    }
    const keystroke = mine.keystrokes[own];
    if (!keystroke) throw new Error("the script is over");
    desk.type(keystroke);
    own++;
    if (away) offline++;
    if (crash && own === Math.floor((crash.from + crash.to) / 2)) desk.tell({ type: "kill-me" });
    if (own === crash?.to) await awaitDeath();
    await breathe();
    // Where the other one looks an entry has to end, so that he can be shown no more.
    if (mine.looks.has(own)) await patiently(page.saved("device"), () => where("saving a look"));
    if (own % REPORT === 0) desk.tell({ type: "progress", own });
  }
  if (away) workspace.sync.resume();
}

/** Waits until exactly the first `sees` keystrokes of the other author, and all own ones, show. */
async function see(sees: number, text: string): Promise<void> {
  desk.tell({ type: "look", sees });
  // The state vector first: it is cheap, and says most.
  const isShown = (): boolean =>
    insertedBy(agent === 0 ? 1 : 0, page) === theirs.inserted[sees] &&
    insertedBy(agent, page) === mine.inserted[own] &&
    desk.text() === text;
  if (isShown()) return;
  const shown = Promise.withResolvers<void>();
  const check = (): void => {
    if (isShown()) shown.resolve();
  };
  page.doc.on("update", check);
  try {
    await patiently(shown.promise, () => where(`seeing ${sees} of the other's`));
  } finally {
    page.doc.off("update", check);
  }
}

/** How many keystrokes of this author the store has kept: at least `from`, at most `to`. */
function stored(from: number, to: number): number {
  const turn = mine.turns.findLast(({ first }) => first <= from);
  const inserted = insertedBy(agent, page);
  // The stretch has inserts only, so that their number tells which was the last one.
  const count = mine.inserted.indexOf(inserted, from);
  if (!turn || count < from || count > to) {
    throw new Error(`${inserted} characters are in the store, ${mine.inserted[from]} were saved`);
  }
  const text = continued(expected[mine.turns.indexOf(turn)] ?? "", turn, count);
  if (desk.text() !== text) throw new Error(`the store has another text than after ${count}`);
  return count;
}

/** The text at the beginning of a turn, plus what of the turn was typed before `count`. */
function continued(text: string, turn: Turn, count: number): string {
  return turn.keystrokes.slice(0, Math.max(0, count - turn.first)).reduce(typed, text);
}

function where(doing: string): string {
  const counts = `${insertedBy(0, page)} and ${insertedBy(1, page)} characters were inserted`;
  return `${orders.user} is stuck at ${own} ${doing}; ${counts}; ${link.shown} went up; ${desk.describe()}`;
}
