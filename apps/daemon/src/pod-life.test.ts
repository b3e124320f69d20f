/** The life of pods, from the first init container to the end: the real host, on real Podman. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import type { Now } from "@beemesh/base";
import type { MachineEffect, MachineEvent } from "@beemesh/machine";
import type { Container, Pod, PodSpec, PodStatus } from "@beemesh/model";
import { Pods, type PodsEvent } from "@beemesh/pods";
import type { Link, Runtime } from "@beemesh/ports";
import { createRuntime, destroyStore, helloImage, makeHelloImage } from "@beemesh/runtime";
import { sidecarProgram } from "@beemesh/sidecar";
import { Host, presentNow } from "./host.ts";
import { createLog } from "./log.ts";
import { FickleDisk } from "./patient-disk.test.ts";
import { PatientDisk } from "./patient-disk.ts";
import { until } from "./stage.test.ts";

const cannotRun =
  process.platform !== "linux" || process.getuid?.() !== 0
    ? "needs root on Linux"
    : ["podman", "busybox"].some((tool) => !isInstalled(tool)) && "needs podman and busybox";

/** A machine of which there is nothing but its pods. */
class Home {
  readonly statuses = new Map<string, PodStatus>();
  readonly events: string[] = [];
  readonly gone = new Set<string>();
  readonly host: Host;
  readonly #pods = new Pods({
    nodeName: "m1",
    hostIp: "127.0.0.1",
    lookup: () => undefined,
    cpuMillicores: 2000,
    memoryBytes: 2 ** 30,
  });
  readonly #orders: PodsEvent[] = [];

  constructor(runtime: Runtime) {
    this.host = new Host({
      machine: { step: (event, now) => this.#step(event, now) },
      disk: new PatientDisk(new FickleDisk()),
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nobody is met here
      link: {} as Link,
      runtime,
      log: createLog({ format: "text", level: "error", write: () => undefined, wallMs: Date.now }),
      now: presentNow,
      onAcknowledged: () => undefined,
      measure: () => Promise.resolve([]),
      admit: ({ pod }) => Promise.resolve({ ok: true, pod }),
      onMachines: () => undefined,
      onObserve: () => undefined,
      onCrash: (error) => {
        throw error;
      },
    });
    runtime.onEvent((event) => this.host.dispatch({ kind: "runtime", event }));
    this.host.dispatch({ kind: "found", pods: [] });
  }

  /** Has the machine run the pod, or what has become of its record. */
  assign(pod: Pod): void {
    this.#orders.push({ kind: "assign", pod, heldSinceMs: Date.now() });
    this.host.dispatch({ kind: "tick" });
  }

  delete(pod: Pod): void {
    this.assign({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: "now" } });
  }

  phase(uid: string): string {
    return this.statuses.get(uid)?.phase ?? "";
  }

  #step(event: MachineEvent, now: Now): MachineEffect[] {
    const orders = event.kind === "tick" ? this.#orders.splice(0) : [];
    const own = ["found", "report", "runtime", "tick"].includes(event.kind);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- these are of both kinds
    const events = own ? [...orders, event as PodsEvent] : orders;
    return events
      .flatMap((each) => this.#pods.step(each, now))
      .flatMap((effect): MachineEffect[] => {
        if (effect.kind === "runtime" || effect.kind === "wake") return [effect];
        if (effect.kind === "status") this.statuses.set(effect.uid, effect.status);
        if (effect.kind === "event") this.events.push(`${effect.reason}: ${effect.message}`);
        if (effect.kind === "removed") this.gone.add(effect.uid);
        return [];
      });
  }
}

