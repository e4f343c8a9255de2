/** What carries hints between servers on one database, over Redis. */

export { openRedisBus, type RedisBusOptions } from "./redis-bus.ts";
