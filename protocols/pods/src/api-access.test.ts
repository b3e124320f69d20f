import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Pod } from "@beemesh/model";
import type { FilePlan } from "@beemesh/ports";
import {
  type ApiAccess,
  apiVariables,
  renewalMsOf,
  withApiAccess,
  withRootCa,
} from "./api-access.ts";
import type { PodsEffect } from "./effect.ts";
import { podOf, Stage } from "./stage.ts";

const folder = "/var/run/secrets/kubernetes.io/serviceaccount";
const nothing = (): undefined => undefined;

/** Gives a token of another number each time. */
function accessOf(isThere = true): ApiAccess {
  let count = 0;
  return {
    host: "10.96.0.1",
    port: 443,
    rootCa: "PEM",
    token: (_, { expirationSeconds }) =>
      isThere ? `token ${(count += 1)} for ${expirationSeconds} s` : undefined,
  };
}

function mountsIn(pod: Pod): readonly string[] {
  return (pod.spec.containers[0]?.volumeMounts ?? []).map(({ mountPath }) => mountPath);
}

describe("a pod's way to the API", () => {
  test("is a volume in every container, unless the pod or its account says no", () => {
    const access = accessOf();
    const pod = podOf({ initContainers: [{ name: "init", image: "i" }] });
    const whole = withApiAccess(pod, nothing, access);
    assert.deepEqual(mountsIn(whole), [folder]);
    assert.equal(whole.spec.initContainers?.[0]?.volumeMounts?.length, 1);
    assert.equal(withApiAccess(pod, nothing, undefined), pod);
    const off = { automountServiceAccountToken: false };
    assert.equal(mountsIn(withApiAccess(podOf({ ...off }), nothing, access)).length, 0);
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "x" }, ...off };
    const lookup = (): typeof account => account;
    assert.equal(mountsIn(withApiAccess(podOf(), lookup, access)).length, 0);
    const on = podOf({ automountServiceAccountToken: true });
    assert.deepEqual(mountsIn(withApiAccess(on, lookup, access)), [folder]);
  });

  test("leaves alone what the pod mounts there itself", () => {
    const volumeMounts = [{ name: "own", mountPath: folder }];
    const pod = podOf({ containers: [{ name: "web", image: "i", volumeMounts }] });
    assert.deepEqual(mountsIn(withApiAccess(pod, nothing, accessOf())), [folder]);
  });

  test("is told by the variables that clients read", () => {
    const variables = new Map(apiVariables(accessOf()));
    assert.equal(variables.get("KUBERNETES_SERVICE_HOST"), "10.96.0.1");
    assert.equal(variables.get("KUBERNETES_SERVICE_PORT"), "443");
    assert.equal(apiVariables(undefined).length, 0);
  });

  test("has its machine's authority in the map that nobody wrote", () => {
    const lookup = withRootCa(nothing, accessOf());
    assert.deepEqual(lookup("configmaps", "a", "kube-root-ca.crt")?.["data"], { "ca.crt": "PEM" });
    assert.equal(lookup("configmaps", "a", "other"), undefined);
    assert.equal(lookup("secrets", "a", "kube-root-ca.crt"), undefined);
  });
});

function filesIn(effects: readonly PodsEffect[], kind: "createPod" | "writeFiles"): string[] {
  const files = effects.flatMap((effect): readonly FilePlan[] => {
    if (effect.kind !== "runtime" || effect.command.kind !== kind) return [];
    const { command } = effect;
    const volumes = command.kind === "createPod" ? command.plan.volumes : command.volumes;
    return volumes.flatMap((volume) => (volume.kind === "files" ? volume.files : []));
  });
  return files.map(({ path, content }) => `${path}: ${Buffer.from(content, "base64").toString()}`);
}

describe("the token in a pod", () => {
  const first = ["token: token 1 for 3607 s", "ca.crt: PEM", "namespace: default"];

  test("is there from the start and renewed when four fifths of its life are over", () => {
    const stage = new Stage(accessOf());
    stage.found();
    assert.deepEqual(filesIn(stage.assign(podOf()), "createPod"), first);
    stage.created();
    stage.started();
    const renewalMs = renewalMsOf(withApiAccess(podOf(), nothing, accessOf())) ?? 0;
    assert.equal(renewalMs, 3607 * 800);
    assert.deepEqual(filesIn(stage.at(renewalMs - 1).tick(), "writeFiles"), []);
    const again = filesIn(stage.at(renewalMs).tick(), "writeFiles");
    assert.deepEqual(again, ["token: token 2 for 3607 s", ...first.slice(1)]);
    stage.report({ kind: "filesFailed", uid: "U", message: "disk full" });
    const later = filesIn(stage.at(renewalMs + 20_000).tick(), "writeFiles");
    assert.equal(later[0], "token: token 3 for 3607 s");
    stage.report({ kind: "filesWritten", uid: "U" });
    assert.deepEqual(filesIn(stage.at(renewalMs + 40_000).tick(), "writeFiles"), []);
  });

  test("is renewed at once in a pod that was found: nobody knows how old it is", () => {
    const stage = new Stage(accessOf());
    stage.assign(podOf());
    const containers = [{ name: "web", attempt: 0, id: "c", state: "running" }] as const;
    const found = { uid: "U", namespace: "default", name: "web-1", ip: "10.1.0.2", containers };
    assert.deepEqual(filesIn(stage.found(found), "writeFiles"), first);
  });

  test("is renewed when its account has changed: it may be another one by now", () => {
    const stage = Stage.running(podOf(), accessOf());
    const account = {
      kind: "dependency",
      resource: "serviceaccounts",
      namespace: "default",
    } as const;
    assert.deepEqual(filesIn(stage.step({ ...account, name: "other" }), "writeFiles"), []);
    const files = filesIn(stage.step({ ...account, name: "default" }), "writeFiles");
    assert.equal(files[0], "token: token 2 for 3607 s");
  });

  test("is waited for while its account is not there", () => {
    const stage = new Stage(accessOf(false));
    stage.found();
    stage.assign(podOf());
    const text = stage.lines.join("\n");
    assert.match(text, /FailedMount.*failed to fetch token: serviceaccounts "default" not found/u);
    assert(!text.includes("createPod"));
  });
});
