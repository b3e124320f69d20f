import {
  ageColumn,
  column,
  containerCells,
  integerColumn,
  nameColumn,
  nameOf,
  objectAge,
  selectorText,
  wideColumn,
} from "./cell.ts";
import type { Column, Printer } from "./column.ts";
import { fieldAt, numberAt } from "./field.ts";

/** Columns of `-o wide` for what makes pods of a template. */
const templateColumns: readonly Column[] = [
  wideColumn("Containers", "Names of the template's containers."),
  wideColumn("Images", "Images of the template's containers."),
  wideColumn("Selector", "Labels of the pods that belong to it."),
];

export const deploymentPrinter: Printer = {
  columns: [
    nameColumn,
    column("Ready", "Replicas that are ready, of all that are wanted."),
    integerColumn("Up-to-date", "Replicas made of the newest template."),
    integerColumn("Available", "Replicas that have been ready for long enough."),
    ageColumn,
    ...templateColumns,
  ],
  cells: (deployment, nowMs) => [
    nameOf(deployment),
    readiness(deployment),
    numberAt(deployment, "status", "updatedReplicas"),
    numberAt(deployment, "status", "availableReplicas"),
    objectAge(deployment, nowMs),
    ...templateCells(deployment),
  ],
};

export const replicaSetPrinter: Printer = {
  columns: [
    nameColumn,
    integerColumn("Desired", "Replicas that are wanted."),
    integerColumn("Current", "Replicas that there are."),
    integerColumn("Ready", "Replicas that are ready."),
    ageColumn,
    ...templateColumns,
  ],
  cells: (replicaSet, nowMs) => [
    nameOf(replicaSet),
    numberAt(replicaSet, "spec", "replicas"),
    numberAt(replicaSet, "status", "replicas"),
    numberAt(replicaSet, "status", "readyReplicas"),
    objectAge(replicaSet, nowMs),
    ...templateCells(replicaSet),
  ],
};

/** Of the Scale that stands for any workload. */
export const scalePrinter: Printer = {
  columns: [
    nameColumn,
    integerColumn("Desired", "Replicas that are wanted."),
    integerColumn("Available", "Replicas that there are."),
    ageColumn,
  ],
  cells: (scale, nowMs) => [
    nameOf(scale),
    numberAt(scale, "spec", "replicas"),
    numberAt(scale, "status", "replicas"),
    objectAge(scale, nowMs),
  ],
};

function readiness(deployment: unknown): string {
  const ready = numberAt(deployment, "status", "readyReplicas");
  return `${ready}/${numberAt(deployment, "spec", "replicas")}`;
}

function templateCells(workload: unknown): readonly string[] {
  const podSpec = fieldAt(workload, "spec", "template", "spec");
  return [...containerCells(podSpec), selectorText(fieldAt(workload, "spec", "selector"))];
}
