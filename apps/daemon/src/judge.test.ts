/** A webhook that judges as a test says, and a machine with kubectl to try it on. */
import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { test } from "node:test";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { kubectls } from "../../../test/kubectls.ts";
import { lacksOpenssl, type StubWebhook, startStub } from "../../../test/stub-webhook.ts";
import { Client } from "./kubectl-client.test.ts";
import { at, type StageMachine, withStage } from "./stage.test.ts";

const newest = kubectls.at(-1);

/** Why nothing here can be shown; false if it can. */
export const skip = (newest === undefined && "there is no kubectl") || lacksOpenssl;

/** Plays on one machine, with the newest kubectl. */
export function withMachine(
  play: (client: Client, machine: StageMachine) => Promise<void>,
): Promise<void> {
  return withStage(async (make) => {
    const machine = make("m1");
    machine.found();
    await machine.start();
    await play(clientOf(machine), machine);
  });
}

/** The newest kubectl for a machine, as it was started last. */
export function clientOf(machine: StageMachine): Client {
  return new Client(machine, newest ?? "");
}

/** What a webhook answers to the request of a review. */
export type Judge = (request: JsonObject) => JsonObject;

export async function startJudge(judge: Judge): Promise<StubWebhook> {
  return startStub((incoming: IncomingMessage, response: ServerResponse) => {
    answer(judge, incoming, response).catch(() => response.destroy());
  });
}

export async function answer(
  judge: Judge,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const review = await json(incoming);
  const request = isJsonObject(review) ? review["request"] : undefined;
  assert(isJsonObject(request));
  const { uid = "" } = request;
  const kind = { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" };
  const verdict = { uid, allowed: true, ...judge(request) };
  response.end(JSON.stringify({ ...kind, response: verdict }));
}

export function configuration(
  sort: "Mutating" | "Validating",
  hook: Pick<StubWebhook, "port" | "caBundle">,
  more: JsonObject = {},
): JsonObject {
  const rules = [
    { apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"], operations: ["CREATE"] },
  ];
  const url = `https://127.0.0.1:${hook.port}/judge`;
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: `${sort}WebhookConfiguration`,
    metadata: { name: sort.toLowerCase() },
    webhooks: [
      {
        name: `${sort.toLowerCase()}.example.com`,
        rules,
        clientConfig: { url, caBundle: hook.caBundle },
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
        ...more,
      },
    ],
  };
}

export function encoded(patch: Json): JsonObject {
  return { patch: Buffer.from(JSON.stringify(patch)).toString("base64"), patchType: "JSONPatch" };
}

test("a patch is encoded as webhooks answer with it", () => {
  const { patch, patchType } = encoded([{ op: "remove", path: "/a" }]);
  assert.equal(patchType, "JSONPatch");
  assert.equal(patch, btoa('[{"op":"remove","path":"/a"}]'));
  const hook = configuration("Validating", { port: 1, caBundle: "" }, { timeoutSeconds: 1 });
  assert.equal(at(hook, "kind"), "ValidatingWebhookConfiguration");
});
