// `npm run simulate -- [--seeds N] [--seed S] [--endless] [--verbose] [--mutants [NAME]]`: runs histories of
// devices and a server on virtual time, on all cores. A failure prints the shortest history found and
// how to see it again, and ends with 1. `--mutants` makes the protocol wrong in one way after the other and
// wants each to be found.

import { registerHooks } from "node:module";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

const CORE = new URL("../packages/core/src/", import.meta.url).href;
const SIMULATION = `${CORE}testing/simulation/`;
/** Histories after which a worker tells how far it is. */
const PART = 25;

if (isMainThread) await main();
else await work(workerData);

async function main() {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string" },
      seed: { type: "string" },
      endless: { type: "boolean" },
      verbose: { type: "boolean" },
      mutants: { type: "boolean" },
      mutant: { type: "string" },
    },
  });
  const seeds = values.endless ? Number.POSITIVE_INFINITY : Number(values.seeds ?? 2_000);
  const first = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  if (!(seeds > 0) || !Number.isSafeInteger(first)) {
    console.error(
      "Usage: npm run simulate -- [--seeds N | --endless] [--seed S] [--mutants], whole numbers.",
    );
    process.exit(2);
  }
  const { verbose = false } = values;
  if (values.mutants || values.mutant !== undefined) {
    process.exitCode = (await runMutants(seeds, first, values.mutant)) ? 0 : 1;
    return;
  }
  const { failure, ran, events, counts, seconds } = await run({ seeds, first, verbose });
  console.log(`${ran} histories from seed ${first} on, ${events} events, ${seconds} s`);
  console.log(
    [...counts]
      .toSorted(([, a], [, b]) => b - a)
      .map(([what, n]) => `${what} ${n}`)
      .join(", "),
  );
  if (failure) report(failure);
  // Not `exit`: what is printed must get out first.
  process.exitCode = failure ? 1 : 0;
}

function report({ seed, failures, log, profile, steps }) {
  console.error(`\nSeed ${seed} fails: ${failures[0]}`);
  console.error(
    `The shortest history found (${steps} steps), milliseconds first:\n${log.join("\n")}`,
  );
  console.error(`\nMade of: ${JSON.stringify(profile)}`);
  console.error(`Again: npm run simulate -- --seeds 1 --seed ${seed}`);
}

/** Each mutant must be found; returns whether it was so. */
async function runMutants(seeds, first, only) {
  const { MUTANTS } = await import(`${SIMULATION}mutants.ts`);
  const missed = [];
  for (const mutant of MUTANTS) {
    if (only !== undefined && !mutant.name.includes(only)) continue;
    const { failure, ran, seconds } = await run({
      seeds,
      first,
      mutant: mutant.name,
      shrinks: only !== undefined,
    });
    const found = failure
      ? `found after ${ran} (${seconds} s): ${failure.failures[0].slice(0, 90)}`
      : "NOT FOUND";
    console.log(`[SYNC-${mutant.rule}] ${mutant.name}: ${found}`);
    if (!failure) missed.push(mutant.name);
    else if (only !== undefined) report(failure);
  }
  if (missed.length > 0) console.error(`Not found in ${seeds} histories: ${missed.join("; ")}`);
  return missed.length === 0;
}

/** Runs `seeds` histories on all cores, until one fails. */
async function run({ seeds, first, mutant, verbose = false, shrinks = true }) {
  const threads = Math.min(availableParallelism(), seeds);
  const start = performance.now();
  const counts = new Map();
  let ran = 0;
  let events = 0;
  let failure;
  const workers = Array.from({ length: threads }, (_, index) => {
    return new Worker(fileURLToPath(import.meta.url), {
      workerData: {
        first: first + index,
        step: threads,
        seeds,
        end: first + seeds,
        mutant,
        verbose,
        shrinks,
      },
      execArgv: ["--conditions=source", "--disable-warning=ExperimentalWarning"],
    });
  });
  const ended = workers.map((worker) => {
    return new Promise((resolve, reject) => {
      worker.on("error", reject);
      worker.on("exit", resolve);
      worker.on("message", (part) => {
        ran += part.ran;
        events += part.events;
        for (const [what, n] of part.counts) counts.set(what, (counts.get(what) ?? 0) + n);
        if (part.failure && !failure) {
          failure = part.failure;
          for (const other of workers) void other.terminate();
        }
      });
    });
  });
  const tell = setInterval(() => {
    if (!mutant)
      console.log(`${ran} histories, ${((performance.now() - start) / 1000).toFixed(0)} s`);
  }, 60_000);
  await Promise.all(ended);
  clearInterval(tell);
  return { failure, ran, events, counts, seconds: ((performance.now() - start) / 1000).toFixed(1) };
}

async function work({ first, step, end, mutant, verbose, shrinks }) {
  if (mutant !== undefined) await loadMutated(mutant);
  const { drawHistory, simulate } = await import(`${SIMULATION}simulate.ts`);
  const { shrink } = await import(`${SIMULATION}shrink.ts`);
  let part = { ran: 0, events: 0, counts: new Map() };
  for (let seed = first; seed < end; seed += step) {
    const history = drawHistory(seed);
    const { failures, events, counts } = await simulate(history);
    part.ran++;
    part.events += events;
    for (const [what, n] of counts) part.counts.set(what, (part.counts.get(what) ?? 0) + n);
    let failure;
    if (failures.length > 0) {
      const shortest = shrinks ? await shrink(history) : history;
      const again = await simulate(shortest, { verbose });
      const { profile, steps } = shortest;
      failure = { seed, profile, steps: steps.length, failures: again.failures, log: again.log };
    }
    if (failure || part.ran === PART || seed + step >= end) {
      parentPort.postMessage({ ...part, failure });
      part = { ran: 0, events: 0, counts: new Map() };
    }
    if (failure) return;
  }
}

/** From here on core is loaded with the mutant's changes. */
async function loadMutated(name) {
  const { MUTANTS, mutate } = await import(`${SIMULATION}mutants.ts`);
  const mutant = MUTANTS.find((each) => each.name === name);
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      if (!url.startsWith(CORE) || !loaded.source) return loaded;
      const text = mutate(mutant, url.slice(CORE.length), Buffer.from(loaded.source).toString());
      return { ...loaded, source: text };
    },
  });
}