describe("a pod on Podman", { skip: cannotRun }, () => {
  let directory = "";
  let runtime: Awaited<ReturnType<typeof createRuntime>>;
  let home: Home;
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "life-"));
    runtime = await createRuntime({ driver: "podman", directory, sidecarPath: sidecarProgram() });
    await makeHelloImage(runtime);
    home = new Home(runtime);
  });
  after(async () => {
    home.host.stop();
    await runtime.close();
    await destroyStore(directory);
  });

  const script = (name: string, code: string, more: Partial<Container> = {}): Container => ({
    name,
    image: helloImage,
    imagePullPolicy: "Never",
    command: ["sh", "-c", code],
    volumeMounts: [{ name: "work", mountPath: "/work" }],
    ...more,
  });
  const podOf = (uid: string, spec: PodSpec): Pod => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: uid, namespace: "default", uid },
    spec: { volumes: [{ name: "work", emptyDir: {} }], terminationGracePeriodSeconds: 10, ...spec },
  });
  const comes = (uid: string, phase: string): Promise<void> =>
    until(`${uid} is ${phase}`, async () => home.phase(uid) === phase);
  const log = async (uid: string, container: string, follow = false): Promise<string> => {
    const lines = await runtime.logs(uid, container, {
      follow,
      previous: false,
      timestamps: false,
    });
    assert(lines instanceof Readable);
    return text(lines);
  };
  const removed = async (pod: Pod): Promise<void> => {
    const { uid = "" } = pod.metadata;
    home.delete(pod);
    await until(`${uid} is gone`, async () => home.gone.has(uid));
    assert.deepEqual(sidecarsOf(uid), []);
    assert(!(await runtime.list()).some((each) => each.uid === uid));
  };

  test("has its init containers one after the other, and they have the network", async () => {
    const pod = podOf("inits", {
      initContainers: [
        script("first", "echo first >>/work/order; nc -l -p 8080 </dev/null >/work/heard"),
        script("second", "echo second >>/work/order; cat /work/heard"),
      ],
      containers: [
        script("main", "echo main >>/work/order; trap 'exit 0' TERM; sleep 1000 & wait"),
      ],
    });
    home.assign(pod);
    const inits = () => home.statuses.get("inits")?.initContainerStatuses ?? [];
    await until("the first one runs", async () => inits()[0]?.state.running !== undefined);
    let socket: unknown;
    await until("it is reached from outside", async () => {
      socket = await runtime.connect("inits", 8080).catch(() => undefined);
      return socket !== undefined;
    });
    assert(inits()[1]?.state.waiting !== undefined && home.phase("inits") === "Pending");
    assert(socket instanceof Writable);
    socket.end("a word from outside\n");
    await comes("inits", "Running");
    assert.equal(await log("inits", "second"), "a word from outside\n");
    const options = { command: ["cat", "/work/order"], stdin: false, tty: false };
    const { stdout } = await runtime.exec("inits", "main", options);
    assert(stdout instanceof Readable);
    assert.equal(await text(stdout), "first\nsecond\nmain\n");
    await removed(pod);
  });

  test("ends with its hook first, whole, then TERM, and the sidecar last", async () => {
    const hook = "echo hook begins >/proc/1/fd/1; sleep 0.4; echo hook ends >/proc/1/fd/1";
    const code = "trap 'echo term; exit 0' TERM; echo up; while :; do sleep 0.05; done";
    const lifecycle = { preStop: { exec: { command: ["sh", "-c", hook] } } };
    const pod = podOf("hooked", { containers: [script("main", code, { lifecycle })] });
    home.assign(pod);
    await comes("hooked", "Running");
    await until("it listens to TERM", async () => (await log("hooked", "main")) === "up\n");
    const whole = log("hooked", "main", true);
    await removed(pod);
    assert.equal(await whole, "up\nhook begins\nhook ends\nterm\n");
    assert(!home.events.some((line) => line.startsWith("FailedPreStopHook")));
  });

  test("ends with a hook over HTTP, through the sidecar that is still there", async () => {
    const lifecycle = { preStop: { httpGet: { port: 8080, path: "/healthz" } } };
    const server = {
      name: "main",
      image: helloImage,
      imagePullPolicy: "Never",
      lifecycle,
    } as const;
    const readinessProbe = { tcpSocket: { port: 8080 }, periodSeconds: 1 };
    const pod = podOf("asked", { containers: [{ ...server, readinessProbe }] });
    home.assign(pod);
    await until("it is ready", async () => {
      const conditions = home.statuses.get("asked")?.conditions ?? [];
      return conditions.some(({ type, status }) => type === "Ready" && status === "True");
    });
    assert.doesNotMatch(await log("asked", "main"), /response/u);
    const whole = log("asked", "main", true);
    await removed(pod);
    assert.match(await whole, /response:200/u);
    assert(!home.events.some((line) => line.startsWith("FailedPreStopHook")));
  });

  test("that has ended well or badly says so, and keeps its log without a sidecar", async () => {
    for (const [uid, code, phase] of [
      ["well", "exit 0", "Succeeded"],
      ["badly", "exit 3", "Failed"],
    ] as const) {
      const containers = [script("main", `echo bye; ${code}`), script("other", "true")];
      const pod = podOf(uid, { restartPolicy: "Never", containers });
      home.assign(pod);
      await comes(uid, phase);
      await until("its sidecar has ended", async () => sidecarsOf(uid).length === 0);
      await assert.rejects(runtime.connect(uid, 80), { code: "connection-refused" });
      assert.equal(await log(uid, "main"), "bye\n");
      assert(
        (await runtime.list()).some((each) => each.uid === uid),
        "it is there",
      );
      await removed(pod);
    }
  });

  test("runs what is beside it for as long as itself, and ends it afterwards", async () => {
    const serve =
      "trap 'echo told; exit 0' TERM; httpd -p 9000 -h /work; while :; do sleep 0.05; done";
    const ask = "echo page >/work/index.html; wget -q -O - http://127.0.0.1:9000/";
    const beside = script("beside", serve, { restartPolicy: "Always" });
    const main = script("main", `until ${ask}; do sleep 0.05; done`);
    const pod = podOf("beside", {
      restartPolicy: "Never",
      initContainers: [beside],
      containers: [main],
    });
    home.assign(pod);
    await comes("beside", "Succeeded");
    assert.equal(await log("beside", "main"), "page\n");
    assert.equal(await log("beside", "beside"), "told\n");
    await removed(pod);
  });

  test("is started again where it failed, and ends when it ends well", async () => {
    const code = "test -e /work/tried || { touch /work/tried; exit 1; }; echo second";
    const pod = podOf("again", { restartPolicy: "OnFailure", containers: [script("main", code)] });
    home.assign(pod);
    await comes("again", "Succeeded");
    assert.equal(home.statuses.get("again")?.containerStatuses?.[0]?.restartCount, 1);
    assert.equal(await log("again", "main"), "second\n");
    await removed(pod);
  });
});

/** The processes that stand in a pod for its sidecar, by the uid in their environment. */
function sidecarsOf(uid: string): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/u.test(pid)) return false;
    try {
      const variables = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
      return variables.includes(`BEEMESH_POD_UID=${uid}`);
    } catch {
      return false;
    }
  });
}

function isInstalled(tool: string): boolean {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.some((folder) => existsSync(join(folder, tool)));
}
