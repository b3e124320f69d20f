/** Rows of volumes, of what asks for them, and of what provides them. */
import { ageColumn, column, nameColumn, nameOf, objectAge, wideColumn } from "./cell.ts";
import type { Column, Printer } from "./column.ts";
import { fieldAt, listAt, mapAt, textAt } from "./field.ts";
import { ageOf } from "./timestamp.ts";

const statusColumn = column("Status", "Where it is in its life.");
const capacityColumn = column("Capacity", "Bytes that fit.");
const modesColumn = column("Access Modes", "How many may use it, and how.");
const classColumn = column("StorageClass", "Class that it is of.");
const attributesColumn = column("VolumeAttributesClass", "Class of its attributes.");
const volumeModeColumn: Column = wideColumn("VolumeMode", "Files, or a bare device.");

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printPersistentVolume. */
export const volumePrinter: Printer = {
  columns: [
    nameColumn,
    capacityColumn,
    modesColumn,
    column("Reclaim Policy", "What becomes of it when its claim is gone."),
    statusColumn,
    column("Claim", "Namespace and name of the claim that has it."),
    classColumn,
    attributesColumn,
    column("Reason", "Why it is as it is."),
    ageColumn,
    volumeModeColumn,
  ],
  cells: (volume, nowMs) => [
    nameOf(volume),
    textAt(volume, "spec", "capacity", "storage"),
    modesOf(listAt(volume, "spec", "accessModes")),
    textAt(volume, "spec", "persistentVolumeReclaimPolicy"),
    phaseOf(volume),
    claimOf(volume),
    classOf(volume),
    textAt(volume, "spec", "volumeAttributesClassName") || "<unset>",
    textAt(volume, "status", "reason"),
    objectAge(volume, nowMs),
    textAt(volume, "spec", "volumeMode") || "<unset>",
  ],
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printPersistentVolumeClaim. */
export const claimPrinter: Printer = {
  columns: [
    nameColumn,
    statusColumn,
    column("Volume", "Volume that it has."),
    capacityColumn,
    modesColumn,
    classColumn,
    attributesColumn,
    ageColumn,
    volumeModeColumn,
  ],
  cells: (claim, nowMs) => {
    const isBound = textAt(claim, "spec", "volumeName") !== "";
    return [
      nameOf(claim),
      phaseOf(claim),
      textAt(claim, "spec", "volumeName"),
      isBound ? textAt(claim, "status", "capacity", "storage") : "",
      isBound ? modesOf(listAt(claim, "status", "accessModes")) : "",
      classOf(claim),
      textAt(claim, "spec", "volumeAttributesClassName") || "<unset>",
      objectAge(claim, nowMs),
      textAt(claim, "spec", "volumeMode") || "<unset>",
    ];
  },
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printStorageClass. */
export const storageClassPrinter: Printer = {
  columns: [
    nameColumn,
    column("Provisioner", "Who makes volumes of this class."),
    column("ReclaimPolicy", "What becomes of a volume when its claim is gone."),
    column("VolumeBindingMode", "When a claim gets its volume."),
    column("AllowVolumeExpansion", "Whether volumes can grow."),
    ageColumn,
  ],
  cells: (storageClass, nowMs) => [
    isDefaultClass(storageClass) ? `${nameOf(storageClass)} (default)` : nameOf(storageClass),
    textAt(storageClass, "provisioner"),
    textAt(storageClass, "reclaimPolicy") || "Delete",
    textAt(storageClass, "volumeBindingMode") || "Immediate",
    String(fieldAt(storageClass, "allowVolumeExpansion") === true),
    objectAge(storageClass, nowMs),
  ],
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printVolumeAttributesClass. */
export const attributesClassPrinter: Printer = {
  columns: [nameColumn, column("DriverName", "Driver that knows the attributes."), ageColumn],
  cells: (attributesClass, nowMs) => [
    nameOf(attributesClass),
    textAt(attributesClass, "driverName"),
    objectAge(attributesClass, nowMs),
  ],
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printCSIDriver. */
export const driverPrinter: Printer = {
  columns: [
    nameColumn,
    column("AttachRequired", "Whether a volume is attached before it is mounted."),
    column("PodInfoOnMount", "Whether the driver is told of the pod."),
    column("StorageCapacity", "Whether the scheduler heeds what room is left."),
    column("TokenRequests", "Audiences that tokens are asked for."),
    column("RequiresRepublish", "Whether volumes are published again and again."),
    column("Modes", "Life of the volumes."),
    ageColumn,
  ],
  cells: (driver, nowMs) => [
    nameOf(driver),
    String(fieldAt(driver, "spec", "attachRequired") !== false),
    String(fieldAt(driver, "spec", "podInfoOnMount") === true),
    String(fieldAt(driver, "spec", "storageCapacity") === true),
    joined(listAt(driver, "spec", "tokenRequests").map((each) => textAt(each, "audience"))),
    String(fieldAt(driver, "spec", "requiresRepublish") === true),
    joined(listAt(driver, "spec", "volumeLifecycleModes").map(String)),
    objectAge(driver, nowMs),
  ],
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printCSINode. */
export const driverNodePrinter: Printer = {
  columns: [
    nameColumn,
    { ...column("Drivers", "Drivers on the node."), type: "integer" },
    ageColumn,
  ],
  cells: (node, nowMs) => [
    nameOf(node),
    listAt(node, "spec", "drivers").length,
    objectAge(node, nowMs),
  ],
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printCSIStorageCapacity. */
export const capacityPrinter: Printer = {
  columns: [
    nameColumn,
    column("StorageClassName", "Class that the room is for."),
    column("Capacity", "Room that is left."),
  ],
  cells: (capacity) => [
    nameOf(capacity),
    textAt(capacity, "storageClassName"),
    textAt(capacity, "capacity") || "<unset>",
  ],
};

/** Source: k8s.io/kubernetes, pkg/printers/internalversion, printVolumeAttachment. */
export const attachmentPrinter: Printer = {
  columns: [
    nameColumn,
    column("Attacher", "Driver that attaches."),
    column("PV", "Volume that is attached."),
    column("Node", "Node that it is attached to."),
    column("Attached", "Whether it is."),
    ageColumn,
  ],
  cells: (attachment, nowMs) => [
    nameOf(attachment),
    textAt(attachment, "spec", "attacher"),
    textAt(attachment, "spec", "source", "persistentVolumeName"),
    textAt(attachment, "spec", "nodeName"),
    String(fieldAt(attachment, "status", "attached") === true),
    ageOf(textAt(attachment, "metadata", "creationTimestamp") || undefined, nowMs),
  ],
};

function joined(texts: readonly string[]): string {
  return texts.join(",") || "<unset>";
}

function phaseOf(object: unknown): string {
  const isEnding = textAt(object, "metadata", "deletionTimestamp") !== "";
  return isEnding ? "Terminating" : textAt(object, "status", "phase");
}

const shortModes: ReadonlyMap<unknown, string> = new Map([
  ["ReadWriteOnce", "RWO"],
  ["ReadOnlyMany", "ROX"],
  ["ReadWriteMany", "RWX"],
  ["ReadWriteOncePod", "RWOP"],
]);

/** In one order, each once, as kubectl shows them. */
function modesOf(modes: readonly unknown[]): string {
  return [...shortModes]
    .filter(([mode]) => modes.includes(mode))
    .map(([, short]) => short)
    .join(",");
}

const betaClass = "volume.beta.kubernetes.io/storage-class";

function classOf(object: unknown): string {
  return (
    textAt(object, "metadata", "annotations", betaClass) ||
    textAt(object, "spec", "storageClassName")
  );
}

function claimOf(volume: unknown): string {
  const reference = mapAt(volume, "spec", "claimRef");
  if (Object.keys(reference).length === 0) return "";
  return `${textAt(reference, "namespace")}/${textAt(reference, "name")}`;
}

function isDefaultClass(storageClass: unknown): boolean {
  return ["storageclass.kubernetes.io", "storageclass.beta.kubernetes.io"].some(
    (prefix) =>
      textAt(storageClass, "metadata", "annotations", `${prefix}/is-default-class`) === "true",
  );
}
