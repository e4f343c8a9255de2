import { expect, it, onTestFinished } from "vitest";
import { createRig } from "../testing/rig.ts";
import { uncaught } from "../testing/uncaught.ts";

it("an error in an application's observer is the application's, and the document goes on", async () => {
  const errors = uncaught(onTestFinished);
  const rig = await createRig();
  onTestFinished(() => rig.dispose());
  const [ada, ben] = [await rig.device("ada"), await rig.device("ben")];
  const [theirs, ours] = [ada.workspace.open("notes/page"), ben.workspace.open("notes/page")];
  await Promise.all([theirs.caughtUp(), ours.caughtUp()]);
  const bug = new Error("a bug in the application");
  ours.doc.getText("body").observe(({ transaction }) => {
    if (!transaction.local) throw bug;
  });
  theirs.doc.getText("body").insert(0, "Hello");
  await expect.poll(() => ours.doc.getText("body").toString()).toBe("Hello");
  expect(ours.state).toMatchObject({ live: true, error: undefined });
  expect(errors).toEqual([bug]);
  ours.doc.getText("body").insert(5, " back");
  await ours.saved("server");
  await expect.poll(() => theirs.doc.getText("body").toString()).toBe("Hello back");
});
