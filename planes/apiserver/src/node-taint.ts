/**
 * Taints of a Node that say how its machine is: nobody writes them, they are shown. A client that
 * sends back what it was shown, as `kubectl taint` does, does not make them stay: Kubernetes' own
 * controller would take them away again likewise.
 *
 * Source: https://kubernetes.io/docs/reference/labels-annotations-taints/
 */
import type { KubeObject, Resource } from "@beemesh/model";
import { fieldAt, listAt, mapAt, textAt } from "./field.ts";

const unreachable = "node.kubernetes.io/unreachable";
const unschedulable = "node.kubernetes.io/unschedulable";

/**
 * What keeps pods away from a machine that answers, by condition. None of it sends pods away: what
 * runs on a machine whose runtime is in trouble is cared for by that machine.
 */
const byCondition: readonly {
  readonly type: string;
  readonly status: string;
  readonly key: string;
}[] = [
  { type: "Ready", status: "False", key: "node.kubernetes.io/not-ready" },
  { type: "DiskPressure", status: "True", key: "node.kubernetes.io/disk-pressure" },
];

const computed: ReadonlySet<string> = new Set([
  unreachable,
  unschedulable,
  ...byCondition.map(({ key }) => key),
]);

/** What is known of the machine of a node. */
interface MachineState {
  readonly isAlive: boolean;
  /** Since when it is silent, RFC 3339; undefined if this machine has not seen that. */
  readonly since: string | undefined;
}

/** The node with the taints that its cordon and the state of its machine amount to. */
export function withShownTaints(node: KubeObject, { isAlive, since }: MachineState): KubeObject {
  const time = since === undefined ? {} : { timeAdded: since };
  const taints = [
    ...writtenTaints(node),
    ...(fieldAt(node, "spec", "unschedulable") === true
      ? [{ key: unschedulable, effect: "NoSchedule" }]
      : []),
    ...(isAlive
      ? conditionTaints(node)
      : [
          { key: unreachable, effect: "NoSchedule", ...time },
          { key: unreachable, effect: "NoExecute", ...time },
        ]),
  ];
  return withTaints(node, taints);
}

function conditionTaints(node: KubeObject): readonly unknown[] {
  const conditions = listAt(node, "status", "conditions");
  return byCondition
    .filter(({ type, status }) =>
      conditions.some((each) => textAt(each, "type") === type && textAt(each, "status") === status),
    )
    .map(({ key }) => ({ key, effect: "NoSchedule" }));
}

/** What is kept of a node that a client writes. */
export function withWrittenTaints(resource: Resource, node: KubeObject): KubeObject {
  if (resource.group !== "" || resource.name !== "nodes") return node;
  return withTaints(node, writtenTaints(node));
}

function writtenTaints(node: KubeObject): readonly unknown[] {
  return listAt(node, "spec", "taints").filter((taint) => !computed.has(textAt(taint, "key")));
}

function withTaints(node: KubeObject, taints: readonly unknown[]): KubeObject {
  const { taints: before, ...spec } = mapAt(node, "spec");
  if (before === undefined && taints.length === 0) return node;
  return { ...node, spec: taints.length === 0 ? spec : { ...spec, taints } };
}
