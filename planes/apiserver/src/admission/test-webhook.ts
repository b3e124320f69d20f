/** Webhooks for tests: configurations, and the answers of a program that is asked. */
import type { WebhookAnswer, WebhookCall } from "@beemesh/ports";
import type { Json, JsonObject } from "@beemesh/wire";
import { fieldAt, textAt } from "../field.ts";
import { TestClient } from "../test-client.ts";

const group = "/apis/admissionregistration.k8s.io/v1";

/** Where configurations and policies live. */
export const admissionPaths = {
  mutating: `${group}/mutatingwebhookconfigurations`,
  validating: `${group}/validatingwebhookconfigurations`,
  policies: `${group}/validatingadmissionpolicies`,
  bindings: `${group}/validatingadmissionpolicybindings`,
} as const;

/** Rules for all that is done to the resources of the core group. */
export function rulesFor(resources: string, operations = "*", apiGroups = "*"): JsonObject {
  return {
    apiGroups: [apiGroups],
    apiVersions: ["*"],
    resources: [resources],
    operations: operations.split(" "),
  };
}

/** A webhook with what every one needs. */
export function hookOf(name: string, rules: JsonObject, more: JsonObject = {}): JsonObject {
  return {
    name,
    rules: [rules],
    clientConfig: { url: `https://hook.example.com/${name}` },
    sideEffects: "None",
    admissionReviewVersions: ["v1"],
    ...more,
  };
}

export function configurationOf(
  sort: "Mutating" | "Validating",
  name: string,
  ...webhooks: readonly JsonObject[]
): JsonObject {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: `${sort}WebhookConfiguration`,
    metadata: { name },
    webhooks,
  };
}

/** A client of an API with one configuration of these webhooks. */
export function clientOfHooks(
  sort: "Mutating" | "Validating",
  ...hooks: readonly JsonObject[]
): TestClient {
  const client = new TestClient();
  addHooks(client, sort, "hooks", ...hooks);
  return client;
}

/** Adds a configuration of webhooks. */
export function addHooks(
  client: TestClient,
  sort: "Mutating" | "Validating",
  name: string,
  ...hooks: readonly JsonObject[]
): void {
  const path = sort === "Mutating" ? admissionPaths.mutating : admissionPaths.validating;
  client.make(path, configurationOf(sort, name, ...hooks));
}

/** A review that lets the request go on, with `response` added to it. */
export function allowing(
  call: WebhookCall,
  response: JsonObject = {},
  patch?: Json,
): WebhookAnswer {
  const changes = patch === undefined ? {} : { patch: "encoded", patchType: "JSONPatch" };
  const uid = textAt(call.review, "request", "uid");
  const body = {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    response: { uid, allowed: true, ...changes, ...response },
  };
  return { ok: true, body, patch };
}

/** The name that {@link hookOf} gave to the webhook of a call. */
export function hookName({ url }: WebhookCall): string {
  return url.split("/").at(-1)?.split("?")[0] ?? "";
}

/** The request that a call reviews. */
export function requestOf({ review }: WebhookCall): unknown {
  return fieldAt(review, "request");
}
