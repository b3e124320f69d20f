/** The life of a pod: how it begins, what it is told meanwhile, and how it ends. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviour, Behaviours } from "./behaviour.ts";
import { at, nameOf, textAt } from "./client.ts";
import { configMap, objectOf, pod, secret } from "./manifest.ts";
import { echoImage } from "./mesh.ts";
import {
  container,
  containerOf,
  ending,
  logOf,
  printed,
  started,
  staying,
  untilLog,
  untilPhase,
  untilPod,
  waits,
} from "./pod-run.ts";
import { restarts } from "./probing.ts";
import { conditionOf, type World } from "./world.ts";

/** A server of HTTP on port 8080 that does something when it is asked for `/cgi-bin/told`. */
function httpServer(does: string): string {
  const program = `#!/bin/sh\\n${does}\\nprintf "\\\\r\\\\n"\\n`;
  return `mkdir -p /tmp/www/cgi-bin; printf '${program}' >/tmp/www/cgi-bin/told; chmod +x /tmp/www/cgi-bin/told; httpd -p 8080 -h /tmp/www`;
}

/** Ends a pod, and waits until it has told another pod of its end. */
function tellsOfItsEnd(hook: (address: string) => JsonObject, said: RegExp): Behaviour {
  return async (world) => {
    const server = `${httpServer("echo told >>/tmp/told")}; trap 'exit 0' TERM; while :; do cat /tmp/told 2>/dev/null; sleep 0.2; done`;
    const readinessProbe = { tcpSocket: { port: 8080 }, periodSeconds: 1 };
    const hears = await started(world, "hears", staying(container(server, { readinessProbe })));
    const address = textAt(hears, "status", "podIP");
    const main = container(waits, { lifecycle: { preStop: hook(address) } });
    await started(world, "tells", staying(main, { terminationGracePeriodSeconds: 20 }));
    await world.ok(`DELETE ${world.path("pods", "tells")}`);
    await untilLog(world, "hears", said);
    await world.untilGone("pods", "tells");
  };
}

const asks = (address: string): JsonObject => ({
  exec: { command: ["/bin/sh", "-c", `wget -q -O - http://${address}:8080/cgi-bin/told`] },
});

const hooks: Behaviours = {
  "node Lifecycle Hook prestop exec": tellsOfItsEnd(asks, /told/u),
  // The hook's own pod is asked: a machine calls no other.
  "node Lifecycle Hook prestop http": async (world) => {
    const server = httpServer("echo told >/proc/1/fd/1");
    const preStop = { httpGet: { port: 8080, path: "/cgi-bin/told" } };
    const readinessProbe = { tcpSocket: { port: 8080 }, periodSeconds: 1 };
    const main = container(`${server}; ${waits}`, { lifecycle: { preStop }, readinessProbe });
    await started(world, "tells", staying(main, { terminationGracePeriodSeconds: 20 }));
    const whole = world.client.send(`GET ${world.path("pods", "tells")}/log?follow=true`);
    await world.ok(`DELETE ${world.path("pods", "tells")}`);
    assert.match((await whole).text, /told/u);
    await world.untilGone("pods", "tells");
  },
  "node PreStop": tellsOfItsEnd(asks, /told/u),
  "node Lifecycle Hook poststart exec": async (world) => {
    const server = `${httpServer("echo told >>/tmp/told")}; trap 'exit 0' TERM; while :; do cat /tmp/told 2>/dev/null; sleep 0.2; done`;
    const readinessProbe = { tcpSocket: { port: 8080 }, periodSeconds: 1 };
    const hears = await started(world, "hears", staying(container(server, { readinessProbe })));
    const postStart = asks(textAt(hears, "status", "podIP"));
    await started(world, "tells", staying(container(waits, { lifecycle: { postStart } })));
    // It runs only now that its hook is over, so what the hook has said is there.
    assert.match(await untilLog(world, "hears", /told/u), /told/u);
    await world.remove("pods", "tells");
  },
  // The hook's own pod is asked: a machine calls no other.
  "node Lifecycle Hook poststart http": async (world) => {
    const server = `${httpServer("echo told >/proc/1/fd/1")}; ${waits}`;
    const startupProbe = { tcpSocket: { port: 8080 }, periodSeconds: 1, failureThreshold: 30 };
    const beside = container(server, { name: "beside", restartPolicy: "Always", startupProbe });
    const postStart = { httpGet: { port: 8080, path: "/cgi-bin/told" } };
    const main = container(waits, { lifecycle: { postStart } });
    await started(world, "tells", staying(main, { initContainers: [beside] }));
    assert.match(await logOf(world, "tells", "beside"), /told/u);
    await world.remove("pods", "tells");
  },
};

