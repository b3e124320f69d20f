import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaults } from "./defaults.ts";
import { resourceOfKind } from "./resource.ts";
import { validate } from "./validate.ts";

function causes(ofPod: object, own: object = {}): readonly string[] {
  const resource = resourceOfKind("v1", "Pod");
  assert(resource);
  const containers = [{ name: "a", image: "x", securityContext: own }];
  const pod = defaults(resource, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a", namespace: "n" },
    spec: { containers, securityContext: ofPod },
  });
  return validate(resource, pod).map(({ field, message }) => `${field}: ${message}`);
}

describe("rules for security contexts", () => {
  const context = "spec.containers[0].securityContext";

  test("users and groups are numbers of the kernel", () => {
    const range = "must be between 0 and 2147483647, inclusive";
    assert.deepEqual(causes({ runAsUser: -1, supplementalGroups: [1, 2_147_483_648] }), [
      `spec.securityContext.runAsUser: Invalid value: -1: ${range}`,
      `spec.securityContext.supplementalGroups[1]: Invalid value: 2147483648: ${range}`,
    ]);
    assert.deepEqual(causes({ runAsUser: 0, fsGroup: 0, supplementalGroups: [0] }), []);
  });

  test("who may gain no rights has not all of them", () => {
    const [privileged = ""] = causes({}, { allowPrivilegeEscalation: false, privileged: true });
    assert.match(privileged, /^spec\.containers\[0\]\.securityContext: Invalid value/u);
    assert.match(privileged, /cannot set `allowPrivilegeEscalation` to false and `privileged`/u);
    const add = { capabilities: { add: ["CAP_SYS_ADMIN"] }, allowPrivilegeEscalation: false };
    assert.match(causes({}, add)[0] ?? "", /and `capabilities.Add` CAP_SYS_ADMIN$/u);
  });

  test("a profile of seccomp has a name if and only if it is the machine's", () => {
    const profile = (seccompProfile: object): readonly string[] => causes({}, { seccompProfile });
    const field = `${context}.seccompProfile.localhostProfile`;
    assert.deepEqual(profile({ type: "Localhost" }), [
      `${field}: Required value: must be set when seccomp type is Localhost`,
    ]);
    assert.deepEqual(profile({ type: "Unconfined", localhostProfile: "a" }), [
      `${field}: Invalid value: "a": can only be set when seccomp type is Localhost`,
    ]);
    assert.deepEqual(profile({ type: "Localhost", localhostProfile: "a" }), []);
  });

  test("settings of the kernel have names, each once", () => {
    const found = causes({
      sysctls: ["foo-", "kernel.shmmax", "safe-and-unsafe", "kernel.shmmax", "bar.."].map(
        (name) => ({ name, value: "1" }),
      ),
    });
    assert.deepEqual(
      found.map((text) => text.replace(/: must have.*/u, "")),
      [
        'spec.securityContext.sysctls[0].name: Invalid value: "foo-"',
        'spec.securityContext.sysctls[4].name: Invalid value: "bar.."',
        'spec.securityContext.sysctls[3].name: Duplicate value: "kernel.shmmax"',
      ],
    );
  });
});
