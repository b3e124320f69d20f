/** Rows of what leads to services from outside, and of what may reach what. */

import {
  ageColumn,
  column,
  nameColumn,
  nameOf,
  objectAge,
  selectorText,
  wideColumn,
} from "./cell.ts";
import type { Printer } from "./column.ts";
import { fieldAt, listAt, numberAt, textAt } from "./field.ts";

/** Hosts that are named before the rest is only counted, as kubectl does. */
const hostsShownMax = 3;

export const ingressPrinter: Printer = {
  columns: [
    nameColumn,
    column("Class", "Class of the Ingress, which says who serves it."),
    column("Hosts", "Hosts whose requests it routes."),
    column("Address", "Where it is reached."),
    column("Ports", "Well-known ports: 80, and 443 with TLS."),
    ageColumn,
  ],
  cells: (ingress, nowMs) => [
    nameOf(ingress),
    textAt(ingress, "spec", "ingressClassName") || "<none>",
    hostsOf(ingress),
    addressesOf(ingress),
    listAt(ingress, "spec", "tls").length > 0 ? "80, 443" : "80",
    objectAge(ingress, nowMs),
  ],
};

export const ingressClassPrinter: Printer = {
  columns: [
    nameColumn,
    column("Controller", "Who serves Ingresses of this class."),
    column("Parameters", "Object with more settings of the class."),
    ageColumn,
  ],
  cells: (ingressClass, nowMs) => [
    nameOf(ingressClass),
    textAt(ingressClass, "spec", "controller"),
    parametersOf(ingressClass),
    objectAge(ingressClass, nowMs),
  ],
};

export const networkPolicyPrinter: Printer = {
  columns: [nameColumn, column("Pod-Selector", "Pods that the policy is about."), ageColumn],
  cells: (policy, nowMs) => [
    nameOf(policy),
    selectorText(fieldAt(policy, "spec", "podSelector")),
    objectAge(policy, nowMs),
  ],
};

export const externalWorkloadPrinter: Printer = {
  columns: [
    nameColumn,
    column("Machine", "Machine that the program runs on, or is reached from."),
    column("Ports", "Ports of the program."),
    column("Ready", "Whether the program answers its probe."),
    ageColumn,
    wideColumn("Address", "Where the machine reaches the program."),
    wideColumn("Service-Account", "Whose identity the program has."),
    wideColumn("Message", "Why it is ready, or not."),
  ],
  cells: (workload, nowMs) => [
    nameOf(workload),
    textAt(workload, "spec", "machine"),
    portsOf(workload),
    fieldAt(workload, "status", "ready") === true ? "True" : "False",
    objectAge(workload, nowMs),
    textAt(workload, "spec", "address"),
    textAt(workload, "spec", "serviceAccountName"),
    textAt(workload, "status", "message"),
  ],
};

function hostsOf(ingress: unknown): string {
  const hosts = listAt(ingress, "spec", "rules")
    .map((rule) => textAt(rule, "host"))
    .filter((host) => host !== "");
  if (hosts.length === 0) return "*";
  const shown = hosts.slice(0, hostsShownMax).join(",");
  const left = hosts.length - hostsShownMax;
  return left > 0 ? `${shown} + ${left} more...` : shown;
}

function addressesOf(ingress: unknown): string {
  return listAt(ingress, "status", "loadBalancer", "ingress")
    .map((place) => textAt(place, "ip") || textAt(place, "hostname"))
    .join(",");
}

function parametersOf(ingressClass: unknown): string {
  const parameters = fieldAt(ingressClass, "spec", "parameters");
  const [kind, group] = [textAt(parameters, "kind"), textAt(parameters, "apiGroup")];
  if (kind === "") return "<none>";
  return `${kind}${group === "" ? "" : `.${group}`}/${textAt(parameters, "name")}`;
}

function portsOf(workload: unknown): string {
  const ports = listAt(workload, "spec", "ports").map(
    (port) => `${numberAt(port, "port")}/${textAt(port, "protocol") || "TCP"}`,
  );
  return ports.join(",") || "<none>";
}
