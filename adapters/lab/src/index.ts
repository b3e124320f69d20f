/**
 * The lab: several hosts on one computer, with cables that can be cut. For `beemesh dev`, the
 * end-to-end tests and the benchmarks; a mesh in production never touches it.
 *
 * @module
 */

export { type Host, isNetworkPossible, type Network, openNetwork } from "./network.ts";
export { findPackaged, findPrograms, lackOf, type Program, type ProgramName } from "./programs.ts";
export { type RunResult, run, runOrThrow } from "./run.ts";
