import assert from "node:assert/strict";
import { test } from "node:test";
import { decodingFault } from "./decoding.ts";
import { findResource } from "./resource.ts";

/** What is said of an object of a kind; `apps/deployments` or `pods`. */
function said(kind: string, rest: object): string | undefined {
  const [group = "", name = ""] = kind.includes("/") ? kind.split("/") : ["", kind];
  const resource = findResource(group, name);
  assert(resource);
  const { kind: itsKind } = resource;
  return decodingFault(resource, {
    apiVersion: "v1",
    kind: itsKind,
    metadata: { name: "a" },
    ...rest,
  });
}

const head = "json: cannot unmarshal";

test("an object of the right types has no fault, whatever its values", () => {
  assert.equal(said("apps/deployments", { spec: { replicas: -1, unknown: {} } }), undefined);
});

test("a wrong type is told with the field's place and what it is in Go", () => {
  const container = (more: object) => ({ spec: { containers: [{ name: "a" }, more] } });
  assert.equal(
    said("apps/deployments", { spec: { replicas: "x" } }),
    `${head} string into Go struct field DeploymentSpec.spec.replicas of type int32`,
  );
  assert.equal(
    said("pods", container({ image: true })),
    `${head} bool into Go struct field Container.spec.containers.image of type string`,
  );
  assert.equal(
    said("pods", container({ args: "-v" })),
    `${head} string into Go struct field Container.spec.containers.args of type []string`,
  );
  assert.equal(
    said("pods", { spec: { containers: {} } }),
    `${head} object into Go struct field PodSpec.spec.containers of type []v1.Container`,
  );
  assert.equal(
    said("pods", { spec: [] }),
    `${head} array into Go struct field Pod.spec of type v1.PodSpec`,
  );
  assert.equal(
    said("configmaps", { data: { a: 1 } }),
    `${head} number 1 into Go struct field ConfigMap.data of type string`,
  );
  assert.equal(
    said("apps/deployments", { spec: { replicas: 2 ** 40 } }),
    `${head} number 1099511627776 into Go struct field DeploymentSpec.spec.replicas of type int32`,
  );
});

test("texts that are read by a function of their own are told in its words", () => {
  const quantity = said("pods", {
    spec: { containers: [{ name: "a", resources: { limits: { cpu: "much" } } }] },
  });
  assert.match(quantity ?? "", /^quantities must match the regular expression /u);
  assert.match(
    said("pods", { metadata: { name: "a", creationTimestamp: "yesterday" } }) ?? "",
    /^parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse it$/u,
  );
  assert.equal(said("secrets", { data: { a: "!" } }), "illegal base64 data");
});
