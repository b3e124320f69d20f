import { BeeError } from "@beemesh/base";
import type { ContainerExit, FoundContainer, FoundPod, PodPlan } from "@beemesh/ports";
import type { Json } from "@beemesh/wire";
import { numberAt, textAt } from "./answer.ts";
import { type ControlGroup, controlGroupOf } from "./control-group.ts";
import { labelOf } from "./podman-names.ts";

/** A container as the driver last knew it. */
export interface KnownContainer {
  readonly name: string;
  readonly attempt: number;
  readonly id: string;
  state: FoundContainer["state"];
  startedAtMs?: number;
  exit?: ContainerExit;
  /** While it runs. */
  group?: ControlGroup | undefined;
}

/** A pod as the driver last knew it. */
export interface KnownPod extends Pick<PodPlan, "uid" | "namespace" | "name"> {
  readonly ip: string;
  /** The newest attempt of each container, by name. */
  readonly containers: Map<string, KnownContainer>;
  /** Nothing of it will run any more: it has no sidecar. */
  isRetired?: boolean;
  /** Settled when the pod is gone; set from the moment when somebody asked for that. */
  removal?: Promise<void>;
}

/** The exit code of a container that is gone without having left one: as if it was killed. */
export const lostExitCode = 137;

/** Finds the containers in a list of Podman's, the newest attempt of each. */
export function readContainers(items: readonly Json[]): Map<string, KnownContainer[]> {
  const pods = new Map<string, KnownContainer[]>();
  for (const item of items) {
    const uid = labelOf(item, "uid");
    const container = readContainer(item);
    const others = pods.get(uid) ?? [];
    const rival = others.find(({ name }) => name === container.name);
    if (container.name === "" || (rival !== undefined && rival.attempt > container.attempt))
      continue;
    pods.set(uid, [...others.filter((other) => other !== rival), container]);
  }
  return pods;
}

function readContainer(item: Json): KnownContainer {
  const state = stateOf(item);
  const startedAtMs = 1000 * numberAt(item, "StartedAt");
  const pid = numberAt(item, "Pid");
  return {
    name: labelOf(item, "container"),
    attempt: Number(labelOf(item, "attempt")),
    id: textAt(item, "Id"),
    state,
    ...(startedAtMs > 0 ? { startedAtMs } : {}),
    ...(state === "exited" ? { exit: exitOf(item) } : {}),
    ...(state === "running" && pid > 0 ? { group: controlGroupOf(pid) } : {}),
  };
}

/** After a reboot Podman calls a container "configured" again, but it has a time of its start. */
function stateOf(item: Json): KnownContainer["state"] {
  const state = textAt(item, "State").toLowerCase();
  if (["running", "paused", "stopping"].includes(state)) return "running";
  const hasRun = numberAt(item, "StartedAt") > 0;
  return state === "exited" || state === "stopped" || hasRun ? "exited" : "created";
}

function exitOf(item: Json): ContainerExit {
  const finishedAtMs = 1000 * numberAt(item, "ExitedAt");
  const isKnown = finishedAtMs > 0;
  return {
    exitCode: isKnown ? numberAt(item, "ExitCode") : lostExitCode,
    outOfMemory: false,
    finishedAtMs: isKnown ? finishedAtMs : Date.now(),
  };
}

/** What others may see of it. */
export function foundPod(pod: KnownPod): FoundPod {
  const { uid, namespace, name, ip } = pod;
  const containers = [...pod.containers.values()].map(
    (container): FoundContainer => ({
      name: container.name,
      attempt: container.attempt,
      id: container.id,
      state: container.state,
      ...(container.startedAtMs === undefined ? {} : { startedAtMs: container.startedAtMs }),
      ...(container.exit === undefined ? {} : { exit: container.exit }),
    }),
  );
  return { uid, namespace, name, ip, containers };
}

/** Why a container is not started that is to see the processes of another. */
export function targetMissing(uid: string, container: string): BeeError {
  const message = `Cannot see the processes of container ${container}: it does not run`;
  return new BeeError("start-failed", message, { facts: { uid, container } });
}

/** Why a pod is not made that another runtime is to run. */
export function handlerMissing(handler: string): BeeError {
  const message = `Cannot make pod: no runtime for ${JSON.stringify(handler)} is configured`;
  return new BeeError("start-failed", message, { facts: { handler } });
}
