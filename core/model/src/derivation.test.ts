import assert from "node:assert/strict";
import { test } from "node:test";
import {
  controllerReference,
  controllersOf,
  countIn,
  derivedUid,
  isAsDerived,
  podOfTemplate,
} from "./derivation.ts";
import type { KubeObject } from "./object.ts";
import type { Container, Pod } from "./pod.ts";

const owner: KubeObject = {
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "pi", namespace: "shop", uid: "u" },
  spec: {
    template: {
      metadata: { labels: { a: "b" } },
      spec: { containers: [{ name: "c", image: "i:1" }] },
    },
  },
};
const marks = { name: "pi-0", uid: "p", labels: { x: "y" }, annotations: { n: "0" } };

test("a pod of a template has its defaults, its marks and its owner", () => {
  const pod = podOfTemplate(owner, marks);
  assert.deepEqual(pod.metadata.labels, { a: "b", x: "y" });
  assert.deepEqual(controllersOf(pod), [controllerReference(owner)]);
  assert.equal(pod.spec.restartPolicy, "Always");
  const named = podOfTemplate(owner, marks, (spec) => ({ ...spec, hostname: "h" }));
  assert.equal(named.spec.hostname, "h");
  assert(!isAsDerived(named, pod));
});

test("a pod may have a node and more annotations, and is as derived still", () => {
  const pod = podOfTemplate(owner, marks);
  const annotations = { ...pod.metadata.annotations, more: "z" };
  const bound = { ...pod, metadata: { ...pod.metadata, annotations } };
  assert(isAsDerived({ ...bound, spec: { ...pod.spec, nodeName: "m" } }, pod));
  const ephemeralContainers = [{ name: "look", image: "tools:1" }];
  assert(isAsDerived({ ...bound, spec: { ...pod.spec, ephemeralContainers } }, pod));
  const bare = { ...pod, metadata: { ...pod.metadata, annotations: {} } };
  assert(!isAsDerived(bare, pod));
});

test("a pod may have what its namespace gives to those who do not say, and nothing else", () => {
  const cpu = { cpu: "1" };
  const stated = { name: "c", image: "i:1", resources: { requests: cpu } };
  const pod = podOfTemplate(
    { ...owner, spec: { template: { spec: { containers: [stated] } } } },
    marks,
  );
  const given = (resources: Container["resources"] = {}, more: object = {}): Pod => ({
    ...pod,
    spec: {
      ...pod.spec,
      ...more,
      containers: pod.spec.containers.map((each) => ({ ...each, resources })),
    },
  });
  const priority = { priority: 5, priorityClassName: "high", preemptionPolicy: "Never" };
  const more = { requests: { ...cpu, memory: "1Gi" }, limits: { cpu: "2" } };
  assert(isAsDerived(given(more, priority), pod));
  assert(!isAsDerived(given({ requests: { cpu: "2" } }), pod), "what is stated stays");
  assert(!isAsDerived(given({ limits: cpu }), pod), "and is not taken away");
  const named = given({ requests: cpu }, { priorityClassName: "low" });
  assert(isAsDerived(given({ requests: cpu }, { priorityClassName: "low", priority: 3 }), named));
  assert(!isAsDerived(given({ requests: cpu }, { priorityClassName: "high" }), named));
});

test("a pod that was changed may have other amounts of what its template states", () => {
  const resources = { requests: { cpu: "1", "a.b/gpu": "1" }, limits: { memory: "1Gi" } };
  const stated = { name: "c", image: "i:1", resources, resizePolicy: [] };
  const template = { spec: { containers: [stated], initContainers: [{ ...stated, name: "i" }] } };
  const pod = podOfTemplate({ ...owner, spec: { template } }, marks);
  const given = (more: Partial<Container>, generation?: number): Pod => ({
    ...pod,
    metadata: { ...pod.metadata, ...(generation === undefined ? {} : { generation }) },
    spec: { ...pod.spec, containers: pod.spec.containers.map((each) => ({ ...each, ...more })) },
  });
  const requests = { cpu: "2", "a.b/gpu": "1", memory: "2Gi" };
  const other = { requests, limits: { memory: "2Gi" } };
  assert(isAsDerived(given({ resources: other }, 2), pod));
  assert(!isAsDerived(given({ resources: other }, 1), pod), "it is as it was made");
  assert(!isAsDerived(given({ resources: other }), pod));
  const gpus = { ...other, requests: { ...requests, "a.b/gpu": "2" } };
  assert(!isAsDerived(given({ resources: gpus }, 2), pod), "others do not change");
  assert(!isAsDerived(given({ resources: { ...other, limits: {} } }, 2), pod), "none is taken");
  assert(!isAsDerived(given({ resources: other, image: "other:1" }, 2), pod));
});

test("a pod has what its RuntimeClass adds, if its template names one", () => {
  const toleration = { key: "a", operator: "Exists" } as const;
  const podWith = (more: object): Pod =>
    podOfTemplate(
      {
        ...owner,
        spec: { template: { spec: { containers: [{ name: "c", image: "i:1" }], ...more } } },
      },
      marks,
    );
  const named = { runtimeClassName: "vm", nodeSelector: { zone: "b" }, tolerations: [toleration] };
  const given = {
    ...named,
    overhead: { cpu: "1" },
    nodeSelector: { zone: "b", vm: "yes" },
    tolerations: [toleration, { key: "vm", operator: "Exists" }],
  };
  assert(isAsDerived(podWith(given), podWith(named)));
  assert(isAsDerived(podWith(given), podWith({ runtimeClassName: "vm" })));
  const elsewhere = { ...given, nodeSelector: { zone: "c", vm: "yes" } };
  assert(!isAsDerived(podWith(elsewhere), podWith(named)), "what is stated stays");
  const { runtimeClassName: _, ...plain } = given;
  assert(!isAsDerived(podWith(plain), podWith({})), "without a class nothing is added");
});

test("a count in an annotation is a whole number, written as one", () => {
  const count = (text: string) =>
    countIn({ ...owner, metadata: { name: "a", annotations: { n: text } } }, "n");
  assert.deepEqual(["0", "12", "", "01", "-1", "1e3"].map(count), [
    0,
    12,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test("a derived uid has the form of one, and is another for another text", () => {
  assert.match(
    derivedUid("a"),
    /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/u,
  );
  assert.equal(derivedUid("a"), derivedUid("a"));
  assert.notEqual(derivedUid("a"), derivedUid("b"));
});
