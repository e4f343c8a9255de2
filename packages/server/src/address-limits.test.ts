import { systemClock } from "@croft/core";
import { beforeEach, describe, expect, it } from "vitest";
import { addressOf, AddressLimits, type Visit } from "./address-limits.ts";

let now = 0;
let limits: AddressLimits;
beforeEach(() => {
  now = 1_000_000;
  limits = new AddressLimits({
    maxWaiting: 3,
    maxRefused: 2,
    clock: { ...systemClock, now: () => now },
  });
});

function enter(address: string): Visit {
  const visit = limits.enter(address);
  if (!visit) throw new Error(`${address} is refused`);
  return visit;
}

describe("limits of an address", () => {
  it("hold who was not let in yet, and not who was, or is gone", () => {
    const [first, second] = [enter("10.0.0.1"), enter("10.0.0.1"), enter("10.0.0.1")];
    expect(limits.enter("10.0.0.1")).toBeUndefined();
    enter("10.0.0.2").left();
    first?.admitted();
    first?.left();
    enter("10.0.0.1");
    expect(limits.enter("10.0.0.1")).toBeUndefined();
    second?.left();
    enter("10.0.0.1");
  });

  it("let somebody try again some time after too many refusals", () => {
    for (let at = 0; at < 2; at++) {
      const visit = enter("10.0.0.1");
      visit.refused();
      visit.left();
    }
    expect(limits.enter("10.0.0.1")).toBeUndefined();
    enter("10.0.0.2").left();
    now += limits.retryAfter * 1000;
    const visit = enter("10.0.0.1");
    visit.refused();
    visit.left();
    expect(limits.enter("10.0.0.1")).toBeUndefined();
    // A clock that is set back takes nothing away and adds nothing.
    now -= 3_600_000;
    expect(limits.enter("10.0.0.1")).toBeUndefined();
    now += 3_600_000;
    enter("10.0.0.1").admitted();
  });

  it("forget the refusals of an address where somebody is let in", () => {
    const [bad, good] = [enter("10.0.0.1"), enter("10.0.0.1")];
    bad.refused();
    good.admitted();
    bad.refused();
    bad.left();
    enter("10.0.0.1").left();
  });

  it.each([
    ["2001:db8:1:2::5", "2001:0db8:1:2:ffff::1", true],
    ["2001:db8:1:2::5", "2001:db8:1:3::5", false],
    ["::ffff:10.0.0.1", "10.0.0.1", true],
    ["fe80::1%eth0", "fe80::2%eth0", true],
    ["::1", "::2", true],
    ["::ffff:0102:0304", "1.2.3.4", true],
    ["::ffff:0102:0304", "::ffff:0102:0305", false],
    ["10.0.0.1", "10.0.0.2", false],
  ])("count %s and %s as one: %s", (one, other, same) => {
    for (let at = 0; at < 3; at++) enter(one);
    expect(limits.enter(other) === undefined).toBe(same);
  });

  it("remember nobody longer than they must", () => {
    for (let at = 0; at < 1_000; at++) enter(`10.0.${at >> 8}.${at & 255}`).left();
    expect(limits.size).toBe(0);
    for (let at = 0; at < 30_000; at++) {
      const visit = enter(`10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`);
      visit.refused();
      visit.left();
      if (at === 15_000) now += 60_000;
    }
    expect(limits.size).toBeLessThan(20_001);
  });
});

describe("where a request comes from", () => {
  it.each([
    ["10.0.0.9", undefined, 0, "10.0.0.9"],
    ["10.0.0.9", "1.1.1.1", 0, "10.0.0.9"],
    ["10.0.0.9", "6.6.6.6, 1.1.1.1", 1, "1.1.1.1"],
    ["10.0.0.9", "6.6.6.6, 1.1.1.1, 10.0.0.8", 2, "1.1.1.1"],
    ["10.0.0.9", undefined, 1, "10.0.0.9"],
    ["10.0.0.9", "1.1.1.1", 3, "1.1.1.1"],
    [undefined, undefined, 0, ""],
    ["10.0.0.9", "1.2.3.4:5555", 1, "1.2.3.4"],
    ["10.0.0.9", "[2001:db8::1]:55", 1, "2001:db8::1"],
    ["10.0.0.9", "2001:db8::1", 1, "2001:db8::1"],
    ["10.0.0.9", "unknown", 1, "10.0.0.9"],
  ])("is, of %s for %s behind %d proxies, %s", (remote, forwarded, proxies, address) => {
    expect(addressOf(remote, forwarded, proxies)).toBe(address);
  });
});
