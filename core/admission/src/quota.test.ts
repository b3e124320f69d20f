/** Source of the texts: k8s.io/apiserver, admission/plugin/resourcequota/controller.go. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { countsKind, quotaFault } from "./quota.ts";
import { resourcesAt } from "./resource-list.ts";
import { objectOf, podWith, quotaOf } from "./test-objects.ts";

const pods = { group: "", name: "pods" };
const usedOf = (used: object) => resourcesAt({ used }, "used");

describe("quotaFault", () => {
  const quota = quotaOf({ "requests.cpu": "2", pods: "5" });
  const asking = (cpu: string) => podWith([{ requests: { cpu } }]);

  test("what fits is taken, to the last bit", () => {
    const used = usedOf({ "requests.cpu": "1500m", pods: "4" });
    const charge = { resource: pods, object: asking("500m") };
    assert.equal(quotaFault([{ quota, used }], charge), "");
  });

  test("what does not is told with what is asked, taken and allowed of what is exceeded", () => {
    const used = usedOf({ "requests.cpu": "1500m", pods: "4" });
    assert.equal(
      quotaFault([{ quota, used }], { resource: pods, object: asking("600m") }),
      "exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=1500m, " +
        "limited: requests.cpu=2",
    );
  });

  test("a pod has to state what a quota counts", () => {
    assert.equal(
      quotaFault([{ quota, used: usedOf({}) }], { resource: pods, object: podWith([{}]) }),
      "failed quota: q: must specify requests.cpu for: c0",
    );
  });

  test("a change is charged with what it takes more", () => {
    const services = { group: "", name: "services" };
    const service = (type: string) => objectOf("v1", "Service", "s", { type, ports: [{}] });
    const full = { quota: quotaOf({ services: "1" }), used: usedOf({ services: "1" }) };
    const change = {
      resource: services,
      object: service("NodePort"),
      before: service("ClusterIP"),
    };
    assert.equal(quotaFault([full], change), "");
    const tight = {
      quota: quotaOf({ "services.nodeports": "0" }),
      used: usedOf({ "services.nodeports": "0" }),
    };
    assert.equal(
      quotaFault([tight], change),
      "exceeded quota: q, requested: services.nodeports=1, used: services.nodeports=0, " +
        "limited: services.nodeports=0",
    );
  });

  test("what is over already is no reason to refuse what takes none of it", () => {
    const used = usedOf({ "requests.cpu": "9", pods: "1" });
    assert.equal(quotaFault([{ quota, used }], { resource: pods, object: asking("0") }), "");
  });
});

test("countsKind says whether a quota counts anything of a kind at all", () => {
  const quota = quotaOf({ configmaps: "1", "requests.cpu": "1" });
  assert(countsKind(quota, { group: "", name: "configmaps" }) && countsKind(quota, pods));
  assert(!countsKind(quota, { group: "apps", name: "deployments" }));
});
