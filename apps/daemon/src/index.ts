/**
 * The daemon: one machine of the mesh in real time. {@link startDaemon} is its wiring diagram.
 *
 * @module
 */

export {
  type ConfigSources,
  type DaemonConfig,
  readConfig,
  type SettingName,
  settings,
} from "./config.ts";
export { type Daemon, startDaemon } from "./daemon.ts";
export { version } from "./facts.ts";
export { defaultData, Home, type TokenWish } from "./home.ts";
export { createLog, type Log, type LogFields, type LogLevel } from "./log.ts";
export { runDaemon } from "./run-daemon.ts";
export type { DaemonStatus, MemberStatus } from "./status.ts";
export type { ConnectionRow, ConnectionsPage } from "./workload/connections-page.ts";
