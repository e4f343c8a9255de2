import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Opened, Shelf } from "./shelf.ts";

let log: string[];
let shelf: Shelf<string>;

beforeEach(() => {
  vi.useFakeTimers();
  log = [];
  shelf = new Shelf({ lingers: 1_000, awaited: 30_000 });
});
afterEach(() => void vi.useRealTimers());

/** Asks for a thing that takes a time to load; each time it is opened it is another one. */
function ask(key: string, loads?: number): void {
  shelf.get(key, (): Opened<string> => {
    log.push(`open ${key}`);
    const opened = { value: key, close: () => void log.push(`close ${key}`) };
    return loads === undefined ? opened : { ...opened, ready: after(loads) };
  });
}

async function after(time: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, time));
}

describe("a shelf", () => {
  it("closes soon what was used and is not any more, and what took no time to make", async () => {
    ask("query");
    ask("page", 10);
    await vi.advanceTimersByTimeAsync(10);
    const held = shelf.hold("page");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(log).toEqual(["open query", "open page", "close query"]);
    held?.release();
    ask("page");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(log.at(-1)).toBe("close page");
    expect(shelf.size).toBe(0);
  });

  it("keeps what was loaded and not used yet for long, from when it was last asked for", async () => {
    ask("page", 10);
    await vi.advanceTimersByTimeAsync(29_000);
    ask("page");
    await vi.advanceTimersByTimeAsync(29_000);
    expect(log).toEqual(["open page"]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(log).toEqual(["open page", "close page"]);
  });

  it("closes nothing while something is being loaded, and all that nobody uses after that", async () => {
    ask("used", 0);
    ask("not used", 0);
    await vi.advanceTimersByTimeAsync(0);
    shelf.hold("used")?.release();
    ask("slow", 100_000);
    await vi.advanceTimersByTimeAsync(99_999);
    expect(shelf.size).toBe(3);
    await vi.advanceTimersByTimeAsync(1_001);
    expect(log.slice(3)).toEqual(["close used"]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(log.slice(3).toSorted()).toEqual(["close not used", "close slow", "close used"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not keep what is not used for longer each time that something else was loaded", async () => {
    ask("page", 0);
    await vi.advanceTimersByTimeAsync(0);
    shelf.hold("page")?.release();
    for (let time = 0; time < 1_000; time += 100) {
      ask(`other ${time}`, 50);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(log).toContain("close page");
  });

  it("soon tries anew what could not be loaded", async () => {
    const close = vi.fn<() => void>();
    const ready = after(10).then(() => Promise.reject(new Error("no room")));
    shelf.get("page", () => ({ value: "page", close, ready }));
    await vi.advanceTimersByTimeAsync(1_010);
    expect(close).toHaveBeenCalledOnce();
    ask("page", 10);
    expect(log).toEqual(["open page"]);
  });
});