const managed = /^# Kubernetes-managed hosts file\.$/mu;

const hostsFiles: Behaviours = {
  "node Kubelet hostAliases": async (world) => {
    const hostAliases = [{ ip: "123.45.67.89", hostnames: ["foo", "bar"] }];
    const said = await printed(world, "says", ending(container("cat /etc/hosts"), { hostAliases }));
    assert.match(said, /^123\.45\.67\.89\tfoo\tbar$/mu);
  },
  // Pods of the machine's own network are not there, so nobody's file is the machine's.
  "node KubeletManagedEtcHosts": async (world) => {
    const says = "cat /etc/hosts";
    const volumeMounts = [{ name: "hosts", mountPath: "/etc/hosts" }];
    const others = [
      container(says, { name: "second" }),
      container(says, { name: "own", volumeMounts }),
    ];
    const spec = {
      restartPolicy: "Never",
      containers: [container(says), ...others],
      volumes: [{ name: "hosts", hostPath: { path: "/etc/hosts", type: "File" } }],
    };
    assert.match(await printed(world, "says", spec), managed);
    assert.match(await logOf(world, "says", "second"), managed);
    assert.doesNotMatch(await logOf(world, "says", "own"), managed);
  },
};

/** Which of the image's and the manifest's words is run. */
function runs(main: JsonObject, says: string): Behaviour {
  return async (world) => {
    const spec = ending({ ...container(""), ...main });
    assert.equal(await printed(world, "runs", spec), says);
  };
}

function withoutCommand(): JsonObject {
  const { command: _, ...main } = container("");
  return { ...main, image: "localhost/beemesh-hello:1" };
}

const commands: Behaviours = {
  "node Containers override both": runs(
    { command: ["/bin/echo"], args: ["own", "words"] },
    "own words\n",
  ),
  "node Containers override entrypoint": runs({ command: ["/bin/echo", "own"] }, "own\n"),
  "node Containers override cmd": async (world) => {
    const spec = (rest: JsonObject): JsonObject =>
      ending({ name: "main", image: echoImage.name, imagePullPolicy: "Never", ...rest });
    assert.equal(await printed(world, "plain", spec({})), "says defaults\n");
    const own = spec({ args: ["override", "arguments"] });
    assert.equal(await printed(world, "runs", own), "says override arguments\n");
  },
  "node Containers image defaults": async (world) => {
    const readinessProbe = { tcpSocket: { port: 8080 }, periodSeconds: 1 };
    await started(world, "runs", staying({ ...withoutCommand(), readinessProbe }));
  },
  "node VarExp composing env": runs(
    {
      command: ["/bin/sh", "-c", "echo $FOOBAR"],
      env: [
        { name: "FOO", value: "foo" },
        { name: "BAR", value: "bar" },
        { name: "FOOBAR", value: "$(FOO);;$(BAR)" },
      ],
    },
    "foo;;bar\n",
  ),
  "node VarExp command": runs(
    {
      command: ["/bin/echo", "$(FOO)", "$$(FOO)", "$(NONE)"],
      env: [{ name: "FOO", value: "foo" }],
    },
    "foo $(FOO) $(NONE)\n",
  ),
  "node VarExp args": runs(
    { command: ["/bin/echo"], args: ["$(FOO)-x"], env: [{ name: "FOO", value: "foo" }] },
    "foo-x\n",
  ),
};

/** What a pod's variables say, of these names. */
async function variables(world: World, main: JsonObject): Promise<string> {
  const log = await printed(
    world,
    "tells",
    ending({ ...container(""), command: ["/bin/env"], ...main }),
  );
  return `\n${log}`;
}

const fieldVariable = (name: string, fieldPath: string): JsonObject => ({
  name,
  valueFrom: { fieldRef: { fieldPath } },
});
const amount = (name: string, resource: string): JsonObject => ({
  name,
  valueFrom: { resourceFieldRef: { resource } },
});

