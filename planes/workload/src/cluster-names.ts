import { isOfApi } from "@beemesh/model";
import type { NameRecord } from "@beemesh/workload";
import { type Backend, programBackends, readyBackends } from "./backend.ts";
import { ipKey, isSix } from "./ip-key.ts";
import { apiRecord, type ServicePort, type ServiceRecord } from "./service-record.ts";
import { partOf, type Surroundings } from "./surroundings.ts";

/** What a name of the cluster is: its records of a type, or the name that it stands for. */
export interface ClusterAnswer {
  readonly records: readonly NameRecord[];
  /** Empty if the name is no alias. */
  readonly alias: string;
}

/** Records of one answer: with the longest names as many fit into a line of the channel. */
const recordsMax = 400;

/** What Kubernetes' DNS gives to all that stand behind one name. */
const priority = 0;
const weight = 100;

/**
 * A name of the cluster's domain.
 *
 * @returns `outside` for a name of no such domain, undefined if there is no such name.
 */
export function clusterAnswer(
  around: Surroundings,
  asker: string,
  name: string,
  type: string,
): ClusterAnswer | "outside" | undefined {
  const { clusterDomain } = around;
  if (name === clusterDomain) return nothing;
  if (!name.endsWith(`.${clusterDomain}`)) return "outside";
  const labels = name.slice(0, -clusterDomain.length - 1).split(".");
  const [kind, namespace = "", ...rest] = labels.toReversed();
  const question: Question = { around, asker, name, type, namespace, labels: rest.toReversed() };
  if (kind === "svc") return serviceSubtree(question);
  return kind === "pod" ? podSubtree(question) : undefined;
}

const nothing: ClusterAnswer = { records: [], alias: "" };

interface Question {
  readonly around: Surroundings;
  readonly asker: string;
  readonly name: string;
  readonly type: string;
  readonly namespace: string;
  /** What stands before the namespace. */
  readonly labels: readonly string[];
}

/** `<service>.<namespace>.svc`, and what stands before it. */
function serviceSubtree(question: Question): ClusterAnswer | undefined {
  const { around, namespace, labels } = question;
  if (namespace === "") return nothing;
  if (labels.length === 0) return around.catalog.hasNamespace(namespace) ? nothing : undefined;
  if (labels.length > 3) return undefined;
  const service = labels.at(-1) ?? "";
  if (isOfApi(namespace, service)) return serviceAnswer(question, apiRecord(around.apiIp));
  const record = around.catalog.service(`${namespace}/${service}`);
  if (record !== undefined) return serviceAnswer(question, record);
  const program = around.catalog.externalWorkload(namespace, service);
  if (program !== undefined) return headlessAnswer(question, programBackends(program));
  return undefined;
}

function serviceAnswer(question: Question, service: ServiceRecord): ClusterAnswer | undefined {
  const { labels, name, type } = question;
  if (service.externalName !== "") {
    return labels.length === 1 ? { records: [], alias: service.externalName } : undefined;
  }
  const { catalog } = question.around;
  if (service.isHeadless || labels.length === 2) {
    return headlessAnswer(question, readyBackends(catalog, service));
  }
  const ports = portsNamed(service.ports, labels);
  if (labels.length === 3 && ports.length === 0) return undefined;
  if (type !== "SRV") {
    return { records: labels.length === 1 ? addresses(question, service.ips) : [], alias: "" };
  }
  const target = nameBehind(question);
  const targets = ports.map(({ port }) => srv(name, target, port));
  const beside = service.ips.map((ip) => addressRecord(target, ip));
  return { records: [...targets, ...(targets.length === 0 ? [] : beside)], alias: "" };
}

/**
 * A name behind which endpoints stand themselves: all of them, one by its host name, or those of
 * a named port. Without any that is ready there is no such name, as the specification wants it.
 */
function headlessAnswer(question: Question, all: readonly Backend[]): ClusterAnswer | undefined {
  const { labels, name, type, asker } = question;
  const [first = ""] = labels;
  const isHost = labels.length === 2;
  const wanted = all.filter((each) =>
    isHost
      ? each.hostname === first || each.ips.some((ip) => dashed(ip) === first)
      : portsNamed(each.ports, labels).length > 0 || labels.length === 1,
  );
  if (wanted.length === 0) return undefined;
  const keyOf = ({ uid, ips }: Backend): string => `${uid} ${ips.join(" ")}`;
  if (type !== "SRV") {
    if (labels.length === 3) return nothing;
    const part = partOf(asker, wanted, keyOf, recordsMax);
    const ips = new Set(part.flatMap((each) => each.ips));
    return { records: addresses(question, [...ips]).slice(0, recordsMax), alias: "" };
  }
  // Each has a record for its port and one for its address.
  const part = partOf(asker, wanted, keyOf, recordsMax / 4);
  const records = part.flatMap((backend) => {
    const target = isHost ? name : `${hostOf(backend)}.${nameBehind(question)}`;
    return portsNamed(backend.ports, isHost ? labels.slice(1) : labels).map(({ port }) => ({
      target: srv(name, target, port),
      beside: backend.ips.map((ip) => addressRecord(target, ip)),
    }));
  });
  const targets = records.map(({ target }) => target);
  const beside = records.flatMap((each) => each.beside);
  return { records: [...targets, ...beside].slice(0, recordsMax), alias: "" };
}

/** The ports that `_<name>._<protocol>` before a Service means; all without it. */
function portsNamed(
  ports: readonly ServicePort[],
  labels: readonly string[],
): readonly ServicePort[] {
  if (labels.length < 3) return ports;
  const [name, protocol] = labels;
  return ports.filter(
    (each) =>
      each.name !== "" &&
      name === `_${each.name}` &&
      protocol === `_${each.protocol.toLowerCase()}`,
  );
}

/** The Service's own name, whatever stands before it in the question. */
function nameBehind({ around, namespace, labels }: Question): string {
  return `${labels.at(-1)}.${namespace}.svc.${around.clusterDomain}`;
}

/** `<a-b-c-d>.<namespace>.pod` for the address of a pod of the namespace. */
function podSubtree(question: Question): ClusterAnswer | undefined {
  const { around, namespace, labels } = question;
  if (namespace === "") return nothing;
  const [text = "", ...more] = labels;
  if (text === "") return around.catalog.hasNamespace(namespace) ? nothing : undefined;
  const four = text.replaceAll("-", ".");
  const ip = ipKey(four) === undefined ? text.replaceAll("-", ":") : four;
  const pods = around.catalog.workloadsAt(ip).filter((each) => each.namespace === namespace);
  if (more.length > 0 || pods.length === 0) return undefined;
  return { records: addresses(question, [ip]), alias: "" };
}

/** The records of addresses that are of the wanted type. */
function addresses({ name, type }: Question, ips: readonly string[]): readonly NameRecord[] {
  return ips
    .map((ip) => addressRecord(name, ip))
    .filter((record) => record.type === type || type === "ANY");
}

function addressRecord(name: string, ip: string): NameRecord {
  return { type: isSix(ip) ? "AAAA" : "A", name, address: ip };
}

function srv(name: string, target: string, port: number): NameRecord {
  return { type: "SRV", name, target, port, priority, weight };
}

/** An endpoint's own label: its host name, or its address. */
function hostOf({ hostname, ips }: Backend): string {
  return hostname === "" ? dashed(ips[0] ?? "") : hostname;
}

function dashed(ip: string): string {
  return ip.replaceAll(/[.:]/gu, "-");
}
