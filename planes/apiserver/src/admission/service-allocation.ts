/**
 * What a Service is given: its address, and ports of the machines. What it has it keeps while it
 * needs it, what it does not need any more it loses, and what another has it does not get. What
 * nobody has chosen its controller gives it.
 *
 * Source: k8s.io/kubernetes, pkg/registry/core/service, `patchAllocatedValues` and
 * `dropTypeDependentFields`.
 */
import { type Cause, findResource, invalid, type KubeObject, type Resource } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import { canonicalJson, isJsonObject } from "@beemesh/wire";
import { fieldAt, listAt, mapAt, numberAt, textAt } from "../field.ts";

type Members = Readonly<Record<string, unknown>>;

/** Whether a resource is Services. */
export function isOfServices({ group, name }: Resource): boolean {
  return group === "" && name === "services";
}

/** A changed Service with what it had before, as far as its author says nothing else. */
export function keepAllocations(service: KubeObject, before: KubeObject): KubeObject {
  const said = mapAt(service, "spec");
  const spec = withPorts(withAddress(said, before), before);
  return canonicalJson(spec) === canonicalJson(said) ? service : { ...service, spec };
}

function withAddress(spec: Members, before: KubeObject): Members {
  const [old, now] = [textAt(before, "spec", "clusterIP"), textAt(spec, "clusterIP")];
  if (old === "" || !needsAddress(mapAt(before, "spec"))) return spec;
  if (needsAddress(spec)) {
    const { clusterIP, clusterIPs } = mapAt(before, "spec");
    return now === "" ? { ...spec, clusterIP, clusterIPs } : spec;
  }
  if (now !== old) return spec;
  const { clusterIP: _ip, clusterIPs: _ips, ipFamilies: _families, ...rest } = spec;
  const { ipFamilyPolicy: _policy, ...kept } = rest;
  return kept;
}

function needsAddress(spec: Members): boolean {
  return spec["type"] !== "ExternalName";
}

function withPorts(spec: Members, before: KubeObject): Members {
  if (!needsPorts(mapAt(before, "spec"))) return spec;
  const had = listAt(before, "spec", "ports");
  const ports = listAt(spec, "ports");
  if (ports.length === 0) return spec;
  const known = new Set(had.map((port) => numberAt(port, "nodePort")));
  if (needsPorts(spec)) {
    const used = new Set(ports.map((port) => numberAt(port, "nodePort")));
    const kept = ports.map((port) => {
      const nodePort = numberAt(sameName(had, port), "nodePort");
      const isFree = numberAt(port, "nodePort") === 0 && nodePort !== 0 && !used.has(nodePort);
      return isFree ? { ...Object(port), nodePort } : port;
    });
    return { ...spec, ports: kept };
  }
  // Who asks for another port than there was says so, and is told that there is none.
  if (!ports.every((port) => known.has(numberAt(port, "nodePort")))) return spec;
  return { ...spec, ports: ports.map(withoutNodePort) };
}

function withoutNodePort(port: unknown): unknown {
  if (!isJsonObject(port)) return port;
  const { nodePort: _, ...rest } = port;
  return rest;
}

function sameName(ports: readonly unknown[], wanted: unknown): unknown {
  return ports.find((port) => textAt(port, "name") === textAt(wanted, "name"));
}

function needsPorts(spec: Members): boolean {
  const type = spec["type"];
  return (
    type === "NodePort" ||
    (type === "LoadBalancer" && spec["allocateLoadBalancerNodePorts"] !== false)
  );
}

/** What a Service asks for that another one has. */
export function allocationFaults(
  store: Pick<ObjectStore, "list">,
  resource: Resource,
  { next, before }: { readonly next: KubeObject; readonly before?: KubeObject },
): readonly Cause[] {
  const services = findResource("", "services");
  if (services === undefined || !isOfServices(resource)) return [];
  const address = textAt(next, "spec", "clusterIP");
  const isNewAddress = !["", "None", textAt(before, "spec", "clusterIP")].includes(address);
  const had = new Set(portsIn(before));
  const wanted = portsIn(next).map((port) => (had.has(port) ? 0 : port));
  if (!isNewAddress && wanted.every((port) => port === 0)) return [];
  const { namespace, name } = next.metadata;
  const others = store
    .list(services)
    .items.filter(({ metadata: { namespace: home, name: own } }) => {
      return home !== namespace || own !== name;
    });
  const addresses = new Set(others.map((other) => textAt(other, "spec", "clusterIP")));
  const ports = new Set(others.flatMap(portsIn));
  return [
    ...wanted.flatMap((port, index) =>
      port !== 0 && ports.has(port)
        ? [invalid(`spec.ports[${index}].nodePort`, port, "provided port is already allocated")]
        : [],
    ),
    ...(isNewAddress && addresses.has(address) ? [takenAddress(next, address)] : []),
  ];
}

function takenAddress(service: KubeObject, address: string): Cause {
  const why = `failed to allocate IP ${address}: provided IP is already allocated`;
  return invalid("spec.clusterIPs", fieldAt(service, "spec", "clusterIPs") ?? [address], why);
}

/** The ports of machines that a Service has, port by port; 0 for none. */
function portsIn(service: unknown): readonly number[] {
  return listAt(service, "spec", "ports").map((port) => numberAt(port, "nodePort"));
}
