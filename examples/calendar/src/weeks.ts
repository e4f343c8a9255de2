/** The days of a month, by weeks that begin on Monday. Pure. */

const DAY = 86_400_000;

/** The weeks that a month (`2026-11`) is in, whole, each as seven days (`2026-11-28`). */
export function weeksOf(month: string): readonly (readonly string[])[] {
  const first = Date.parse(`${month}-01T00:00:00Z`);
  const end = Date.parse(`${monthAfter(month, 1)}-01T00:00:00Z`);
  const weeks: string[][] = [];
  // Days of a calendar have no time zone: all is reckoned in UTC, where each has 24 hours.
  for (let at = first - ((new Date(first).getUTCDay() + 6) % 7) * DAY; at < end; at += 7 * DAY) {
    weeks.push([0, 1, 2, 3, 4, 5, 6].map((day) => isoDay(at + day * DAY)));
  }
  return weeks;
}

/** The month that is so many months later. */
export function monthAfter(month: string, count: number): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return isoDay(Date.UTC(year, number - 1 + count)).slice(0, 7);
}

function isoDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
