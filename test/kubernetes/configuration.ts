/** Kinds that are kept for those who read them: each plays its whole life. */
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviour, Behaviours } from "./behaviour.ts";
import { type Kind, playLife } from "./life.ts";
import type { World } from "./world.ts";

const life =
  (kind: Kind): Behaviour =>
  (world) =>
    playLife(world, kind);

const labelled: JsonObject = { metadata: { labels: { changed: "yes" } } };

const condition = {
  type: "Shown",
  status: "True",
  reason: "Test",
  message: "by a test",
  lastTransitionTime: "2026-01-01T00:00:00Z",
};

const podTemplate: JsonObject = {
  metadata: { labels: { app: "life" } },
  spec: { containers: [{ name: "main", image: "localhost/none:1" }] },
};

const flow: Behaviours = {
  "am APF FlowSchema API operations": life({
    resource: "flowschemas",
    kind: "FlowSchema",
    body: {
      spec: {
        matchingPrecedence: 9000,
        priorityLevelConfiguration: { name: "life-none" },
        distinguisherMethod: { type: "ByUser" },
        rules: [
          {
            subjects: [{ kind: "User", user: { name: "nobody" } }],
            resourceRules: [
              { verbs: ["list"], apiGroups: [""], resources: ["*"], namespaces: ["*"] },
            ],
          },
        ],
      },
    },
    change: { spec: { matchingPrecedence: 8999 } },
    status: { conditions: [{ ...condition, type: "Dangling" }] },
  }),
  "am APF PriorityLevelConfiguration API operations": life({
    resource: "prioritylevelconfigurations",
    kind: "PriorityLevelConfiguration",
    body: {
      spec: {
        type: "Limited",
        limited: { nominalConcurrencyShares: 2, limitResponse: { type: "Reject" } },
      },
    },
    change: { spec: { limited: { nominalConcurrencyShares: 4 } } },
    status: { conditions: [condition] },
  }),
};

const workload: Behaviours = {
  "apps ControllerRevision lifecycle": life({
    resource: "controllerrevisions",
    kind: "ControllerRevision",
    body: { revision: 1, data: { spec: { template: podTemplate } } },
    change: { revision: 2 },
  }),
  "apps CronJob API operations": life({
    resource: "cronjobs",
    kind: "CronJob",
    body: {
      spec: {
        schedule: "0 0 1 1 *",
        suspend: true,
        jobTemplate: {
          spec: { template: { spec: { ...Object(podTemplate["spec"]), restartPolicy: "Never" } } },
        },
      },
    },
    change: { spec: { concurrencyPolicy: "Forbid" } },
    status: { lastScheduleTime: "2026-01-01T00:00:00Z" },
  }),
  "node PodTemplates lifecycle": life({
    resource: "podtemplates",
    kind: "PodTemplate",
    body: { template: podTemplate },
    change: { template: { metadata: { labels: { app: "changed" } } } },
  }),
  "node Lease API": life({
    resource: "leases",
    kind: "Lease",
    body: {
      spec: {
        holderIdentity: "ann",
        leaseDurationSeconds: 30,
        acquireTime: "2026-01-01T00:00:00.000000Z",
        renewTime: "2026-01-01T00:00:01.000000Z",
        leaseTransitions: 0,
      },
    },
    change: { spec: { holderIdentity: "bob", leaseTransitions: 1 } },
  }),
  "node RuntimeClass API operations": life({
    resource: "runtimeclasses",
    kind: "RuntimeClass",
    body: { handler: "life" },
    change: labelled,
  }),
  "sched PriorityClass endpoints": life({
    resource: "priorityclasses",
    kind: "PriorityClass",
    body: { value: 7, description: "before" },
    change: { description: "after" },
  }),
  "sched LimitRange list patch delete collection": life({
    resource: "limitranges",
    kind: "LimitRange",
    body: { spec: { limits: [{ type: "Pod", max: { cpu: "20" } }] } },
    change: { spec: { limits: [{ type: "Pod", max: { cpu: "30" } }] } },
  }),
};

const ingressLife = life({
  resource: "ingresses",
  kind: "Ingress",
  body: {
    spec: {
      ingressClassName: "life-none",
      defaultBackend: { service: { name: "web", port: { number: 80 } } },
    },
  },
  change: { spec: { defaultBackend: { service: { name: "other", port: { number: 80 } } } } },
  status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } },
});

const network: Behaviours = {
  "net Ingress API operations": async (world) => {
    // Of another controller's class, so that nobody else writes its status.
    const made = { metadata: { name: "life-none" }, spec: { controller: "example.com/life" } };
    await world.create("ingressclasses", { ...made, kind: "IngressClass" });
    world.atEnd(() => world.remove("ingressclasses", "life-none"));
    await ingressLife(world);
  },
  "net IngressClass API operations": life({
    resource: "ingressclasses",
    kind: "IngressClass",
    body: { spec: { controller: "example.com/life" } },
    change: labelled,
  }),
  "net EndpointSlice API operations": life({
    resource: "endpointslices",
    kind: "EndpointSlice",
    body: {
      addressType: "IPv4",
      endpoints: [{ addresses: ["192.0.2.10"], conditions: { ready: true } }],
      ports: [{ name: "http", port: 80, protocol: "TCP" }],
    },
    change: { endpoints: [{ addresses: ["192.0.2.11"] }] },
  }),
  "net IPAddress API operations": life({
    resource: "ipaddresses",
    kind: "IPAddress",
    body: {
      spec: { parentRef: { group: "", resource: "services", namespace: "default", name: "none" } },
    },
    change: labelled,
    name: (world, index) => `192.0.${numberOf(world)}.${index + 1}`,
  }),
  "net ServiceCIDR API operations": life({
    resource: "servicecidrs",
    kind: "ServiceCIDR",
    body: { spec: { cidrs: ["198.51.100.0/24"] } },
    change: labelled,
    status: { conditions: [{ ...condition, type: "Ready" }] },
  }),
};

