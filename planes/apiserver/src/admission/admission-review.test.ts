import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Json, JsonObject } from "@beemesh/wire";
import { userInfo, verdictOf } from "./admission-review.ts";

const hook = { name: "h.example.com", isMutating: true };
const review = { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" };

function verdict(response: JsonObject, patch?: Json) {
  const body = { ...review, response: { uid: "u", ...response } };
  return verdictOf({ uid: "u", answer: { ok: true, body, patch } }, hook);
}

test("a user is shown with uid and extra, as far as there are such", () => {
  const groups = ["g"];
  assert.deepEqual(userInfo({ name: "ann", groups }), { username: "ann", groups });
  assert.deepEqual(userInfo({ name: "ann", groups, uid: "u", extra: { a: ["b"] } }), {
    username: "ann",
    uid: "u",
    groups,
    extra: { a: ["b"] },
  });
});

describe("verdictOf", () => {
  test("reads a patch, and nothing that is none", () => {
    const patch = { patch: "eA==", patchType: "JSONPatch" };
    assert.deepEqual(verdict({ allowed: true, ...patch }, [{ op: "test" }]), {
      kind: "allowed",
      warnings: [],
      patch: [{ op: "test" }],
    });
    const failed = (response: JsonObject): string => {
      const found = verdict({ allowed: true, ...response });
      return found.kind === "failed" ? found.reason : found.kind;
    };
    assert.match(failed(patch), /^received undecodable patch in webhook response/u);
    const invalid = "received invalid webhook response: ";
    assert.equal(
      failed({ patchType: "JSONPatch" }),
      `${invalid}webhook returned response.patchType but not response.patch`,
    );
    assert.equal(
      failed({ patch: "eA==", patchType: "" }),
      `${invalid}webhook returned invalid response.patchType of ""`,
    );
    assert.match(failed({ patch: "eA==", patchType: "Merge" }), /unsupported patch type "Merge"$/u);
  });

  test("takes a refusal with a code that is none for a bad request", () => {
    for (const code of [undefined, 200, 99_999, "403"]) {
      const status = { ...(code && { code }), reason: "Because" };
      const found = verdict({ allowed: false, status });
      assert(found.kind === "denied");
      assert.equal(found.status.code, 400);
      const message = 'admission webhook "h.example.com" denied the request: Because';
      assert.equal(found.status.message, message);
    }
  });

  test("hears warnings, and nothing else for a warning", () => {
    const found = verdict({ allowed: true, warnings: ["a", 1, null] });
    assert(found.kind === "allowed");
    assert.deepEqual(found.warnings, ["a"]);
  });

  test("tells why there is no answer", () => {
    const answer = { ok: false, reason: "EOF" } as const;
    assert.deepEqual(verdictOf({ uid: "u", answer }, hook), {
      kind: "failed",
      reason: "failed to call webhook: EOF",
    });
  });
});