function env(
  prefix: string,
  resource: "configmaps" | "secrets",
  words: { readonly one: string; readonly all: string },
): Behaviours {
  const data = { "data-1": "value-1", DATA_2: "value-2" };
  const make = (world: World): Promise<JsonObject> =>
    world.create(
      resource,
      resource === "configmaps" ? configMap("held", data) : secret("held", data),
    );
  const ref = resource === "configmaps" ? "configMapKeyRef" : "secretKeyRef";
  const from = resource === "configmaps" ? "configMapRef" : "secretRef";
  return {
    [`${prefix} ${words.one}`]: async (world) => {
      await make(world);
      const list = [{ name: "ONE", valueFrom: { [ref]: { name: "held", key: "data-1" } } }];
      assert.match(await variables(world, { env: list }), /\nONE=value-1\n/u);
    },
    [`${prefix} ${words.all}`]: async (world) => {
      await make(world);
      const envFrom = [{ [from]: { name: "held" } }, { prefix: "p-", [from]: { name: "held" } }];
      const seen = await variables(world, { envFrom });
      for (const line of ["DATA_2=value-2", "p-DATA_2=value-2", "p-data-1=value-1"]) {
        assert(seen.includes(`\n${line}\n`), `${line} in ${seen}`);
      }
    },
    [`${prefix} env names with prefixes`]: async (world) => {
      await make(world);
      const envFrom = [{ prefix: "a.b-", [from]: { name: "held" } }];
      assert.match(await variables(world, { envFrom }), /\na\.b-DATA_2=value-2\n/u);
    },
  };
}

const environment: Behaviours = {
  ...env("node ConfigMap", "configmaps", {
    one: "via environment variable",
    all: "via the environment",
  }),
  ...env("node Secrets", "secrets", { one: "env vars", all: "via the environment" }),

  "node Pods env for services": async (world) => {
    const ports = [{ port: 8765, targetPort: 8080 }];
    const spec = { selector: { name: "server" }, ports };
    await world.create("services", objectOf("services", "Service", "fooservice", { spec }));
    const made = await world.untilSeen(
      "services",
      "fooservice",
      (found) => textAt(found, "spec", "clusterIP") !== "",
    );
    const address = textAt(made, "spec", "clusterIP");
    const seen = await variables(world, {});
    for (const line of [
      `FOOSERVICE_SERVICE_HOST=${address}`,
      "FOOSERVICE_SERVICE_PORT=8765",
      `FOOSERVICE_PORT=tcp://${address}:8765`,
      `FOOSERVICE_PORT_8765_TCP=tcp://${address}:8765`,
      "FOOSERVICE_PORT_8765_TCP_PROTO=tcp",
      "FOOSERVICE_PORT_8765_TCP_PORT=8765",
      `FOOSERVICE_PORT_8765_TCP_ADDR=${address}`,
    ]) {
      assert(seen.includes(`\n${line}\n`), `${line} in ${seen}`);
    }
  },

  "node Downward API pod name ns IP": async (world) => {
    const list = [
      fieldVariable("NAME", "metadata.name"),
      fieldVariable("NS", "metadata.namespace"),
      fieldVariable("IP", "status.podIP"),
    ];
    const seen = await variables(world, { env: list });
    assert.match(seen, new RegExp(`\nNAME=tells\n`, "u"));
    assert.match(seen, new RegExp(`\nNS=${world.namespace}\n`, "u"));
    assert.match(seen, /\nIP=\d+\.\d+\.\d+\.\d+\n/u);
  },
  "node Downward API host IP": async (world) => {
    const seen = await variables(world, { env: [fieldVariable("IP", "status.hostIP")] });
    const { status } = await world.get("pods", "tells");
    assert(seen.includes(`\nIP=${textAt(status, "hostIP")}\n`), seen);
    assert.notEqual(textAt(status, "hostIP"), "");
  },
  "node Downward API hostIPs": async (world) => {
    const seen = await variables(world, { env: [fieldVariable("IPS", "status.hostIPs")] });
    assert.match(seen, /\nIPS=[\d.]+(?:,[\da-f.:]+)?\n/u);
  },
  "node Downward API pod UID": async (world) => {
    const seen = await variables(world, { env: [fieldVariable("ID", "metadata.uid")] });
    const { metadata } = await world.get("pods", "tells");
    assert(seen.includes(`\nID=${textAt(metadata, "uid")}\n`), seen);
  },
  "node Downward API limits/requests env": async (world) => {
    const list = ["limits.cpu", "limits.memory", "requests.cpu", "requests.memory"];
    const seen = await variables(world, {
      resources: {
        requests: { cpu: "250m", memory: "32Mi" },
        limits: { cpu: "1250m", memory: "64Mi" },
      },
      env: list.map((each) => amount(each.replace(".", "_"), each)),
    });
    const lines = [
      "limits_cpu=2",
      `limits_memory=${64 * 2 ** 20}`,
      "requests_cpu=1",
      `requests_memory=${32 * 2 ** 20}`,
    ];
    for (const line of lines) assert(seen.includes(`\n${line}\n`), `${line} in ${seen}`);
  },
  "node Downward API default limits from allocatable": async (world) => {
    const seen = await variables(world, {
      env: [amount("CPU", "limits.cpu"), amount("MEM", "limits.memory")],
    });
    assert.match(seen, /\nCPU=[1-9]\d*\n/u);
    assert.match(seen, /\nMEM=[1-9]\d+\n/u);
  },
};

