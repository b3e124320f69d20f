import { textAt } from "@beemesh/model";
import type { WebhookAnswer, WebhookCall } from "@beemesh/ports";
import type { Json } from "@beemesh/wire";

const path = "apis/admissionregistration.k8s.io/v1";

const newPods = {
  apiGroups: [""],
  apiVersions: ["v1"],
  resources: ["pods"],
  operations: ["CREATE"],
};

/**
 * What makes a mesh ask about each new pod: a webhook that changes it, and a policy. Each does
 * without the other: of what is written on two sides of a cut some may stay and some not.
 */
export const judges: readonly { readonly path: string; readonly body: Json }[] = [
  {
    path: `${path}/mutatingwebhookconfigurations`,
    body: {
      metadata: { name: "mark" },
      webhooks: [
        {
          name: "mark.example.com",
          rules: [newPods],
          clientConfig: { url: "https://mark.example.com/" },
          sideEffects: "None",
          admissionReviewVersions: ["v1"],
        },
      ],
    },
  },
  {
    path: `${path}/validatingadmissionpolicies`,
    body: {
      metadata: { name: "whole" },
      spec: {
        matchConstraints: { resourceRules: [newPods] },
        validations: [{ expression: "size(object.spec.containers) > 0" }],
      },
    },
  },
  {
    path: `${path}/validatingadmissionpolicybindings`,
    body: {
      metadata: { name: "whole" },
      spec: { policyName: "whole", validationActions: ["Deny"] },
    },
  },
];

/** A program that puts a variable into the first container of each pod it is asked about. */
export function markingWebhook({ review }: WebhookCall): WebhookAnswer {
  const uid = textAt(review, "request", "uid");
  const value = [{ name: "MARKED", value: "yes" }];
  return {
    ok: true,
    body: {
      apiVersion: "admission.k8s.io/v1",
      kind: "AdmissionReview",
      response: { uid, allowed: true, patchType: "JSONPatch", patch: "as it stands beside" },
    },
    patch: [{ op: "add", path: "/spec/containers/0/env", value }],
  };
}
