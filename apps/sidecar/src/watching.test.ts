/** Sidecars of one workload that watch each other, each with a machine in the test's hands. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { after, describe, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { endFrame, openFrame } from "@beemesh/carrier";
import { SigningKey } from "@beemesh/identity";
import type { Endpoint, SidecarMessage } from "@beemesh/workload";
import { portOf } from "../../../test/port-of.ts";
import { certifier } from "./testing/fake-machine.ts";
import { newKeyPair } from "./testing/key-pair.ts";
import { Stage, type StagePod } from "./testing/stage.ts";

const endpointOf = ({ facts, ip }: StagePod): Endpoint => ({
  uid: facts.uid,
  machine: facts.machine,
  namespace: facts.namespace,
  serviceAccount: facts.serviceAccount,
  ip,
  port: 1,
});

/** Tells each of the pods that the others are its replicas. */
function acquaint(pods: readonly StagePod[], of = pods): void {
  for (const { facts, machine } of pods) {
    machine.rules.issuer = (uid) => of.find((pod) => pod.facts.uid === uid)?.key.id ?? "";
    const replicas = of.filter((pod) => pod.facts.uid !== facts.uid).map(endpointOf);
    machine.tell({ kind: "replicas", workload: "shop/web", replicas });
  }
}

async function standing(pod: StagePod, how: string): Promise<number> {
  const pattern = new RegExp(`beemesh_workload_replicas\\{standing="${how}"\\} (\\d+)`, "u");
  return Number(pattern.exec(await pod.machine.metrics())?.[1]);
}

async function changes(pod: StagePod, event: string): Promise<number> {
  const pattern = new RegExp(`replica_changes_total\\{event="replica.${event}"\\} (\\d+)`, "u");
  return Number(pattern.exec(await pod.machine.metrics())?.[1] ?? 0);
}

/** Asks, as fast as is answered, until it is so. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
}

/** Leads to a sidecar, for all that come, from some moment on. */
async function slowWay({ socketPath }: StagePod, begins: Promise<void>): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    const begin = async (): Promise<void> => {
      await begins;
      const far = connect(socketPath).on("error", () => socket.destroy());
      far.write("carry\n");
      socket.pipe(far).pipe(socket);
    };
    void begin();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server;
}

const isLost = ({ kind }: SidecarMessage): boolean => kind === "lost";
const words = ({ machine }: StagePod): number =>
  machine.heard.filter((said) => said.kind === "admit" && said.protocol === "watch").length;

describe("sidecars of one workload", () => {
  const stage = new Stage();
  after(() => stage.close());

  test("find out that one is lost, and one of them tells its machine", async () => {
    const names = ["a", "b", "c", "d"];
    const pods = await Promise.all(names.map((name) => stage.pod(name)));
    acquaint(pods);
    // Each is heard by somebody before anything happens to one.
    await until(() => Promise.resolve(pods.every((pod) => words(pod) > 0)));
    const [gone, ...rest] = pods;
    assert(gone);
    const told = Promise.withResolvers<readonly string[]>();
    for (const { machine } of rest) {
      machine.rules.onLost = (uids) => {
        told.resolve(uids);
        // Its machine has made the clone, and the others' machines have heard of it.
        acquaint(rest);
      };
    }
    gone.machine.detach();
    gone.sidecar.close();
    assert.deepEqual(await told.promise, [gone.facts.uid]);
    await until(async () => {
      const left = await Promise.all(rest.map((pod) => standing(pod, "lost")));
      return left.every((count) => count === 0);
    });
    const times = rest.flatMap(({ machine }) => machine.heard.filter(isLost)).length;
    assert.equal(times, 1);
    for (const pod of rest) assert.equal(await standing(pod, "alive"), 2);
  });

  test("do not give up one that is slow", async () => {
    const pods = await Promise.all(["e", "f", "g"].map((name) => stage.pod(name)));
    const [slow, ...rest] = pods;
    assert(slow);
    const awake = Promise.withResolvers<void>();
    const way = await slowWay(slow, awake.promise);
    for (const { machine } of rest) {
      const { dial } = machine.rules;
      machine.rules.dial = (to) => (to.uid === slow.facts.uid ? connect(portOf(way)) : dial(to));
    }
    // It does not watch itself yet, so that nobody hears of it but by its answers.
    acquaint(rest, pods);
    await until(async () => {
      const doubted = await Promise.all(rest.map((pod) => changes(pod, "doubted")));
      return doubted.some((count) => count > 0);
    });
    awake.resolve();
    await until(async () => {
      const alive = await Promise.all(rest.map((pod) => standing(pod, "alive")));
      return alive.every((count) => count === 2);
    });
    assert.equal(pods.flatMap(({ machine }) => machine.heard.filter(isLost)).length, 0);
    for (const pod of rest) assert.equal(await changes(pod, "lost"), 0);
    way.close();
  });

  test("hear nobody whom the machine does not know as a replica", async () => {
    const pod = await stage.pod("h");
    pod.machine.rules.admit = () => "uid-x is no replica";
    const facts = { ...pod.facts, uid: "uid-x" };
    const { privateKey, publicKey } = newKeyPair();
    const issued = certifier(SigningKey.generate(), facts, 3_600_000)(publicKey);
    const socket = connect(pod.socketPath);
    socket.write("carry\n");
    const identity = { key: privateKey, cert: issued?.certificate ?? "" };
    const tls = connectTls({ socket, rejectUnauthorized: false, ...identity });
    await once(tls, "secureConnect");
    tls.write(openFrame({ protocol: "watch", port: 1, service: "", traceparent: "" }));
    tls.write(endFrame());
    const [answer]: Buffer[] = await once(tls, "data");
    assert.equal(answer?.[0], 3, "REFUSED");
    assert.equal(words(pod), 1);
    assert.equal(pod.machine.refusals.length, 0);
    tls.destroy();
  });
});