const inits = (first: string, second = "true"): readonly JsonObject[] => [
  container(first, { name: "first" }),
  container(second, { name: "second" }),
];

function reasonOf(found: JsonObject, name: string, list: string): string {
  return textAt(containerOf(found, name, list), "state", "terminated", "reason");
}

const beginnings: Behaviours = {
  "node InitContainer RestartNever": async (world) => {
    await world.create(
      "pods",
      pod("begins", ending(container("true"), { initContainers: inits("true") })),
    );
    const found = await untilPhase(world, "begins", "Succeeded");
    assert.equal(conditionOf(found, "Initialized"), "True");
    for (const name of ["first", "second"]) {
      assert.equal(reasonOf(found, name, "initContainerStatuses"), "Completed");
      assert.equal(at(containerOf(found, name, "initContainerStatuses"), "ready"), true);
    }
  },
  "node InitContainer RestartAlways": async (world) => {
    const found = await started(
      world,
      "begins",
      staying(container(waits), { initContainers: inits("true") }),
    );
    assert.equal(conditionOf(found, "Initialized"), "True");
    assert.equal(reasonOf(found, "second", "initContainerStatuses"), "Completed");
  },
  "node InitContainer fail RestartAlways": async (world) => {
    const spec = staying(container(waits), { initContainers: inits("false") });
    await world.create("pods", pod("begins", spec));
    const found = await untilPod(world, "begins", "tried again", (each) => {
      return Number(at(containerOf(each, "first", "initContainerStatuses"), "restartCount")) >= 2;
    });
    assert.equal(textAt(found, "status", "phase"), "Pending");
    assert.equal(conditionOf(found, "Initialized"), "False");
    for (const [name, list] of [
      ["second", "initContainerStatuses"],
      ["main", "containerStatuses"],
    ] as const) {
      assert.equal(
        textAt(containerOf(found, name, list), "state", "waiting", "reason"),
        "PodInitializing",
      );
    }
  },
  "node InitContainer fail RestartNever": async (world) => {
    const spec = ending(container("true"), { initContainers: inits("true", "exit 1") });
    await world.create("pods", pod("begins", spec));
    const found = await untilPhase(world, "begins", "Failed");
    assert.equal(conditionOf(found, "Initialized"), "False");
    assert.equal(reasonOf(found, "second", "initContainerStatuses"), "Error");
    assert.equal(containerOf(found)["started"] === true, false);
  },
};

