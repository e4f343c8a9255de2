/**
 * The author of automerge-paper, in a process of its own: types each batch of keystrokes as fast as
 * it goes, every key its own transaction, and does not wait for anything between batches.
 */

import { loadAutomergePaper } from "../support/trace.ts";
import { awaitDeath, breathe, insertedBy, openDesk, patiently, readOrders } from "./author-desk.ts";

/** So many batches are typed offline, from this one on. */
const OFFLINE = { from: 20, to: 35 };

const orders = readOrders();
const { crash, crashed, agent } = orders;
const { batches, endContent } = loadAutomergePaper();
const desk = await openDesk(orders, (connect) => connect);
const { page, workspace } = desk;
const first = crashed ? stored(crashed.from) : 0;
desk.tell({ type: "started", own: first });

const start = performance.now();
const since = (): number => performance.now() - start;
let offline = 0;
for (const [index, batch] of batches.entries()) {
  if (index < first) continue;
  if (index === OFFLINE.from) workspace.sync.pause();
  if (index === OFFLINE.to) workspace.sync.resume();
  if (index === crash?.from) await patiently(page.saved("device"), () => where("saving"));
  for (const keystroke of batch) desk.type(keystroke);
  if (index >= OFFLINE.from && index < OFFLINE.to) offline += batch.length;
  await breathe();
  desk.tell({ type: "progress", own: index + 1 });
  if (index + 1 === crash?.to) {
    desk.tell({ type: "kill-me" });
    await awaitDeath();
  }
}
const typed = since();
await patiently(page.saved("device"), () => where("saving on the device"));
const onDevice = since();
await patiently(page.saved("server"), () => where("saving on the server"));
const times = { typed, onDevice, onServer: since() };
if (desk.text() !== endContent) throw new Error("the author himself reads something else");
desk.tell({ type: "finished", text: desk.text(), times, offline });

/** How many batches the store has kept: what is made in one turn is stored as one. */
function stored(from: number): number {
  const inserted = insertedBy(agent, page);
  let sum = 0;
  for (const [index, batch] of batches.entries()) {
    if (sum === inserted && index >= from) return index;
    for (const keystroke of batch) sum += keystroke.inserted.length;
  }
  throw new Error(`${inserted} characters are in the store, which is no batch's end after ${from}`);
}

function where(doing: string): string {
  return `${orders.user} is stuck ${doing}; ${desk.describe()}`;
}
