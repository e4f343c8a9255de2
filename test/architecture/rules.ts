// Who may import whom: between the packages, and between the folders inside core. A new package or
// folder must be entered here before anything in it may be imported. Must stay free of cycles.

/** The packages that each package's source and tests may import. */
export const packages: Readonly<Record<string, readonly string[]>> = {
  core: [],
  persistence: ["core"],
  plugin: ["core"],
  host: ["core", "plugin"],
  server: ["core", "persistence"],
  react: ["core"],
  testing: ["core", "plugin", "host"],
  "plugin-cli": ["core", "plugin"],
  "create-plugin": ["core", "plugin-cli"],
};

/** Where Node's own modules may be imported, beside tests: everything else runs in browsers as well. */
export const nodeOnly: readonly string[] = [
  "packages/server/src/",
  "packages/host/src/node/",
  "packages/plugin-cli/src/",
  "packages/create-plugin/src/",
  "packages/persistence/src/sqlite/",
  "packages/persistence/src/postgres/",
  "packages/core/src/testing/simulation/",
];

/** Rigs that tests of a package share and nobody else may import; they are published nowhere. (Those of core are, for users.) */
export const rigs: readonly string[] = [
  "packages/host/src/testing/",
  "packages/server/src/testing/",
];

/** The files beside core's folders: what every folder may import. */
const base = "base";
const conversation = [base, "access", "protocol", "channel", "session"];
const authority = [...conversation, "update", "store", "hub"];

/** The folders, or single files, that each folder of core may import beside itself; tests are free. */
export const coreFolders: Readonly<Record<string, readonly string[]>> = {
  [base]: [],
  access: [base],
  update: [base],
  // Of the protocol a channel knows how a conversation ends, and no message.
  channel: [base, "protocol/close-code"],
  protocol: [base, "access"],
  store: [base, "access", "protocol"],
  session: [base, "access", "protocol", "channel"],
  hub: [...conversation, "update", "store"],
  link: authority,
  replica: [...conversation, "update", "event"],
  // How collections keep their records, to tell in words what was refused of them.
  quarantine: [base, "store", "update", "replica", "collection"],
  event: conversation,
  collection: [base, "access", "replica"],
  device: [...authority, "link"],
  workspace: [...authority, "device", "replica", "quarantine", "event", "collection"],
  index: [
    ...authority,
    "device",
    "link",
    "replica",
    "quarantine",
    "event",
    "collection",
    "workspace",
  ],
  testing: [
    ...authority,
    "device",
    "link",
    "replica",
    "quarantine",
    "event",
    "collection",
    "workspace",
  ],
};
