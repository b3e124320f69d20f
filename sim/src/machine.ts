import type { Random } from "@beemesh/base";
import type { PeerId } from "@beemesh/wire";
import type { SimulatedDisk } from "./disk.ts";
import type { MachineClock } from "./machine-clock.ts";
import type { Side } from "./network.ts";
import type { Boot, SimulatedNode } from "./node.ts";
import type { SimulatedRuntime } from "./runtime.ts";

/** A connection between two machines: theirs until one end finds it broken. */
export interface Link {
  readonly ends: readonly [SimulatedMachine, SimulatedMachine];
  /** When the handshake is through. */
  readonly openAtMs: number;
  isOpen: boolean;
  /** One end has lost its program, and the other has not noticed yet. */
  isDead: boolean;
}

/** Bytes and messages of a machine, as JSON: without encryption, headers, acknowledgements. */
export interface Traffic {
  sentBytes: number;
  sentMessages: number;
  receivedBytes: number;
  receivedMessages: number;
}

/** One computer of the simulated world: what it is, and what outlives its crashes. */
export interface SimulatedMachine extends Side {
  readonly id: PeerId;
  readonly clock: MachineClock;
  readonly disk: SimulatedDisk;
  readonly runtime: SimulatedRuntime;
  readonly random: Random;
  readonly makeNode: (boot: Boot) => SimulatedNode;
  readonly links: Map<SimulatedMachine, Link>;
  /** Machines that somebody told it of, as by a token or a setting. */
  readonly friends: Set<SimulatedMachine>;
  /** Peers to keep a connection to, and how often each was dialled in vain. */
  readonly remembered: Map<SimulatedMachine, number>;
  readonly topics: Set<string>;
  readonly traffic: Traffic;
  /** The program that runs on it; undefined while it is down. */
  node: SimulatedNode | undefined;
  /** Grows with each boot, so that what was meant for an earlier life does not reach a later. */
  life: number;
  /** Until when the event loop stands still. */
  stalledUntilMs: number;
  /** Effects that are still performed before the machine crashes; infinity for no crash. */
  effectsLeft: number;
}
