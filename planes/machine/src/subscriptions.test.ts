import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, type Now } from "@beemesh/base";
import { type KubeObject, type Pod, ResourceBook } from "@beemesh/model";
import type { Coverage } from "@beemesh/registry";
import { Subscriptions } from "./subscriptions.ts";

const at = (ms: number): Now => ({ at: instantAt(ms), wallMs: ms });
const pod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "web-1",
    namespace: "shop",
  },
  spec: { containers: [{ name: "web", image: "x", envFrom: [{ configMapRef: { name: "c" } }] }] },
};

/** Subscriptions of a machine that keeps these collections, and holds `coverage` of all. */
function make(
  kept: readonly string[],
  coverage: Coverage = "partly",
  book: Pick<ResourceBook, "all"> = new ResourceBook(),
) {
  const shelves = {
    collections: () => kept,
    rankOf: (collection: string) => (kept.includes(collection) ? 0 : undefined),
    coverageOf: () => coverage,
  };
  return new Subscriptions(shelves, book);
}

const definitions = "customresourcedefinitions.apiextensions.k8s.io/-";

function definitionOf(plural: string, hasScale: boolean): KubeObject {
  const group = "bees.io";
  const scale = { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" };
  const subresources = hasScale ? { scale } : {};
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}`, uid: plural },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural, kind: plural, singular: `${plural}-one` },
      versions: [{ name: "v1", served: true, storage: true, subresources }],
    },
  };
}

const accountOf = (): undefined => undefined;

const followed = (subscriptions: Subscriptions, pods: readonly Pod[] = [], ms = 0): string[] =>
  subscriptions
    .update({ pods, ending: [], accountOf }, at(ms))
    .map(({ kind, collection }) => `${kind} ${collection}`)
    .toSorted();

/** What decides who may do what, and is therefore always here. */
const everywhere = [
  "clusterrolebindings.rbac.authorization.k8s.io/-",
  "clusterroles.rbac.authorization.k8s.io/-",
  "mutatingwebhookconfigurations.admissionregistration.k8s.io/-",
  "namespaces/-",
  "priorityclasses.scheduling.k8s.io/-",
  "runtimeclasses.node.k8s.io/-",
  "validatingadmissionpolicies.admissionregistration.k8s.io/-",
  "validatingadmissionpolicybindings.admissionregistration.k8s.io/-",
  "validatingwebhookconfigurations.admissionregistration.k8s.io/-",
];

describe("Subscriptions", () => {
  test("follow the settings of the pods that run here", () => {
    const ofPods = ["configmaps/shop", "poddisruptionbudgets.policy/shop", "serviceaccounts/shop"];
    const unlinked = { ...pod, spec: { ...pod.spec, enableServiceLinks: false } };
    for (const [runs, own] of [
      [unlinked, ofPods],
      [pod, [...ofPods, "services/shop"]],
    ] as const) {
      const wanted = [...own, ...everywhere].toSorted();
      assert.deepEqual(
        followed(make([]), [runs]),
        wanted.map((collection) => `follow ${collection}`),
      );
    }
  });

  test("follow the Secrets that images are pulled with, the pod's and its account's", () => {
    const imagePullSecrets = [{ name: "registry" }];
    const wants = (runs: Pod, account: object): boolean => {
      const metadata = { name: "default", namespace: "shop" };
      const found = { apiVersion: "v1", kind: "ServiceAccount", metadata, ...account };
      return make([])
        .update({ pods: [runs], ending: [], accountOf: () => found }, at(0))
        .some(({ collection }) => collection === "secrets/shop");
    };
    assert(!wants(pod, {}));
    assert(!wants(pod, { imagePullSecrets: [] }));
    assert(wants(pod, { imagePullSecrets }));
    assert(wants({ ...pod, spec: { ...pod.spec, imagePullSecrets } }, {}));
  });

  test("follow what the controllers of a kept collection read, and leave it again", () => {
    const kept = ["replicasets.apps/shop"];
    const subscriptions = make(kept);
    const beside = ["deployments.apps", "limitranges", "pods", "resourcequotas"];
    const own = beside.map((kind) => `${kind}/shop`);
    const wanted = [...own, ...everywhere, "nodes/-"].toSorted();
    assert.deepEqual(
      followed(subscriptions),
      wanted.map((collection) => `follow ${collection}`),
    );
    assert.deepEqual(followed(subscriptions), []);
    kept.pop();
    assert.equal(followed(subscriptions).length, own.length + 1);
  });

  test("follow all that a kept quota may count", () => {
    const wanted = followed(make(["resourcequotas/shop"]));
    assert(wanted.includes("follow pods/shop") && wanted.includes("follow deployments.apps/shop"));
    assert(!wanted.includes("follow resourcequotas/shop"), "that is kept here");
  });

  test("follow the custom resources that a kept quota counts and an autoscaler scales", () => {
    const book = new ResourceBook();
    book.learn(definitionOf("hives", true));
    book.learn(definitionOf("combs", false));
    const wanted = followed(make(["resourcequotas/shop"], "partly", book));
    for (const each of ["combs.bees.io/shop", "hives.bees.io/shop", definitions]) {
      assert(wanted.includes(`follow ${each}`), each);
    }
    const autoscalers = ["horizontalpodautoscalers.autoscaling/shop"];
    const scaled = followed(make(autoscalers, "partly", book));
    assert(
      scaled.includes("follow hives.bees.io/shop") && scaled.includes(`follow ${definitions}`),
    );
    assert(!scaled.includes("follow combs.bees.io/shop"), "it cannot be scaled");
    assert(!followed(make([], "partly", book)).includes(`follow ${definitions}`));
  });

  test("follow all that may be in a namespace that is being deleted", () => {
    const ending = [{ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } }];
    const book = new ResourceBook();
    book.learn(definitionOf("hives", true));
    const changes = make(["namespaces/-"], "partly", book).update(
      { pods: [], ending, accountOf },
      at(0),
    );
    for (const wanted of ["configmaps/shop", "hives.bees.io/shop", definitions]) {
      assert(
        changes.some(({ collection }) => collection === wanted),
        wanted,
      );
    }
  });

  test("keep what the API serves for ten minutes", () => {
    const subscriptions = make([]);
    subscriptions.serve("events/shop", at(0));
    assert(subscriptions.isStale);
    assert(followed(subscriptions).includes("follow events/shop"));
    assert.deepEqual(followed(subscriptions, [], 11 * 60_000), ["unfollow events/shop"]);
  });

  test("let controllers act only on what is here with all that they read beside it", () => {
    assert(!make(["pods/shop"], "partly").isReady("pods/shop"));
    assert(make(["pods/shop"], "kept").isReady("pods/shop"));
    assert(make([], "followed").isReady("pods/shop"));
  });
});
