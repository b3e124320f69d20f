/** Source: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/ */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PodSecurityContext, SecurityContext } from "@beemesh/model";
import { securityOf } from "./security.ts";
import { podOf, Stage } from "./stage.ts";

function securityFor(ofPod: PodSecurityContext | undefined, own?: SecurityContext) {
  const container = { name: "web", image: "x:1", ...(own && { securityContext: own }) };
  const pod = podOf({ containers: [container], ...(ofPod && { securityContext: ofPod }) });
  return securityOf(pod, container);
}

describe("securityOf", () => {
  for (const [ofPod, own, security] of [
    [undefined, undefined, undefined],
    [{}, { privileged: false, allowPrivilegeEscalation: true }, undefined],
    [{ runAsUser: 1, runAsGroup: 2 }, { runAsUser: 7 }, { uid: 7, gid: 2 }],
    [{ fsGroup: 3, supplementalGroups: [4] }, {}, { groups: [3, 4] }],
    [{ runAsNonRoot: true }, { runAsNonRoot: false }, undefined],
    [{ runAsNonRoot: true, runAsUser: 0 }, { runAsUser: 5 }, { uid: 5, nonRoot: true }],
    [{ seccompProfile: { type: "Unconfined" } }, {}, { seccompUnconfined: true }],
    [
      { seccompProfile: { type: "Unconfined" } },
      { seccompProfile: { type: "RuntimeDefault" } },
      undefined,
    ],
    [
      {},
      {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] },
      },
      {
        readOnlyRoot: true,
        noNewPrivileges: true,
        addCapabilities: ["NET_ADMIN"],
        dropCapabilities: ["ALL"],
      },
    ],
    [{}, { privileged: true }, { privileged: true }],
  ] as const) {
    test(`${JSON.stringify(ofPod)} and ${JSON.stringify(own)}`, () => {
      const found = securityFor(ofPod, own);
      assert(found.ok);
      assert.deepEqual(found.value, security);
    });
  }

  test("refuses a profile of the machine, which it has not", () => {
    const found = securityFor({
      seccompProfile: { type: "Localhost", localhostProfile: "a.json" },
    });
    assert(!found.ok && /cannot load seccomp profile "a.json"/u.test(found.missing.message));
  });
});

describe("a container that must not be root", () => {
  const waiting = (stage: Stage): unknown =>
    stage.statuses.get("U")?.containerStatuses?.[0]?.state.waiting;
  const reason = "CreateContainerConfigError";
  const place = '(pod: "web-1_default(U)", container: web)';

  test("is not asked for if its manifest says root", () => {
    const stage = new Stage();
    stage.found();
    stage.assign(podOf({ securityContext: { runAsNonRoot: true, runAsUser: 0 } }));
    stage.created();
    const message = `container's runAsUser breaks non-root policy ${place}`;
    assert.deepEqual(waiting(stage), { reason, message });
  });

  test("waits if its image says root, and tells that once", () => {
    const stage = new Stage();
    stage.found();
    stage.assign(podOf({ securityContext: { runAsNonRoot: true } }));
    stage.created();
    const text = "container has runAsNonRoot and image will run as root";
    const told = stage.failed("user-refused", text);
    assert.deepEqual(waiting(stage), { reason, message: `${text} ${place}` });
    assert.equal(told.filter(({ kind }) => kind === "event").length, 1);
    const again = [...stage.at(20_000).tick(), ...stage.failed("user-refused", text)];
    assert(again.some(({ kind }) => kind === "runtime"));
    assert.equal(again.filter(({ kind }) => kind === "event").length, 0);
  });
});
