import { expect, it } from "vitest";
import { readBody } from "./read-body.ts";

it("reads up to the limit, and asks for no more beyond it", async () => {
  let given = 0;
  let isCancelled = false;
  const endless = (): ReadableStream<Uint8Array<ArrayBuffer>> =>
    new ReadableStream(
      {
        pull(controller) {
          given++;
          controller.enqueue(Uint8Array.of(1, 2, 3));
        },
        cancel() {
          isCancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
  expect(await readBody({ body: endless() }, 10)).toBeUndefined();
  expect([given, isCancelled]).toEqual([4, true]);
  expect(await readBody(new Response(Uint8Array.of(1, 2, 3)), 3)).toEqual(Uint8Array.of(1, 2, 3));
  expect(await readBody(new Response(null), 3)).toEqual(new Uint8Array());
});
