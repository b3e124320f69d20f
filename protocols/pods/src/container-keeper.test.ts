/** How one container is kept, seen through the pod that it is in. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Container } from "@beemesh/model";
import type { PodsEffect } from "./effect.ts";
import { podOf, Stage } from "./stage.ts";

function startsOf(effects: readonly PodsEffect[]): number[] {
  return effects.flatMap((effect) =>
    effect.kind === "runtime" && effect.command.kind === "startContainer"
      ? [effect.command.attempt]
      : [],
  );
}

function stateOf(stage: Stage): unknown {
  return stage.statuses.get("U")?.containerStatuses?.[0]?.state;
}

describe("a container that ends", () => {
  for (const [restartPolicy, exitCode, starts, phase] of [
    ["Always", 0, [1], "Running"],
    ["OnFailure", 1, [1], "Running"],
    ["OnFailure", 0, [], "Succeeded"],
    ["Never", 0, [], "Succeeded"],
    ["Never", 3, [], "Failed"],
  ] as const) {
    test(`with ${exitCode} under ${restartPolicy}: the pod is ${phase}`, () => {
      const stage = Stage.running(podOf({ restartPolicy }));
      assert.deepEqual(startsOf(stage.at(1000).exited(exitCode)), starts);
      assert.equal(stage.statuses.get("U")?.phase, phase);
    });
  }

  test("waits longer after each crash, to 5 minutes", () => {
    const stage = Stage.running(podOf());
    const waits: number[] = [];
    let atMs = 0;
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const effects = stage.at(atMs).exited(1, { attempt });
      const wake = effects.find((effect) => effect.kind === "wake");
      waits.push((wake?.at ?? atMs) - atMs);
      atMs = wake?.at ?? atMs;
      if (wake !== undefined) stage.at(atMs).tick();
      stage.started("web", attempt + 1);
    }
    assert.deepEqual(
      waits,
      [0, 10, 20, 40, 80, 160, 300, 300].map((seconds) => seconds * 1000),
    );
  });

  test("before its start was reported is taken as started, then ended", () => {
    const stage = new Stage();
    stage.found();
    stage.assign(podOf({ restartPolicy: "Never" }));
    stage.created();
    stage.exited(4);
    stage.started();
    assert.equal(stage.statuses.get("U")?.phase, "Failed");
  });

  test("for lack of memory says so", () => {
    const stage = Stage.running(podOf({ restartPolicy: "Never" }));
    const exit = { exitCode: 137, signal: 9, outOfMemory: true, finishedAtMs: 0 };
    const whose = { uid: "U", container: "web", attempt: 0 };
    stage.step({ kind: "runtime", event: { kind: "exited", ...whose, exit } });
    assert.match(JSON.stringify(stateOf(stage)), /"signal":9,"reason":"OOMKilled"/u);
  });

  test("of an earlier attempt changes nothing", () => {
    const stage = Stage.running(podOf());
    stage.exited(1);
    stage.started("web", 1);
    assert.deepEqual(stage.exited(1), []);
  });
});

describe("a container that cannot start", () => {
  test("counts as crashed if the runtime could not start it", () => {
    const stage = new Stage();
    stage.found();
    stage.assign(podOf({ restartPolicy: "Never" }));
    stage.created();
    stage.failed("start-failed", "no such file");
    assert.match(JSON.stringify(stateOf(stage)), /"exitCode":128,"reason":"StartError"/u);
    assert.equal(stage.statuses.get("U")?.phase, "Failed");
  });

  test("waits without a crash if the engine has troubles", () => {
    const stage = new Stage();
    stage.found();
    stage.assign(podOf());
    stage.created();
    stage.failed("runtime-unavailable", "socket gone");
    assert.match(JSON.stringify(stateOf(stage)), /CreateContainerError/u);
    assert.deepEqual(startsOf(stage.at(1000).tick()), [0]);
  });

  test("says that its image may not be pulled", () => {
    const web: Container = { name: "web", image: "nginx:1", imagePullPolicy: "Never" };
    const stage = new Stage();
    stage.found();
    stage.assign(podOf({ containers: [web] }));
    stage.created();
    stage.failed("image-missing", "");
    assert.match(JSON.stringify(stateOf(stage)), /ErrImageNeverPull/u);
  });
});

test("a container whose pull secrets are not there says so, and is started all the same", () => {
  const stage = new Stage();
  stage.found();
  stage.assign(podOf({ imagePullSecrets: [{ name: "shop" }] }));
  const text = JSON.stringify(stage.created());
  assert.match(text, /FailedToRetrieveImagePullSecret.*secrets \(shop\).*startContainer/u);
});

describe("probes", () => {
  const probe = { tcpSocket: { port: 80 }, periodSeconds: 1, failureThreshold: 1 };
  const kindsOf = (effects: readonly PodsEffect[]): string[] =>
    effects.flatMap((effect) =>
      effect.kind === "runtime" && effect.command.kind === "probe" ? [effect.command.probe] : [],
    );
  const withProbes = (more: Partial<Container>): Stage =>
    Stage.running(podOf({ containers: [{ name: "web", image: "nginx:1", ...more }] }));

  test("of startup go before the others", () => {
    const stage = withProbes({
      startupProbe: probe,
      livenessProbe: probe,
      readinessProbe: probe,
    });
    assert.deepEqual(kindsOf(stage.at(1000).tick()), []);
    assert.deepEqual(kindsOf(stage.at(1100).probed("startup", true)), ["liveness", "readiness"]);
  });

  test("of startup that fail have the container killed", () => {
    const stage = withProbes({ startupProbe: { ...probe, terminationGracePeriodSeconds: 3 } });
    const text = JSON.stringify(stage.probed("startup", false));
    assert.match(text, /failed startup probe, will be restarted/u);
    assert.match(text, /"graceMs":3000/u);
  });

  test("of readiness only make it unready", () => {
    const stage = withProbes({ readinessProbe: probe });
    stage.probed("readiness", true);
    assert.equal(stage.statuses.get("U")?.containerStatuses?.[0]?.ready, true);
    stage.at(1000).tick();
    const text = JSON.stringify(stage.probed("readiness", false));
    assert.doesNotMatch(text, /stopContainer/u);
    assert.equal(stage.statuses.get("U")?.containerStatuses?.[0]?.ready, false);
  });
});

test("a new image restarts its container", () => {
  const stage = Stage.running(podOf());
  const effects = stage.assign(podOf({ containers: [{ name: "web", image: "nginx:2" }] }));
  assert.match(JSON.stringify(effects), /definition changed, will be restarted/u);
  assert.deepEqual(startsOf(stage.exited(0)), [1]);
});

describe("a hook after the start", () => {
  const exec = { postStart: { exec: { command: ["true"] } } };
  const withHook = (lifecycle: Container["lifecycle"], more: Partial<Container> = {}): Stage =>
    Stage.running(
      podOf({
        containers: [{ name: "web", image: "i:1", ...(lifecycle && { lifecycle }), ...more }],
      }),
    );
  const hooked = (stage: Stage, ok: boolean): readonly PodsEffect[] => {
    const whose = { uid: "U", container: "web", attempt: 0, hook: "postStart" as const };
    return stage.report({ kind: "hooked", ...whose, ok, message: "a secret" });
  };

  test("holds its container: it is neither running nor asked anything before", () => {
    const probe = { tcpSocket: { port: 80 }, periodSeconds: 1 };
    const stage = withHook(exec, { readinessProbe: probe });
    assert.match(JSON.stringify(stateOf(stage)), /ContainerCreating/u);
    assert.equal(stage.statuses.get("U")?.phase, "Pending");
    assert.doesNotMatch(JSON.stringify(stage.at(2000).tick()), /"kind":"probe"/u);
    assert.match(JSON.stringify(hooked(stage.at(2500), true)), /"kind":"probe"/u);
    assert.match(JSON.stringify(stateOf(stage)), /running/u);
    assert.equal(stage.statuses.get("U")?.phase, "Running");
  });

  test("that fails ends the container, and tells nobody what it said", () => {
    const stage = withHook(exec);
    const text = JSON.stringify(hooked(stage, false));
    assert.match(text, /FailedPostStartHook.*stopContainer.*"graceMs":30000/u);
    assert.doesNotMatch(text, /a secret/u);
    assert.deepEqual(startsOf(stage.exited(137)), [1]);
  });

  test("that sleeps is over by the clock", () => {
    const stage = withHook({ postStart: { sleep: { seconds: 3 } } });
    stage.at(2999).tick();
    assert.match(JSON.stringify(stateOf(stage)), /ContainerCreating/u);
    stage.at(3000).tick();
    assert.match(JSON.stringify(stateOf(stage)), /running/u);
  });

  test("over HTTP is well with any answer", () => {
    const stage = withHook({ postStart: { httpGet: { port: 80 } } });
    const line = stage.lines.find((each) => each.includes('"hook":"postStart"'));
    assert.match(line ?? "", /"anyStatus":true/u);
  });

  test("whose answer is lost holds its container for a while only", () => {
    const stage = withHook(exec);
    stage.at(400_000).tick();
    assert.match(JSON.stringify(stateOf(stage)), /running/u);
  });

  test("that fails while its container ends already changes nothing", () => {
    const stage = withHook(exec);
    stage.assign({ ...podOf(), metadata: { ...podOf().metadata, deletionTimestamp: "now" } });
    assert.doesNotMatch(JSON.stringify(hooked(stage, false)), /FailedPostStartHook/u);
  });

  test("holds up the containers that come after it", () => {
    const containers = [
      { name: "web", image: "i:1", lifecycle: exec },
      { name: "next", image: "i:1" },
    ];
    const stage = new Stage();
    stage.found();
    stage.assign(podOf({ containers }));
    assert.deepEqual(startsOf(stage.created()), [0]);
    assert.deepEqual(startsOf(stage.started()), []);
    assert.deepEqual(startsOf(hooked(stage, true)), [0]);
  });
});

describe("a mount whose sub-path is an expression", () => {
  const env = [
    { name: "NAME", valueFrom: { fieldRef: { fieldPath: "metadata.annotations['sub']" } } },
  ];
  const volumeMounts = [{ name: "v", mountPath: "/v", subPathExpr: "all/$(NAME)" }];
  const volumes = [{ name: "v", emptyDir: {} }];
  const spec = { containers: [{ name: "web", image: "i:1", env, volumeMounts }], volumes };
  const made = (annotations: Record<string, string> = {}): Stage => {
    const stage = new Stage();
    stage.found();
    stage.assign(podOf(spec, { annotations }));
    return stage;
  };

  test("is of what its variables say", () => {
    assert.match(JSON.stringify(made({ sub: "one" }).created()), /"subPath":"all\/one"/u);
  });

  for (const [sub, message] of [
    ["", "missing value for NAME"],
    ["..", "must not contain '..'"],
  ] as const) {
    test(`holds up its container while it is of "${sub}"`, () => {
      const stage = made({ sub });
      assert.deepEqual(startsOf(stage.created()), []);
      const text = JSON.stringify(stateOf(stage));
      assert(text.includes("CreateContainerConfigError") && text.includes(message), text);
      assert.deepEqual(startsOf(stage.assign(podOf(spec, { annotations: { sub: "one" } }))), [0]);
    });
  }

  test("must not be absolute", () => {
    const mounts = [{ name: "v", mountPath: "/v", subPathExpr: "$(NAME)" }];
    const containers = [{ name: "web", image: "i:1", env, volumeMounts: mounts }];
    const stage = new Stage();
    stage.found();
    stage.assign(podOf({ containers, volumes }, { annotations: { sub: "/tmp" } }));
    stage.created();
    assert.match(JSON.stringify(stateOf(stage)), /must not be an absolute path/u);
  });
});
