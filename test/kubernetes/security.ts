/** As whom pods run, and what they may do. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviour, Behaviours } from "./behaviour.ts";
import { at, listAt, textAt } from "./client.ts";
import { pod, secret } from "./manifest.ts";
import { container, containerOf, ending, printed, untilPhase, untilPod } from "./pod-run.ts";
import type { World } from "./world.ts";

const ids = "echo $(id -u):$(id -g)";

/** Whose mode and content a pod of a plain user sees, which only its group may read. */
function readByGroup(source: JsonObject): Behaviour {
  return async (world) => {
    await world.create("secrets", secret("held", { "data-1": "value-1" }));
    const script = "cat /vol/data-1; echo \" $(stat -L -c '%a %g' /vol/data-1) $(id -u)\"";
    const main = container(script, { volumeMounts: [{ name: "vol", mountPath: "/vol" }] });
    const spec = ending(main, {
      securityContext: { runAsUser: 1000, fsGroup: 1001 },
      volumes: [{ name: "vol", ...source }],
    });
    assert.equal(await printed(world, "reads", spec), "value-1 440 1001 1000\n");
  };
}

const defaultMode = 0o440;

const users: Behaviours = {
  "node SecCtx runAsUser 65534": async (world) => {
    const securityContext = { runAsUser: 65_534 };
    assert.equal(
      await printed(world, "tells", ending(container("id -u", { securityContext }))),
      "65534\n",
    );
  },
  "node SecCtx writable rootfs": async (world) => {
    assert.equal(
      await printed(world, "writes", ending(container("echo x >/checkfile && cat /checkfile"))),
      "x\n",
    );
  },
  "node SecCtx unprivileged when false": async (world) => {
    const script = "ip link add dummy0 type dummy 2>&1 || true";
    const main = container(script, { securityContext: { privileged: false } });
    assert.match(await printed(world, "tries", ending(main)), /not permitted/u);
  },
  "node SecCtx container RunAsUser RunAsGroup": async (world) => {
    const securityContext = { runAsUser: 1001, runAsGroup: 2002 };
    const spec = ending(container(ids, { securityContext }), {
      securityContext: { runAsUser: 1, runAsGroup: 2 },
    });
    assert.equal(await printed(world, "tells", spec), "1001:2002\n");
  },
  "node SecCtx pod RunAsUser RunAsGroup": async (world) => {
    const spec = ending(container(ids), { securityContext: { runAsUser: 1001, runAsGroup: 2002 } });
    assert.equal(await printed(world, "tells", spec), "1001:2002\n");
    // An image of root is no image for who must not be root.
    const root = ending(container("true"), { securityContext: { runAsNonRoot: true } });
    await world.create("pods", pod("root", root));
    const found = await untilPod(world, "root", "refused", (each) => {
      return (
        textAt(containerOf(each), "state", "waiting", "reason") === "CreateContainerConfigError"
      );
    });
    const message = textAt(containerOf(found), "state", "waiting", "message");
    assert.match(message, /^container has runAsNonRoot and image will run as root \(pod: "root_/u);
  },
  "node SecCtx AllowPrivilegeEscalation false": async (world) => {
    // The kernel's own word: no program's owner gives its rights to whoever starts it.
    const script = "grep NoNewPrivs /proc/self/status | cut -f2";
    const told = (name: string, allowPrivilegeEscalation: boolean): Promise<string> => {
      const securityContext = { allowPrivilegeEscalation, runAsUser: 1000 };
      return printed(world, name, ending(container(script, { securityContext })));
    };
    assert.equal(await told("never", false), "1\n");
    assert.equal(await told("maybe", true), "0\n");
  },
  "node Kubelet read only busybox": async (world) => {
    const securityContext = { readOnlyRootFilesystem: true };
    const script = "exec 2>&1; echo test >/file; test ! -e /file && echo absent";
    const told = await printed(world, "writes", ending(container(script, { securityContext })));
    assert.match(told, /Read-only file system\nabsent\n$/u);
  },
  "stor Secrets vol non-root fsGroup": readByGroup({ secret: { secretName: "held", defaultMode } }),
  "stor Projected secret non-root fsGroup": readByGroup({
    projected: { defaultMode, sources: [{ secret: { name: "held" } }] },
  }),
};

const asking = (sysctls: Readonly<Record<string, string>>): JsonObject => ({
  securityContext: { sysctls: Object.entries(sysctls).map(([name, value]) => ({ name, value })) },
});

const kernel: Behaviours = {
  "node Sysctls support": async (world) => {
    const name = "kernel.shm_rmid_forced";
    const script = "cat /proc/sys/kernel/shm_rmid_forced";
    const spec = ending(container(script), asking({ [name]: "1" }));
    assert.equal(await printed(world, "asks", spec), "1\n");
    // What others would notice is known to be a setting, and is not made.
    await world.create(
      "pods",
      pod("others", ending(container("true"), asking({ "kernel.msgmax": "10000" }))),
    );
    const others = await untilPhase(world, "others", "Failed");
    assert.equal(textAt(others, "status", "reason"), "SysctlForbidden");
  },
  "node Sysctls reject invalid": async (world) => {
    const names = ["foo-", "kernel.shmmax", "safe-and-unsafe", "bar.."];
    const values = Object.fromEntries(names.map((name) => [name, "10000000000"]));
    const spec = ending(container("true"), asking(values));
    const { status, body } = await world.client.send(
      `POST ${world.path("pods")}`,
      pod("asks", spec),
    );
    assert.equal(status, 422);
    const fields = listAt(body, "details", "causes").map(({ field }) => field);
    const place = "spec.securityContext.sysctls";
    assert.deepEqual(fields, [`${place}[0].name`, `${place}[3].name`]);
  },
};

/** Makes a class for one test: the engine's own runtime, by its name. */
async function makeClass(world: World, of: string, rest: JsonObject = {}): Promise<string> {
  const name = world.unique(of);
  const [node] = await world.list("nodes");
  const [own] = listAt(node, "status", "runtimeHandlers");
  const handler = textAt(own, "name");
  await world.create("runtimeclasses", {
    kind: "RuntimeClass",
    metadata: { name },
    handler,
    ...rest,
  });
  world.atEnd(() => world.client.send(`DELETE ${world.path("runtimeclasses", name)}`));
  return name;
}

async function refusesClass(world: World, runtimeClassName: string): Promise<void> {
  const made = pod("asks", ending(container("true"), { runtimeClassName }));
  const { status, body } = await world.client.send(`POST ${world.path("pods")}`, made);
  assert.equal(status, 403);
  assert.match(textAt(body, "message"), /pod rejected: RuntimeClass ".*" not found/u);
}

const classes: Behaviours = {
  "node RuntimeClass reject non-existent": (world) => refusesClass(world, "non-existent"),
  "node RuntimeClass reject deleted": async (world) => {
    const name = await makeClass(world, "deleted");
    await world.remove("runtimeclasses", name);
    await refusesClass(world, name);
  },
  "node RuntimeClass without PodOverhead": async (world) => {
    const runtimeClassName = await makeClass(world, "plain");
    const spec = ending(container("echo ran"), { runtimeClassName });
    assert.equal(await printed(world, "runs", spec), "ran\n");
    assert.equal(at(await world.get("pods", "runs"), "spec", "overhead"), undefined);
  },
  "node RuntimeClass schedule Overhead": async (world) => {
    const podFixed = { cpu: "10m", memory: "1Mi" };
    const runtimeClassName = await makeClass(world, "small", { overhead: { podFixed } });
    const spec = ending(container("echo ran"), { runtimeClassName });
    assert.equal(await printed(world, "runs", spec), "ran\n");
    assert.deepEqual(at(await world.get("pods", "runs"), "spec", "overhead"), podFixed);
    // No machine has room for what this one costs, though its container asks for nothing.
    const huge = { podFixed: { cpu: "100000" } };
    const large = await makeClass(world, "large", { overhead: huge });
    const costly = ending(container("true"), { runtimeClassName: large });
    await world.create("pods", pod("costs", costly));
    await untilPod(world, "costs", "unschedulable", (found) => {
      const condition = listAt(found, "status", "conditions").find(
        ({ type }) => type === "PodScheduled",
      );
      return /Insufficient cpu/u.test(textAt(condition, "message"));
    });
  },
};

/** Names of Kubernetes' tests. */
export const security: Behaviours = { ...users, ...kernel, ...classes };
