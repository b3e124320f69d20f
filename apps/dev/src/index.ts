/**
 * A mesh on one computer, made and removed again: what `npm start` shows, what the story of the
 * check is told with, and what benchmarks measure.
 *
 * @module
 */

export { type CheckReport, check } from "./check.ts";
export { type Answer, type Client, createClient } from "./client.ts";
export type { RuntimeName } from "./console.ts";
export { cleanDev, type DevOptions, dev } from "./dev.ts";
export { type Forward, openForward } from "./forward.ts";
export { findFreePorts } from "./free-ports.ts";
export { callUnix } from "./http.ts";
export { type Interruption, watchInterruption } from "./interruption.ts";
export { findKubectl, type Kubectl } from "./kubectl.ts";
export { DevMachine, type DevMachineOptions } from "./machine.ts";
export { type DevMesh, type DevMeshOptions, openDevMesh } from "./mesh.ts";
export { type SeenNode, type SeenPod, seeNodes, seePods } from "./pods.ts";
export { until } from "./until.ts";
