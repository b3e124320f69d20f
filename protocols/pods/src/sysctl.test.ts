import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { podOf, Stage } from "./stage.ts";
import { forbiddenSysctl, sysctlsOf } from "./sysctl.ts";

const podWith = (...names: string[]) =>
  podOf({ securityContext: { sysctls: names.map((name) => ({ name, value: "1" })) } });

describe("settings of the kernel", () => {
  test("are named with dots", () => {
    assert.deepEqual(sysctlsOf(podOf()), {});
    assert.deepEqual(sysctlsOf(podWith("net/ipv4/tcp_syncookies", "net.ipv4.conf.eth0/1.x")), {
      sysctls: { "net.ipv4.tcp_syncookies": "1", "net.ipv4.conf.eth0/1.x": "1" },
    });
  });

  test("are allowed if only the pod notices", () => {
    assert.equal(forbiddenSysctl(podOf()), undefined);
    assert.equal(forbiddenSysctl(podWith("kernel/shm_rmid_forced")), undefined);
    const rule = 'forbidden sysctl: "kernel.msgmax" not allowlisted';
    assert.equal(forbiddenSysctl(podWith("net.ipv4.tcp_wmem", "kernel.msgmax")), rule);
    const pod = podWith("kernel.shm_rmid_forced");
    assert.equal(
      forbiddenSysctl({ ...pod, spec: { ...pod.spec, hostIPC: true } }),
      'forbidden sysctl: "kernel.shm_rmid_forced" not allowed with host ipc enabled',
    );
  });

  test("that are forbidden end the pod before it begins", () => {
    const stage = new Stage();
    stage.found();
    const effects = stage.assign(podWith("kernel.msgmax"));
    const { phase, reason, message } = stage.statuses.get("U") ?? {};
    assert.deepEqual([phase, reason], ["Failed", "SysctlForbidden"]);
    assert.match(message ?? "", /^Pod was rejected: forbidden sysctl: "kernel.msgmax"/u);
    assert(effects.some((each) => each.kind === "event" && each.reason === "SysctlForbidden"));
    assert(!effects.some((each) => each.kind === "runtime" && each.command.kind === "createPod"));
  });
});
