/** A sidecar beside a program that is in no pod, as a process of its own. Needs no root. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { SigningKey } from "@beemesh/identity";
import { sidecarEnvironment, sidecarNodeFlags } from "@beemesh/runtime";
import type { Caller, PodFacts } from "@beemesh/workload";
import { certifier, FakeMachine } from "./testing/fake-machine.ts";
import { readAll, Stage, type StagePod } from "./testing/stage.ts";

const program = join(import.meta.dirname, "main.ts");
const hourMs = 3_600_000;

describe("a program outside pods", { skip: process.platform !== "linux" && "Linux only" }, () => {
  const stage = new Stage();
  const key = SigningKey.generate();
  const facts: PodFacts = {
    uid: "uid-db",
    namespace: "shop",
    name: "db",
    serviceAccount: "db",
    mesh: stage.mesh,
    machine: "m2",
  };
  const socketPath = join(stage.folder, "outside.sock");
  const callers: Caller[] = [];
  let web: StagePod;
  let sidecar: ChildProcess;
  let machine: FakeMachine;
  let port: number;

  before(async () => {
    web = await stage.pod("web");
    const own = ["outside", socketPath, join(stage.folder, "outside.fd"), "127.0.0.1"];
    sidecar = spawn(process.execPath, [...sidecarNodeFlags, program, ...own], {
      stdio: "inherit",
      env: { ...process.env, ...sidecarEnvironment },
    });
    const rules = {
      routes: new Map(),
      admit: (caller: Caller, at: number): string => {
        callers.push(caller);
        return at === port ? "" : "it is not listed";
      },
      dial: () => "a program calls nobody",
      dialExternal: () => "a program calls nobody",
      resolve: () => [],
      certify: certifier(key, facts, hourMs),
      issuer: "",
    };
    machine = new FakeMachine(facts, rules, () => undefined);
    await machine.attach(socketPath);
    // It listens where this test stages a pod's program, which the sidecar knows nothing of.
    port = await stage.listen(web, (socket) => void socket.pipe(socket));
    web.machine.rules.dial = () => carry();
  });
  after(() => {
    machine?.detach();
    sidecar?.kill("SIGKILL");
    stage.close();
  });

  /** As the machine brings a connection of another sidecar. */
  function carry(): Socket {
    const socket = connect({ path: socketPath, allowHalfOpen: true });
    socket.on("error", () => socket.destroy());
    socket.write("carry\n");
    return socket;
  }

  function route(to: number, serviceAccount = "db"): void {
    const key80 = "tcp 10.96.0.80 80";
    const { uid, namespace, machine: at } = facts;
    const endpoint = { uid, machine: at, namespace, serviceAccount, ip: "198.19.0.1", port: to };
    web.machine.rules.issuer = key.id;
    web.machine.rules.routes.set(key80, { kind: "pod", key: key80, endpoint });
    web.machine.tell({ kind: "rerouted", route: { kind: "pod", key: key80, endpoint } });
  }

  async function say(text: string): Promise<string> {
    const socket = await stage.connect(web);
    socket.end(text);
    return readAll(socket);
  }

  test("is not taken for a program of another service account", async () => {
    route(port, "other");
    assert.equal(await say("hello"), "<ECONNRESET>");
    assert.deepEqual(callers, []);
  });

  test("is reached by who shows a certificate, and shows its own", async () => {
    route(port);
    assert.equal(await say("hello"), "hello");
    assert.equal(callers[0]?.serviceAccount, "web");
  });

  test("is not reached at what its machine does not admit, and the refusal names it", async () => {
    const closed = await stage.listen(web, (socket) => void socket.end("not to be reached"));
    route(closed);
    assert.equal(await say("hello"), "<ECONNRESET>");
    await machine.metrics();
    const told = machine.refusals.map(({ source, target, reason }) => [source, target, reason]);
    const name = (account: string): string =>
      `spiffe://${stage.mesh.toLowerCase()}/ns/shop/sa/${account}`;
    assert.deepEqual(told, [[name("web"), name("db"), "it is not listed"]]);
  });

  test("has no sidecar with rights", () => {
    const status = readFileSync(`/proc/${sidecar.pid}/status`, "utf8");
    assert.match(status, /^CapEff:\t0+$/mu);
    assert.doesNotMatch(status, /^Uid:\t0/mu);
  });
});
