/**
 * The resources that a pod may use. Those that it begins with it has been given; when its record
 * asks for others, its machine first looks whether it has room for them.
 *
 * Source: https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
 */
import { podResources } from "@beemesh/admission";
import type { Container, ContainerStatus, Pod } from "@beemesh/model";
import { canonicalJson } from "@beemesh/wire";

/** Why a pod goes on with what it has. */
export interface Pending {
  /** `Infeasible`: the machine is too small; `Deferred`: others would have to leave. */
  readonly reason: "Deferred" | "Infeasible";
  readonly message: string;
}

/** The pod as it may run, and what is in the way of what its record says. */
export interface Allotment {
  readonly pod: Pod;
  readonly pending: Pending | undefined;
}

/** Thousandths of a core, and bytes. */
export interface Amounts {
  readonly cpu: number;
  readonly memory: number;
}

/**
 * Decides about the resources that a pod's record asks for.
 *
 * @param held - The pod with the resources that it has.
 * @param capacity - Of the machine.
 * @param usedByOthers - What the other pods of the machine have been given; asked for only if the
 *   pod wants something else than it has.
 */
export function allot(
  wanted: Pod,
  held: Pod,
  { capacity, usedByOthers }: { readonly capacity: Amounts; readonly usedByOthers: () => Amounts },
): Allotment {
  if (resourcesText(wanted) === resourcesText(held)) return { pod: wanted, pending: undefined };
  const [asked, had] = [amountsOf(wanted), amountsOf(held)];
  const more = names.filter((name) => asked[name] > had[name]);
  const beyond = more.find((name) => asked[name] > capacity[name]);
  if (beyond !== undefined) {
    const amounts = `requested: ${asked[beyond]}, capacity: ${capacity[beyond]}`;
    const message = `Node didn't have enough capacity: ${beyond}, ${amounts}`;
    return { pod: withResourcesOf(wanted, held), pending: { reason: "Infeasible", message } };
  }
  const used = more.length === 0 ? undefined : usedByOthers();
  const short = more.find((name) => asked[name] + (used?.[name] ?? 0) > capacity[name]);
  if (short === undefined) return { pod: wanted, pending: undefined };
  const amounts = `requested: ${asked[short]}, used: ${used?.[short] ?? 0}`;
  const where = `${short}, ${amounts}, capacity: ${capacity[short]}`;
  const message = `Node didn't have enough resource: ${where}`;
  return { pod: withResourcesOf(wanted, held), pending: { reason: "Deferred", message } };
}

const names = ["cpu", "memory"] as const;

/** What a pod has been given: its requests as a whole, rounded up. */
export function amountsOf(pod: Pod): Amounts {
  const requests = podResources(pod, "requests");
  const whole = (name: string, nanoOfOne: number): number =>
    Math.ceil(Number(requests.get(name)?.nano ?? 0n) / nanoOfOne);
  return { cpu: whole("cpu", 1e6), memory: whole("memory", 1e9) };
}

/** The pod as its machine ran it in an earlier life of the daemon, by what its status says. */
export function recalled(pod: Pod): Pod {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  const statuses = [...containerStatuses, ...initContainerStatuses];
  return withResources(pod, (container) => givenBy(statuses, container) ?? container.resources);
}

function givenBy(
  statuses: readonly ContainerStatus[],
  { name }: Container,
): Container["resources"] | undefined {
  const status = statuses.find((each) => each.name === name);
  if (status?.resources === undefined) return undefined;
  // A change under way is allotted already, though the container has not got it yet.
  const requests = status.allocatedResources ?? status.resources.requests;
  return { ...status.resources, ...(requests === undefined ? {} : { requests }) };
}

function withResourcesOf(wanted: Pod, held: Pod): Pod {
  const all = [...held.spec.containers, ...(held.spec.initContainers ?? [])];
  return withResources(wanted, ({ name }) => all.find((each) => each.name === name)?.resources);
}

function withResources(
  pod: Pod,
  resourcesOf: (container: Container) => Container["resources"] | undefined,
): Pod {
  const given = (container: Container): Container => {
    const { resources: _, ...rest } = container;
    const resources = resourcesOf(container);
    return resources === undefined ? rest : { ...rest, resources };
  };
  const { containers, initContainers } = pod.spec;
  const inits = initContainers === undefined ? {} : { initContainers: initContainers.map(given) };
  return { ...pod, spec: { ...pod.spec, containers: containers.map(given), ...inits } };
}

function resourcesText({ spec }: Pod): string {
  const all = [...spec.containers, ...(spec.initContainers ?? [])];
  return canonicalJson(all.map(({ resources }) => ({ ...resources })));
}
