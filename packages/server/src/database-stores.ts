/** Workspaces in a database that several servers may share. */

import type { Store } from "@croft/core";
import type { Bus, PostgresStores } from "@croft/persistence/postgres";
import type { Log } from "./log.ts";
import type { PostgresSettings } from "./options.ts";

/** The stores of a database, which is reached when the first workspace is asked for. */
export interface DatabaseStores {
  readonly openStore: (workspace: string) => Promise<Store>;
  /** Ends all connections; after the stores were closed. */
  close(): Promise<void>;
}

async function openBus(url: string, log: Log): Promise<Bus> {
  const { openRedisBus } = await import("@croft/persistence/redis");
  return openRedisBus({
    url,
    onProblem: (error) => log("warn", "a connection to Redis broke", { error: error.message }),
  });
}

/** Creates the {@link DatabaseStores} of a server, if it has a database. */
export function createDatabaseStores(
  settings: PostgresSettings | undefined,
  log: Log,
): DatabaseStores | undefined {
  if (!settings) return undefined;
  const { redis, ...rest } = settings;
  let opening: Promise<PostgresStores> | undefined;
  const open = async (): Promise<PostgresStores> => {
    // Not before it is needed: who has no database needs no driver.
    const { openPostgresStores } = await import("@croft/persistence/postgres");
    const bus = redis === undefined ? undefined : await openBus(redis, log);
    try {
      return await openPostgresStores({
        ...rest,
        bus,
        onProblem: (error) =>
          log("warn", "a connection to the database broke", { error: error.message }),
      });
    } catch (error) {
      await bus?.close();
      throw error;
    }
  };
  return {
    async openStore(workspace) {
      opening ??= open();
      try {
        return await (await opening).open(workspace);
      } catch (error) {
        // A database that could not be reached may be reached later.
        if (
          await opening.then(
            () => false,
            () => true,
          )
        )
          opening = undefined;
        throw error;
      }
    },
    async close() {
      const stores = await opening?.catch(() => undefined);
      await stores?.close();
    },
  };
}
