import type { Json } from "@beemesh/wire";
import type { Link, SimulatedMachine } from "./machine.ts";
import type { NodeEvent } from "./node.ts";

/**
 * - `event`: something that the node is told as it is.
 * - `arrival`: a message that reaches its machine, if the way is still open.
 * - `dial`, `handshake`, `timeout`: the life of a connection.
 * - `action`: the scenario's turn.
 */
export type HappeningKind = "event" | "arrival" | "dial" | "handshake" | "timeout" | "action";

/** Something that is planned. One shape for all kinds, and used again when it is over. */
export interface Happening {
  kind: HappeningKind;
  machine: SimulatedMachine | undefined;
  /** The machine's life that it is meant for. */
  life: number;
  peer: SimulatedMachine | undefined;
  link: Link | undefined;
  /** Of an arrival by pub/sub; empty if it came over a connection. */
  topic: string;
  message: Json;
  sizeBytes: number;
  event: NodeEvent | undefined;
  action: (() => void) | undefined;
}

/** How the parts of the world plan what happens. */
export type Plan = (kind: HappeningKind, afterMs: number, part: Partial<Happening>) => void;

/** Happenings that are over and wait to be used again, so that a long run makes no garbage. */
export class HappeningPool {
  readonly #free: Happening[] = [];

  take(kind: HappeningKind): Happening {
    const used = this.#free.pop();
    if (used === undefined) return { kind, ...empty };
    used.kind = kind;
    return used;
  }

  give(happening: Happening): void {
    Object.assign(happening, empty);
    this.#free.push(happening);
  }
}

const empty: Omit<Happening, "kind"> = {
  machine: undefined,
  life: 0,
  peer: undefined,
  link: undefined,
  topic: "",
  message: null,
  sizeBytes: 0,
  event: undefined,
  action: undefined,
};
