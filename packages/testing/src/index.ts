/** Devices, people and a server in memory, to test plugins and applications with. */

export {
  createTestTeam,
  type TestDevice,
  type TestDeviceOptions,
  type TestTeam,
} from "./test-team.ts";
