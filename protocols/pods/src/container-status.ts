import type { Instant } from "@beemesh/base";
import type { ContainerState, ContainerStatus } from "@beemesh/model";
import type { ContainerExit } from "@beemesh/ports";
import { timestampOf } from "./timestamp.ts";

/** How a container ended. */
export type Terminated = NonNullable<ContainerState["terminated"]>;

/** Where a container is in its life. */
export type Life =
  | {
      readonly kind: "waiting";
      readonly reason: string;
      readonly message?: string;
      /** When to try; undefined for as soon as it may. */
      readonly retryAt: Instant | undefined;
    }
  /** `exit` came before the report of the start. */
  | { readonly kind: "starting"; readonly exit: ContainerExit | undefined }
  /** Until `heldUntil` its hook after the start may last: it does not count as running before. */
  | {
      readonly kind: "running";
      readonly startedAtMs: number;
      readonly since: Instant;
      readonly heldUntil?: Instant;
    }
  /** `restartAt` is undefined for good; `waitMs` is how long the back-off is. */
  | { readonly kind: "exited"; readonly restartAt: Instant | undefined; readonly waitMs?: number };

/** What a container's status is computed from. */
export interface ContainerFacts {
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
  readonly containerId: string | undefined;
  readonly ready: boolean;
  readonly started: boolean;
  readonly attempt: number;
  readonly life: Life;
  readonly last: Terminated | undefined;
  readonly previous: Terminated | undefined;
  readonly crashWaitMs: number;
  readonly fullName: string;
}

/** A container's status as the kubelet words it. */
export function containerStatus(facts: ContainerFacts): ContainerStatus {
  const { name, image, imageId, containerId, ready, started, attempt, last, previous } = facts;
  const state = stateOf(facts);
  const ended = state.terminated === undefined ? last : previous;
  return {
    name,
    image,
    imageID: imageId,
    ...(containerId === undefined ? {} : { containerID: containerId }),
    ready,
    started,
    restartCount: attempt,
    state,
    lastState: ended === undefined ? {} : { terminated: ended },
  };
}

function stateOf({ name, life, last, crashWaitMs, fullName }: ContainerFacts): ContainerState {
  if (life.kind === "running" && life.heldUntil === undefined) {
    return { running: { startedAt: timestampOf(life.startedAtMs) } };
  }
  if (life.kind === "exited" && crashWaitMs > 0) {
    const delay = `back-off ${durationOf(crashWaitMs)}`;
    const message = `${delay} restarting failed container=${name} pod=${fullName}`;
    return { waiting: { reason: "CrashLoopBackOff", message } };
  }
  if (life.kind === "waiting") {
    const { reason, message } = life;
    return { waiting: message === undefined ? { reason } : { reason, message } };
  }
  return last === undefined ? { waiting: { reason: "ContainerCreating" } } : { terminated: last };
}

/** As Go writes durations: `40s`, `2m40s`, `5m0s`. */
function durationOf(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
