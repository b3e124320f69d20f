import { type KubeObject, workloadName } from "@beemesh/model";
import { standInOf } from "@beemesh/workload";
import { labelsOf, memberOf, objectsOf, portOf, protocolOf, textOr } from "./field.ts";

/** A pod, or a program outside containers, as far as names, routes and policies need it. */
export interface WorkloadRecord {
  readonly kind: "Pod" | "ExternalWorkload";
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly serviceAccount: string;
  /** Name of the Node that it is on; empty while it is on none. */
  readonly machine: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ips: readonly string[];
  readonly ports: readonly WorkloadPort[];
  /** The host name by which others find it in its subdomain; empty for none. */
  readonly hostname: string;
  readonly subdomain: string;
  /** Uid of the owner that controls it; empty without one. */
  readonly owner: string;
  /** What people call the workload that it is one of: `<namespace>/<name>`. */
  readonly workload: string;
  /** Whether it has come to its end, or is being deleted. */
  readonly isGoing: boolean;
  /** Whether it has come to run. */
  readonly isRunning: boolean;
  readonly isReady: boolean;
}

/** A port that a container says it serves. */
interface WorkloadPort {
  /** Empty if it has none. */
  readonly name: string;
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly port: number;
}

/** Reads a Pod; what is malformed of it is left out. */
export function readPod(pod: KubeObject): WorkloadRecord {
  const { spec, status, metadata } = pod;
  const { deletionTimestamp } = metadata;
  const phase = memberOf(status, "phase");
  const owner = controllerOf(pod);
  const subdomain = textOr(memberOf(spec, "subdomain"), "");
  const isOrdinal = memberOf(owner, "kind") === "StatefulSet";
  const ips = [
    memberOf(status, "podIP"),
    ...objectsOf(memberOf(status, "podIPs")).map((each) => each["ip"]),
  ].filter((ip) => typeof ip === "string");
  return {
    kind: "Pod",
    ...namesOf(pod),
    serviceAccount: textOr(memberOf(spec, "serviceAccountName"), "default"),
    machine: textOr(memberOf(spec, "nodeName"), ""),
    ips: [...new Set(ips)],
    ports: objectsOf(memberOf(spec, "containers")).flatMap(({ ports }) =>
      readPorts(ports, "containerPort"),
    ),
    hostname:
      subdomain === ""
        ? isOrdinal
          ? metadata.name
          : ""
        : textOr(memberOf(spec, "hostname"), metadata.name),
    subdomain,
    owner: textOr(memberOf(owner, "uid"), ""),
    workload: workloadName(pod),
    isGoing: deletionTimestamp !== undefined || phase === "Failed" || phase === "Succeeded",
    isRunning: phase === "Running",
    isReady: objectsOf(memberOf(status, "conditions")).some(
      ({ type, status: is }) => type === "Ready" && is === "True",
    ),
  };
}

/** Reads an ExternalWorkload. Its address in the mesh is the one that stands in for it. */
export function readExternalWorkload(program: KubeObject): WorkloadRecord {
  const { spec, status, metadata } = program;
  const names = namesOf(program);
  const account = memberOf(spec, "serviceAccountName") ?? memberOf(spec, "serviceAccount");
  return {
    kind: "ExternalWorkload",
    ...names,
    serviceAccount: textOr(account, "default"),
    machine: textOr(memberOf(spec, "machine"), ""),
    ips: [standInOf("program", names.uid)],
    ports: readPorts(memberOf(spec, "ports"), "port"),
    hostname: metadata.name,
    subdomain: "",
    owner: "",
    workload: `${names.namespace}/${metadata.name}`,
    isGoing: metadata.deletionTimestamp !== undefined,
    isRunning: true,
    isReady: memberOf(status, "ready") === true,
  };
}

function namesOf({ metadata }: KubeObject) {
  const { uid = "", namespace = "", name } = metadata;
  return { uid, namespace, name, labels: labelsOf(metadata.labels) };
}

function controllerOf({ metadata }: KubeObject): unknown {
  return objectsOf(metadata.ownerReferences).find(({ controller }) => controller === true);
}

function readPorts(value: unknown, member: "port" | "containerPort"): readonly WorkloadPort[] {
  return objectsOf(value).flatMap((each): WorkloadPort[] => {
    const port = portOf(each[member]);
    const protocol = protocolOf(each["protocol"]);
    if (port === undefined || protocol === undefined) return [];
    return [{ name: textOr(each["name"], ""), protocol, port }];
  });
}
