/**
 * The simulator: a deterministic world for the real program. Clocks, network, disks and container
 * runtimes are make-believe and follow one seed; what decides is the code that ships.
 *
 * @module
 */

export type { Violation } from "./checkers/sight.ts";
export { Histogram } from "./histogram.ts";
export type { Traffic } from "./machine.ts";
export { epochMs } from "./machine-clock.ts";
export { type NetworkOptions, networkDefaults } from "./network.ts";
export type { Boot, NodeEffect, NodeEvent, OutwardEffect, SimulatedNode } from "./node.ts";
export { type RuntimeOptions, runtimeDefaults, SimulatedRuntime } from "./runtime.ts";
export type { Outcome, ScenarioOptions } from "./scenarios/outcome.ts";
export { scenarios } from "./scenarios/scenarios.ts";
export { type Birth, World, type WorldOptions } from "./world.ts";
