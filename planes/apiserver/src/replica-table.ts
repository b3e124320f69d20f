/** Rows of the kinds that make pods of a template, beside Deployments and Jobs. */
import {
  ageColumn,
  column,
  containerCells,
  integerColumn,
  labelsText,
  nameColumn,
  nameOf,
  objectAge,
  selectorText,
  wideColumn,
} from "./cell.ts";
import type { Column, Printer } from "./column.ts";
import { fieldAt, numberAt, textAt, textsAt } from "./field.ts";

const containersColumn = wideColumn("Containers", "Names of the template's containers.");
const imagesColumn = wideColumn("Images", "Images of the template's containers.");
const selectorColumn = wideColumn("Selector", "Labels of the pods that belong to it.");
const desired: Column = integerColumn("Desired", "Pods that are wanted.");
const current: Column = integerColumn("Current", "Pods that there are.");
const ready: Column = integerColumn("Ready", "Pods that are ready.");

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printStatefulSet. */
export const statefulSetPrinter: Printer = {
  columns: [
    nameColumn,
    column("Ready", "Pods that are ready, of all that are wanted."),
    ageColumn,
    containersColumn,
    imagesColumn,
  ],
  cells: (set, nowMs) => [
    nameOf(set),
    `${numberAt(set, "status", "readyReplicas")}/${numberAt(set, "spec", "replicas")}`,
    objectAge(set, nowMs),
    ...containerCells(fieldAt(set, "spec", "template", "spec")),
  ],
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printDaemonSet. */
export const daemonSetPrinter: Printer = {
  columns: [
    nameColumn,
    desired,
    current,
    ready,
    integerColumn("Up-to-date", "Pods made of the newest template."),
    integerColumn("Available", "Pods that have been ready for long enough."),
    column("Node Selector", "Labels of the nodes that run one of its pods."),
    ageColumn,
    containersColumn,
    imagesColumn,
    selectorColumn,
  ],
  cells: (set, nowMs) => [
    nameOf(set),
    numberAt(set, "status", "desiredNumberScheduled"),
    numberAt(set, "status", "currentNumberScheduled"),
    numberAt(set, "status", "numberReady"),
    numberAt(set, "status", "updatedNumberScheduled"),
    numberAt(set, "status", "numberAvailable"),
    labelsText(textsAt(set, "spec", "template", "spec", "nodeSelector")),
    objectAge(set, nowMs),
    ...containerCells(fieldAt(set, "spec", "template", "spec")),
    selectorText(fieldAt(set, "spec", "selector")),
  ],
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printReplicationController. */
export const replicationControllerPrinter: Printer = {
  columns: [
    nameColumn,
    desired,
    current,
    ready,
    ageColumn,
    containersColumn,
    imagesColumn,
    selectorColumn,
  ],
  cells: (controller, nowMs) => [
    nameOf(controller),
    numberAt(controller, "spec", "replicas"),
    numberAt(controller, "status", "replicas"),
    numberAt(controller, "status", "readyReplicas"),
    objectAge(controller, nowMs),
    ...containerCells(fieldAt(controller, "spec", "template", "spec")),
    labelsText(textsAt(controller, "spec", "selector")),
  ],
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printControllerRevision. */
export const controllerRevisionPrinter: Printer = {
  columns: [
    nameColumn,
    column("Controller", "Kind and name of the object whose state it keeps."),
    integerColumn("Revision", "Its place in the history."),
    ageColumn,
  ],
  cells: (revision, nowMs) => [
    nameOf(revision),
    controllerOf(revision),
    numberAt(revision, "revision"),
    objectAge(revision, nowMs),
  ],
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printPodTemplate. */
export const podTemplatePrinter: Printer = {
  columns: [
    nameColumn,
    column("Containers", "Names of the template's containers."),
    column("Images", "Images of the template's containers."),
    column("Pod Labels", "Labels of the pods that are made of it."),
  ],
  cells: (template) => [
    nameOf(template),
    ...containerCells(fieldAt(template, "template", "spec")),
    labelsText(textsAt(template, "template", "metadata", "labels")),
  ],
};

function controllerOf(object: unknown): string {
  const owners = fieldAt(object, "metadata", "ownerReferences");
  const owner = Array.isArray(owners)
    ? owners.find((reference) => fieldAt(reference, "controller") === true)
    : undefined;
  if (owner === undefined) return "<none>";
  const apiVersion = textAt(owner, "apiVersion");
  const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0]}` : "";
  return `${textAt(owner, "kind").toLowerCase()}${group}/${textAt(owner, "name")}`;
}
