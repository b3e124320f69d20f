/**
 * Golden traces: each story as its events, one per line, and the effects each one gave. Rewrite
 * with `node --test --test-update-snapshots`.
 */
import { test } from "node:test";
import { podOf, Stage, startWallMs } from "./stage.ts";

const owner = {
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  name: "web",
  uid: "R",
  controller: true,
};
const foundWeb = { uid: "U", namespace: "default", name: "web-1", ip: "10.1.0.2" };

const stories: Readonly<Record<string, () => Stage>> = {
  "apply-to-ready": () => {
    const readinessProbe = { httpGet: { port: 80 }, periodSeconds: 1 };
    const stage = new Stage();
    stage.found();
    stage.assign(podOf({ containers: [{ name: "web", image: "nginx:1", readinessProbe }] }));
    stage.at(40).created();
    stage.at(90).started();
    stage.at(100).probed("readiness", false);
    stage.at(1090).tick();
    stage.at(1100).probed("readiness", true);
    return stage;
  },
  "crash-loop": () => {
    const stage = Stage.running(podOf());
    stage.at(1000).exited(1);
    stage.at(1100).started("web", 1);
    stage.at(2000).exited(1, { attempt: 1 });
    stage.at(11_999).tick();
    stage.at(12_000).tick();
    stage.at(12_100).started("web", 2);
    stage.at(13_000).exited(1, { attempt: 2 });
    stage.at(33_000).tick();
    stage.at(33_100).started("web", 3);
    stage.at(633_100).exited(1, { attempt: 3 });
    return stage;
  },
  "image-missing": () => {
    const stage = new Stage();
    stage.found();
    stage.assign(podOf());
    stage.at(40).created();
    stage.at(500).failed("image-pull-failed", "manifest unknown");
    stage.at(10_500).tick();
    stage.at(11_000).failed("image-pull-failed", "manifest unknown");
    stage.at(31_000).tick();
    stage.at(32_000).started();
    return stage;
  },
  "liveness-failure": () => {
    const livenessProbe = { tcpSocket: { port: 80 }, periodSeconds: 1, failureThreshold: 2 };
    const web = { name: "web", image: "nginx:1", livenessProbe };
    const stage = Stage.running(podOf({ containers: [web], terminationGracePeriodSeconds: 5 }));
    stage.at(10).probed("liveness", false);
    stage.at(1000).tick();
    stage.at(1010).probed("liveness", false);
    stage.at(1500).exited(137);
    stage.at(1600).started("web", 1);
    return stage;
  },
  "missing-config": () => {
    const configMapKeyRef = { name: "conf", key: "WORD" };
    const env = [{ name: "WORD", valueFrom: { configMapKeyRef } }];
    const stage = new Stage();
    stage.found();
    stage.assign(podOf({ containers: [{ name: "web", image: "nginx:1", env }] }));
    stage.at(40).created();
    const metadata = { name: "conf", namespace: "default" };
    const map = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { WORD: "honey" } };
    stage.objects.set("configmaps/default/conf", map);
    const changed = { resource: "configmaps", namespace: "default", name: "conf" };
    stage.at(5000).step({ kind: "dependency", ...changed });
    stage.at(5100).started();
    return stage;
  },
  "delete-with-grace": () => {
    const lifecycle = { preStop: { exec: { command: ["sleep", "1"] } } };
    const pod = podOf({ containers: [{ name: "web", image: "nginx:1", lifecycle }] });
    const stage = Stage.running(pod);
    const deleted = { deletionTimestamp: "now", deletionGracePeriodSeconds: 10 };
    stage.at(5000).assign({ ...pod, metadata: { ...pod.metadata, ...deleted } });
    const whose = { uid: "U", container: "web", attempt: 0 };
    stage.at(6000).report({ kind: "hooked", ...whose, hook: "preStop", ok: true, message: "" });
    stage.at(6500).exited(0);
    stage.at(6510).report({ kind: "containerStopped", uid: "U", container: "web" });
    stage.at(6600).report({ kind: "podRemoved", uid: "U" });
    return stage;
  },
  "init-containers-in-order": () => {
    const initContainers = [
      { name: "first", image: "busybox:1" },
      { name: "beside", image: "busybox:1", restartPolicy: "Always" as const },
      { name: "last", image: "busybox:1" },
    ];
    const stage = new Stage();
    stage.found();
    stage.assign(podOf({ initContainers, restartPolicy: "OnFailure" }));
    stage.at(10).created();
    stage.at(20).started("first");
    stage.at(30).exited(1, { container: "first" });
    stage.at(40).started("first", 1);
    stage.at(50).exited(0, { container: "first", attempt: 1 });
    stage.at(60).started("beside");
    stage.at(70).started("last");
    stage.at(80).exited(0, { container: "last" });
    stage.at(90).started("web");
    stage.at(100).exited(0);
    stage.at(110).exited(143, { container: "beside" });
    return stage;
  },
  "adoption-without-a-restart": () => {
    const before = Stage.running(podOf());
    const status = before.statuses.get("U");
    const stage = new Stage();
    stage.at(60_000).assign(status === undefined ? podOf() : { ...podOf(), status });
    const web = { name: "web", attempt: 0, id: "id-web-0", state: "running" as const };
    const containers = [{ ...web, startedAtMs: startWallMs }];
    const stray = { uid: "X", namespace: "default", name: "stray", ip: "", containers: [] };
    stage.at(60_100).found({ ...foundWeb, containers }, stray);
    return stage;
  },
  reboot: () => {
    const status = Stage.running(podOf()).statuses.get("U");
    const stage = new Stage();
    stage.at(60_000).assign(status === undefined ? podOf() : { ...podOf(), status });
    stage.at(60_100).found();
    stage.at(60_200).created();
    stage.at(60_300).started("web", 1);
    return stage;
  },
  "sandbox-lost": () => {
    const stage = Stage.running(podOf({}, { ownerReferences: [owner] }));
    stage.at(5000).step({ kind: "runtime", event: { kind: "vanished", uid: "U" } });
    stage.at(5100).report({ kind: "podRemoved", uid: "U" });
    stage.at(6000).step({ kind: "unassign", uid: "U", reason: "replaced" });
    stage.at(6100).report({ kind: "podRemoved", uid: "U" });
    return stage;
  },
  "sandbox-of-a-bare-pod-lost": () => {
    const stage = Stage.running(podOf());
    stage.at(5000).step({ kind: "runtime", event: { kind: "vanished", uid: "U" } });
    stage.at(5100).created();
    stage.at(5200).started("web", 1);
    return stage;
  },
  deadline: () => {
    const stage = Stage.running(podOf({ activeDeadlineSeconds: 10 }));
    stage.at(10_000).tick();
    stage.at(10_500).exited(143);
    return stage;
  },
};

for (const [name, story] of Object.entries(stories)) {
  test(`trace: ${name}`, (t) => {
    const text = `${story().lines.join("\n")}\n`;
    t.assert.fileSnapshot(text, `${import.meta.dirname}/testdata/${name}.txt`, {
      serializers: [String],
    });
  });
}
