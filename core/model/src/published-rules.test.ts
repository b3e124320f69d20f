import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { publishedCauses, withFallbacks, withImplied } from "./published-rules.ts";
import { typeNamed } from "./schema.ts";

function causes(name: string, object: JsonObject, path = "spec"): readonly string[] {
  const type = typeNamed(name);
  assert(type, name);
  return publishedCauses(type, object, path).map(({ field, message }) => `${field}: ${message}`);
}

describe("published rules", () => {
  test("name the texts of an enumeration, of lists item by item", () => {
    const claim = { accessModes: ["ReadWriteOnce", "Sometimes"], volumeMode: "" };
    const [cause = "", ...more] = causes("core.v1.PersistentVolumeClaimSpec", claim);
    assert.match(cause, /^spec\.accessModes\[1\]: Unsupported value: "Sometimes"/u);
    assert.deepEqual(more, []);
    assert.equal(causes("core.v1.PersistentVolumeClaimSpec", claim, "status.x").length, 0);
  });

  test("write spaces in texts", () => {
    const request = { usages: ["client auth", "other"] };
    const found = causes("certificates.v1.CertificateSigningRequestSpec", request);
    assert.equal(found.length, 1);
    assert.match(found[0] ?? "", /"client auth"/u);
  });

  test("bound numbers, texts and lists", () => {
    const replicas = "spec.maxReplicas: Invalid value: 0: must be greater than or equal to 1";
    assert.deepEqual(causes("autoscaling.v2.HorizontalPodAutoscalerSpec", { maxReplicas: 0 }), [
      replicas,
    ]);
    const ip = { parentRef: {}, addresses: Array.from({ length: 101 }, () => "10.0.0.1") };
    assert.deepEqual(causes("discovery.v1.Endpoint", ip), [
      "spec.addresses: Too many: 101: must have at most 100 items",
    ]);
  });

  test("say what is asked for although it is missing", () => {
    const type = typeNamed("apps.v1.Deployment");
    assert(type);
    const whole = withImplied(type, { spec: { replicas: 1 } });
    assert.deepEqual(whole["spec"], {
      replicas: 1,
      template: { spec: {} },
      strategy: {},
    });
    assert.deepEqual(Object.keys(withImplied(type, {})), ["spec"]);
  });

  test("say what stands for a missing member", () => {
    const type = typeNamed("core.v1.ISCSIVolumeSource");
    assert(type);
    const source = withFallbacks(type, { targetPortal: "a", iscsiInterface: "" });
    assert.deepEqual(source, { targetPortal: "a", iscsiInterface: "default" });
    assert.deepEqual(withFallbacks(type, { iscsiInterface: "x" }), { iscsiInterface: "x" });
  });
});