/** The number of a world, below 256, so that addresses differ. */
function numberOf({ namespace }: World): number {
  return Number(/\d+$/u.exec(namespace)?.[0] ?? 0) % 256;
}

const pvBody = {
  spec: {
    capacity: { storage: "1Gi" },
    accessModes: ["ReadWriteOnce"],
    persistentVolumeReclaimPolicy: "Retain",
    storageClassName: "life",
    nfs: { server: "192.0.2.1", path: "/life" },
  },
} as const;

const attachment: JsonObject = {
  spec: {
    attacher: "csi.example.com",
    nodeName: "nowhere",
    source: { persistentVolumeName: "life-none" },
  },
};

const volume: Kind = {
  resource: "persistentvolumes",
  kind: "PersistentVolume",
  body: pvBody,
  change: { spec: { persistentVolumeReclaimPolicy: "Delete" } },
};

const claim: Kind = {
  resource: "persistentvolumeclaims",
  kind: "PersistentVolumeClaim",
  body: {
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName: "life",
      resources: { requests: { storage: "1Gi" } },
    },
  },
  change: labelled,
};

const storage: Behaviours = {
  "stor CSIInline lifecycle of CSIDriver": life({
    resource: "csidrivers",
    kind: "CSIDriver",
    body: { spec: { attachRequired: false, volumeLifecycleModes: ["Ephemeral"] } },
    change: labelled,
  }),
  "stor CSINodes lifecycle": life({
    resource: "csinodes",
    kind: "CSINode",
    body: { spec: { drivers: [] } },
    change: labelled,
  }),
  "stor CSIStorageCapacity API operations": life({
    resource: "csistoragecapacities",
    kind: "CSIStorageCapacity",
    body: { storageClassName: "life", capacity: "10Gi" },
    change: { capacity: "20Gi" },
  }),
  "stor PV/PVC lifecycle": async (world) => {
    await playLife(world, volume);
    await playLife(world, claim);
  },
  "stor PV/PVC status": async (world) => {
    const conditions = [{ type: "Shown", status: "True", message: "by a test" }];
    await playLife(world, { ...volume, status: { phase: "Failed", message: "by a test" } });
    await playLife(world, { ...claim, status: { phase: "Pending", conditions } });
  },
  "stor StorageClasses lifecycle": life({
    resource: "storageclasses",
    kind: "StorageClass",
    body: {
      provisioner: "example.com/life",
      parameters: { kind: "slow" },
      reclaimPolicy: "Delete",
    },
    change: { allowVolumeExpansion: true },
  }),
  "stor VolumeAttachment lifecycle": life({
    resource: "volumeattachments",
    kind: "VolumeAttachment",
    body: attachment,
    change: labelled,
  }),
  "stor VolumeAttachment status": life({
    resource: "volumeattachments",
    kind: "VolumeAttachment",
    body: attachment,
    change: labelled,
    status: { attached: true, attachError: { message: "by a test", time: "2026-01-01T00:00:00Z" } },
  }),
  "stor VolumeAttributesClass lifecycle": life({
    resource: "volumeattributesclasses",
    kind: "VolumeAttributesClass",
    body: { driverName: "csi.example.com", parameters: { iops: "5000" } },
    change: labelled,
  }),
};

const wanted: JsonObject = {
  devices: { requests: [{ name: "one", exactly: { deviceClassName: "life.example" } }] },
};

const given: JsonObject = {
  allocation: {
    devices: {
      results: [{ request: "one", driver: "life.example", pool: "life", device: "first" }],
    },
  },
};

const devices: Behaviours = {
  "node DRA DeviceClass CRUD": life({
    resource: "deviceclasses",
    kind: "DeviceClass",
    body: { spec: { selectors: [{ cel: { expression: "device.driver == 'life.example'" } }] } },
    change: { spec: { selectors: [{ cel: { expression: "device.driver == 'b.example'" } }] } },
  }),
  "node DRA ResourceClaim CRUD": life({
    resource: "resourceclaims",
    kind: "ResourceClaim",
    body: { spec: wanted },
    change: labelled,
    status: given,
  }),
  "node DRA ResourceClaimTemplate CRUD": life({
    resource: "resourceclaimtemplates",
    kind: "ResourceClaimTemplate",
    body: { spec: { spec: wanted } },
    change: labelled,
  }),
  "node DRA ResourceSlice CRUD": life({
    resource: "resourceslices",
    kind: "ResourceSlice",
    body: {
      spec: {
        driver: "life.example",
        pool: { name: "life", generation: 1, resourceSliceCount: 1 },
        nodeName: "life",
        devices: [{ name: "first" }],
      },
    },
    change: { spec: { devices: [{ name: "second" }] } },
  }),
};

export const configuration: Behaviours = {
  ...flow,
  ...workload,
  ...network,
  ...storage,
  ...devices,
};