const ends: Behaviours = {
  "node Runtime container that exits expected status": async (world) => {
    const cases = [
      ["always", "Always", "exit 1", "Running", 2],
      ["failure", "OnFailure", "test -e /keep/x && exit 0; touch /keep/x; exit 1", "Succeeded", 1],
      ["never", "Never", "exit 1", "Failed", 0],
    ] as const;
    await Promise.all(
      cases.map(async ([name, restartPolicy, script, phase, count]) => {
        const main = container(script, { volumeMounts: [{ name: "keep", mountPath: "/keep" }] });
        const volumes = [{ name: "keep", emptyDir: {} }];
        await world.create("pods", pod(name, { ...ending(main), restartPolicy, volumes }));
        await untilPod(world, name, phase, (found) => {
          return textAt(found, "status", "phase") === phase && restarts(found) >= count;
        });
      }),
    );
  },
  "node Kubelet output to logs": async (world) => {
    assert.equal(
      await printed(world, "says", ending(container("echo Hello World"))),
      "Hello World\n",
    );
  },
  "node Kubelet terminated reason": async (world) => {
    await world.create("pods", pod("fails", ending(container("exit 1"))));
    const found = await untilPhase(world, "fails", "Failed");
    assert.equal(reasonOf(found, "main", "containerStatuses"), "Error");
    assert.equal(at(containerOf(found), "state", "terminated", "exitCode"), 1);
  },
  "node Kubelet failing pod possible to delete": async (world) => {
    await world.create("pods", pod("fails", staying(container("exit 1"))));
    await untilPod(world, "fails", "restarted", (found) => restarts(found) > 0);
    await world.remove("pods", "fails");
  },
};

const asObjects: Behaviours = {
  "node Pods submitted and removed": async (world) => {
    const watch = await world.watch("pods", "?labelSelector=life%3Dyes");
    await world.create("pods", pod("held", staying(container(waits)), { labels: { life: "yes" } }));
    await watch.see("ADDED", "held");
    await untilPhase(world, "held", "Running");
    await world.ok(`DELETE ${world.path("pods", "held")}`);
    await watch.next("the mark", ({ type, object }) => {
      return type === "MODIFIED" && textAt(object, "metadata", "deletionTimestamp") !== "";
    });
    await watch.see("DELETED", "held");
  },
  "node Pods updated": async (world) => {
    await started(world, "held", staying(container(waits)), { labels: { time: "before" } });
    await world.patch("pods", "held", { metadata: { labels: { time: "after" } } });
    const found = await world.list("pods", "?labelSelector=time%3Dafter");
    assert.deepEqual(found.map(nameOf), ["held"]);
    assert.equal(restarts(await world.get("pods", "held")), 0);
  },
  "node Pods activeDeadlineSeconds updated": async (world) => {
    await started(world, "held", staying(container(waits)));
    await world.patch("pods", "held", { spec: { activeDeadlineSeconds: 2 } });
    const found = await untilPhase(world, "held", "Failed");
    assert.equal(textAt(found, "status", "reason"), "DeadlineExceeded");
  },
  "node Pods host IP": async (world) => {
    const found = await started(world, "held", staying(container(waits)));
    assert.match(textAt(found, "status", "hostIP"), /^\d+\.\d+\.\d+\.\d+$/u);
  },
  "node Pods QOS Class": async (world) => {
    const amounts = { cpu: "100m", memory: "32Mi" };
    const resources = { requests: amounts, limits: amounts };
    const made = await world.create("pods", pod("held", staying(container(waits, { resources }))));
    assert.equal(textAt(made, "status", "qosClass"), "Guaranteed");
  },
  "node Pods lifecycle of Pods and PodStatus": async (world) => {
    const watch = await world.watch("pods", "?labelSelector=life%3Dyes");
    await world.create("pods", pod("held", staying(container(waits)), { labels: { life: "yes" } }));
    await untilPhase(world, "held", "Running");
    await world.patch("pods", "held", { metadata: { labels: { patched: "yes" } } }, "strategic");
    await watch.next(
      "the patch",
      ({ object }) => textAt(object, "metadata", "labels", "patched") === "yes",
    );
    const condition = { type: "example.com/shown", status: "True" };
    const status = { conditions: [condition] };
    await world.patch("pods", "held/status", { status }, "strategic");
    await watch.next(
      "the condition",
      ({ object }) => conditionOf(object, condition.type) === "True",
    );
    await world.ok(`DELETE ${world.path("pods")}?labelSelector=patched%3Dyes`);
    await watch.see("DELETED", "held");
  },
};

export const podLife: Behaviours = {
  ...hooks,
  ...hostsFiles,
  ...commands,
  ...environment,
  ...beginnings,
  ...ends,
  ...asObjects,
};
