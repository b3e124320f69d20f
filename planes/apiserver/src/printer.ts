/** Which printer is whose. */
import type { Resource } from "@beemesh/model";
import { createdPrinter, roleBindingPrinter, signingRequestPrinter } from "./access-table.ts";
import type { Printer, Row } from "./column.ts";
import {
  configMapPrinter,
  namespacePrinter,
  plainPrinter,
  secretPrinter,
  serviceAccountPrinter,
} from "./configuration-table.ts";
import { customPrinter } from "./custom/table.ts";
import { deviceClaimPrinter, deviceSlicePrinter } from "./device-table.ts";
import { eventPrinter } from "./event-table.ts";
import { cronJobPrinter, jobPrinter } from "./job-table.ts";
import { nodeMetricsPrinter, podMetricsPrinter } from "./metrics-table.ts";
import {
  externalWorkloadPrinter,
  ingressClassPrinter,
  ingressPrinter,
  networkPolicyPrinter,
} from "./network-table.ts";
import { nodePrinter } from "./node-table.ts";
import { podPrinter } from "./pod-table.ts";
import {
  addressPrinter,
  admissionBindingPrinter,
  admissionPolicyPrinter,
  autoscalerPrinter,
  budgetPrinter,
  componentPrinter,
  flowSchemaPrinter,
  leasePrinter,
  priorityClassPrinter,
  priorityLevelPrinter,
  quotaPrinter,
  runtimeClassPrinter,
  serviceRangePrinter,
  webhooksPrinter,
} from "./policy-table.ts";
import {
  controllerRevisionPrinter,
  daemonSetPrinter,
  podTemplatePrinter,
  replicationControllerPrinter,
  statefulSetPrinter,
} from "./replica-table.ts";
import { endpointSlicePrinter, endpointsPrinter, servicePrinter } from "./service-table.ts";
import {
  attachmentPrinter,
  attributesClassPrinter,
  capacityPrinter,
  claimPrinter,
  driverNodePrinter,
  driverPrinter,
  storageClassPrinter,
  volumePrinter,
} from "./storage-table.ts";
import { deploymentPrinter, replicaSetPrinter, scalePrinter } from "./workload-table.ts";

const printers: ReadonlyMap<string, Printer> = new Map([
  ["pods.", podPrinter],
  ["nodes.", nodePrinter],
  ["nodes.metrics.k8s.io", nodeMetricsPrinter],
  ["pods.metrics.k8s.io", podMetricsPrinter],
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
  ["componentstatuses.", componentPrinter],
  ["persistentvolumes.", volumePrinter],
  ["persistentvolumeclaims.", claimPrinter],
  ["podtemplates.", podTemplatePrinter],
  ["replicationcontrollers.", replicationControllerPrinter],
  ["limitranges.", createdPrinter],
  ["resourcequotas.", quotaPrinter],
  ["statefulsets.apps", statefulSetPrinter],
  ["daemonsets.apps", daemonSetPrinter],
  ["controllerrevisions.apps", controllerRevisionPrinter],
  ["horizontalpodautoscalers.autoscaling", autoscalerPrinter],
  ["poddisruptionbudgets.policy", budgetPrinter],
  ["priorityclasses.scheduling.k8s.io", priorityClassPrinter],
  ["runtimeclasses.node.k8s.io", runtimeClassPrinter],
  ["leases.coordination.k8s.io", leasePrinter],
  ["ipaddresses.networking.k8s.io", addressPrinter],
  ["servicecidrs.networking.k8s.io", serviceRangePrinter],
  ["storageclasses.storage.k8s.io", storageClassPrinter],
  ["csidrivers.storage.k8s.io", driverPrinter],
  ["csinodes.storage.k8s.io", driverNodePrinter],
  ["csistoragecapacities.storage.k8s.io", capacityPrinter],
  ["volumeattachments.storage.k8s.io", attachmentPrinter],
  ["volumeattributesclasses.storage.k8s.io", attributesClassPrinter],
  ["resourceclaims.resource.k8s.io", deviceClaimPrinter],
  ["resourceslices.resource.k8s.io", deviceSlicePrinter],
  ["roles.rbac.authorization.k8s.io", createdPrinter],
  ["clusterroles.rbac.authorization.k8s.io", createdPrinter],
  ["rolebindings.rbac.authorization.k8s.io", roleBindingPrinter],
  ["clusterrolebindings.rbac.authorization.k8s.io", roleBindingPrinter],
  ["certificatesigningrequests.certificates.k8s.io", signingRequestPrinter],
  ["customresourcedefinitions.apiextensions.k8s.io", createdPrinter],
  ["mutatingwebhookconfigurations.admissionregistration.k8s.io", webhooksPrinter],
  ["validatingwebhookconfigurations.admissionregistration.k8s.io", webhooksPrinter],
  ["validatingadmissionpolicies.admissionregistration.k8s.io", admissionPolicyPrinter],
  ["validatingadmissionpolicybindings.admissionregistration.k8s.io", admissionBindingPrinter],
  ["flowschemas.flowcontrol.apiserver.k8s.io", flowSchemaPrinter],
  ["prioritylevelconfigurations.flowcontrol.apiserver.k8s.io", priorityLevelPrinter],
  ["externalworkloads.beemesh.io", externalWorkloadPrinter],
]);

/** The printer of a resource; of one without columns of its own, name and age. */
export function printerOf(resource: Pick<Resource, "name" | "group" | "custom">): Printer {
  if (resource.custom !== undefined) return customPrinter(resource.custom);
  const { name, group } = resource;
  return printers.get(`${name}.${group}`) ?? plainPrinter;
}

/** One object's row. */
export function rowOf(printer: Printer, object: unknown, nowMs: number): Row {
  const conditions = printer.conditions?.(object) ?? [];
  const cells = printer.cells(object, nowMs);
  return conditions.length === 0 ? { cells } : { cells, conditions };
}
