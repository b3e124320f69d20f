/**
 * The machine plane: one machine of the mesh as a mailbox. {@link Machine} puts membership,
 * registry, controllers, bidding and pods together; the daemon and the simulator run it.
 *
 * @module
 */

export { Deciders } from "./deciders.ts";
export { membersTopic, taskTopic } from "./envelope.ts";
export type { MachineEffect, MachineEvent } from "./event.ts";
export { Machine, type MachineOptions } from "./machine.ts";
export { type NodeFacts, type NodeHealth, nodeMarks } from "./node.ts";
export { machineAnnotation } from "./placement.ts";
export type { Occurrence } from "./recorder.ts";
export { type Replicas, replicasOf } from "./replicas.ts";
