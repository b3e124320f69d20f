import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MachineOffer } from "@beemesh/bidding";
import type { KubeObject, Pod } from "@beemesh/model";
import { type OfferSources, offerOf, workloadOf } from "./offer.ts";
import { facts, podNamed } from "./shelf.test.ts";

const well = { runtime: "", disk: "", clock: "" };

function offer(change: Partial<OfferSources> = {}): MachineOffer {
  return offerOf({ facts, health: well, node: undefined, pods: [], uptimeMs: 0, ...change });
}

function nodeWith(spec: unknown): KubeObject {
  const metadata = { name: "m1", labels: { zone: "b" } };
  return { apiVersion: "v1", kind: "Node", metadata, spec };
}

describe("offerOf", () => {
  test("offers the capacity, less what its pods have asked for", () => {
    const { reserved, capacity, workloads } = offer({ pods: [podNamed("a"), podNamed("b")] });
    const memoryBytes = 2 * 64 * 1024 ** 2;
    assert.deepEqual(reserved, { cpuMillicores: 1000, memoryBytes, pods: 2 });
    assert.equal(capacity.cpuMillicores, facts.cpuMillicores);
    assert.deepEqual([...workloads], [["rs-1", 2]]);
  });

  test("counts no pod that has ended", () => {
    const ended: Pod = { ...podNamed("a"), status: { phase: "Succeeded" } };
    assert.equal(offer({ pods: [ended, podNamed("b")] }).reserved.pods, 1);
  });

  test("names the ports that are taken", () => {
    const containers = [
      { name: "web", image: "x", ports: [{ containerPort: 80, hostPort: 8080 }] },
    ];
    const { hostPorts } = offer({ pods: [podNamed("a", { containers })] });
    assert.deepEqual(
      hostPorts.map(({ port }) => port),
      [8080],
    );
  });

  test("takes labels, taints and a cordon from the Node, as users wrote them", () => {
    const taints = [
      { key: "gpu", value: "yes", effect: "NoSchedule" },
      { key: "bad", effect: "Explode" },
      "nonsense",
    ];
    const offered = offer({ node: nodeWith({ unschedulable: true, taints }) });
    assert.deepEqual(offered.taints, [{ key: "gpu", value: "yes", effect: "NoSchedule" }]);
    assert.equal(offered.unschedulable, true);
    assert.deepEqual(offered.labels, { zone: "b" });
    assert.equal(offer({ node: nodeWith(undefined) }).unschedulable, false);
  });

  test("a machine in trouble takes nothing", () => {
    assert.equal(offer({ health: { ...well, runtime: "gone" } }).unschedulable, true);
    assert.equal(offer({ health: { ...well, disk: "full" } }).diskPressure, true);
    assert.equal(offer({ health: { ...well, clock: "off" } }).unschedulable, false);
  });

  test("who is up for long is preferred", () => {
    assert(offer({ uptimeMs: 30 * 86_400_000 }).longevity > offer().longevity);
  });
});

test("pods are spread by their controller, or each by itself", () => {
  assert.equal(workloadOf(podNamed("a")), "rs-1");
  const { ownerReferences: _, ...metadata } = podNamed("a").metadata;
  assert.equal(workloadOf({ ...podNamed("a"), metadata }), "uid-a");
});
