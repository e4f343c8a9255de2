/** Devices, people and a server in memory, to test plugins and applications with. */

export {
  createTestTeam,
  type TestDevice,
  type TestDeviceOptions,
  type TestTeam,
} from "./test-team.ts";
export type { ViewQuery } from "./view/query.ts";
export type { TestView, TestViewOptions, ViewPart, ViewScope } from "./view/test-view.ts";
