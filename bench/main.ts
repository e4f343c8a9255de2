/**
 * `npm run bench [-- fanout join inspect collections cluster sealed bundle]`: prints the figures that README.md explains.
 * Nothing here passes or fails; the figures are for people.
 */

import { cpus } from "node:os";

const PARTS = {
  fanout: async () => (await import("./fanout.ts")).benchFanout(),
  join: async () => (await import("./join.ts")).benchJoin(),
  inspect: async () => (await import("./inspect.ts")).benchInspect(),
  collections: async () => {
    const { benchCollections, benchGrowth } = await import("./collections.ts");
    await benchCollections();
    benchGrowth();
  },
  cluster: async () => (await import("./cluster.ts")).benchCluster(),
  sealed: async () => (await import("./sealed.ts")).benchSealed(),
  bundle: async () => (await import("./bundle.ts")).benchBundle(),
} as const;

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(", ")}. Parts: ${Object.keys(PARTS).join(", ")}.`);
  process.exit(2);
}
const [cpu] = cpus();
console.log(
  `Node ${process.version}, ${cpus().length} × ${cpu?.model ?? "unknown"}, ${process.platform}`,
);
for (const [name, run] of Object.entries(PARTS)) {
  if (wanted.length === 0 || wanted.includes(name)) await run();
}
