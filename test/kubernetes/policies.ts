/** Policies in CEL that decide what may be written. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviours } from "./behaviour.ts";
import { playLife } from "./life.ts";
import { objectOf, workload } from "./manifest.ts";
import { condition } from "./status-life.ts";
import type { World } from "./world.ts";

const ofDeployments = {
  resourceRules: [
    {
      apiGroups: ["apps"],
      apiVersions: ["v1"],
      operations: ["CREATE", "UPDATE"],
      resources: ["deployments"],
    },
  ],
};

/** A policy that holds in the test's own namespace alone. */
async function makePolicy(world: World, spec: JsonObject): Promise<void> {
  const name = world.unique("policy");
  await world.create(
    "validatingadmissionpolicies",
    objectOf("validatingadmissionpolicies", "ValidatingAdmissionPolicy", name, {
      spec: { matchConstraints: ofDeployments, failurePolicy: "Fail", ...spec },
    }),
  );
  world.atEnd(() => world.remove("validatingadmissionpolicies", name));
  const namespaceSelector = { matchLabels: { "kubernetes.io/metadata.name": world.namespace } };
  await world.create(
    "validatingadmissionpolicybindings",
    objectOf("validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", name, {
      spec: {
        policyName: name,
        validationActions: ["Deny"],
        matchResources: { namespaceSelector },
      },
    }),
  );
  world.atEnd(() => world.remove("validatingadmissionpolicybindings", name));
}

/** A Deployment of three is refused, one of two is taken. */
async function judges(world: World, says: RegExp): Promise<void> {
  let message = "";
  await world.until(
    () => `a refusal: ${message}`,
    async () => {
      const line = `POST ${world.path("deployments")}?dryRun=All`;
      const answer = await world.client.send(
        line,
        workload("deployments", "large", { replicas: 3 }),
      );
      message = answer.text;
      return answer.status === 422;
    },
  );
  assert.match(message, says);
  await world.create("deployments", workload("deployments", "small", { replicas: 2 }));
}

export const policies: Behaviours = {
  "am ValidatingAdmissionPolicy validate against a Deployment": async (world) => {
    const validations = [
      {
        expression: "object.spec.replicas <= 2",
        messageExpression: "'wants ' + string(object.spec.replicas)",
      },
      { expression: "object.metadata.name.size() < 60", message: "too long" },
    ];
    await makePolicy(world, { validations });
    await judges(world, /wants 3/u);
  },
  "am ValidatingAdmissionPolicy expressions refer variables": async (world) => {
    const variables = [
      { name: "replicas", expression: "object.spec.replicas" },
      { name: "isSmall", expression: "variables.replicas <= 2" },
    ];
    const validations = [{ expression: "variables.isSmall", message: "not small" }];
    await makePolicy(world, { variables, validations });
    await judges(world, /not small/u);
  },
  "am ValidatingAdmissionPolicy API operations": (world) =>
    playLife(world, {
      resource: "validatingadmissionpolicies",
      kind: "ValidatingAdmissionPolicy",
      body: {
        spec: {
          matchConstraints: ofDeployments,
          validations: [{ expression: "object.spec.replicas <= 100" }],
        },
      },
      change: { spec: { failurePolicy: "Ignore" } },
      status: {
        conditions: [{ ...condition("Shown"), lastTransitionTime: "2026-01-01T00:00:00Z" }],
      },
    }),
  "am ValidatingAdmissionPolicyBinding API operations": (world) =>
    playLife(world, {
      resource: "validatingadmissionpolicybindings",
      kind: "ValidatingAdmissionPolicyBinding",
      body: { spec: { policyName: "none", validationActions: ["Deny"] } },
      change: { spec: { validationActions: ["Warn"] } },
    }),
};
