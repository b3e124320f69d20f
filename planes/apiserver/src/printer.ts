/** Which printer is whose. */
import type { Resource } from "@beemesh/model";
import type { Printer, Row } from "./column.ts";
import {
  configMapPrinter,
  namespacePrinter,
  plainPrinter,
  secretPrinter,
  serviceAccountPrinter,
} from "./configuration-table.ts";
import { eventPrinter } from "./event-table.ts";
import { cronJobPrinter, jobPrinter } from "./job-table.ts";
import {
  externalWorkloadPrinter,
  ingressClassPrinter,
  ingressPrinter,
  networkPolicyPrinter,
} from "./network-table.ts";
import { nodePrinter } from "./node-table.ts";
import { podPrinter } from "./pod-table.ts";
import { endpointSlicePrinter, endpointsPrinter, servicePrinter } from "./service-table.ts";
import { deploymentPrinter, replicaSetPrinter, scalePrinter } from "./workload-table.ts";

const printers: ReadonlyMap<string, Printer> = new Map([
  ["pods.", podPrinter],
  ["nodes.", nodePrinter],
  ["namespaces.", namespacePrinter],
  ["services.", servicePrinter],
  ["endpoints.", endpointsPrinter],
  ["configmaps.", configMapPrinter],
  ["secrets.", secretPrinter],
  ["serviceaccounts.", serviceAccountPrinter],
  ["events.", eventPrinter],
  ["deployments.apps", deploymentPrinter],
  ["replicasets.apps", replicaSetPrinter],
  ["jobs.batch", jobPrinter],
  ["cronjobs.batch", cronJobPrinter],
  ["scale.autoscaling", scalePrinter],
  ["endpointslices.discovery.k8s.io", endpointSlicePrinter],
  ["ingresses.networking.k8s.io", ingressPrinter],
  ["ingressclasses.networking.k8s.io", ingressClassPrinter],
  ["networkpolicies.networking.k8s.io", networkPolicyPrinter],
  ["externalworkloads.beemesh.io", externalWorkloadPrinter],
]);

/** The printer of a resource; of one without columns of its own, name and age. */
export function printerOf({ name, group }: Pick<Resource, "name" | "group">): Printer {
  return printers.get(`${name}.${group}`) ?? plainPrinter;
}

/** One object's row. */
export function rowOf(printer: Printer, object: unknown, nowMs: number): Row {
  const conditions = printer.conditions?.(object) ?? [];
  const cells = printer.cells(object, nowMs);
  return conditions.length === 0 ? { cells } : { cells, conditions };
}
