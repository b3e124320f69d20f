import assert from "node:assert/strict";
import { arch, availableParallelism, tmpdir, totalmem } from "node:os";
import { describe, test } from "node:test";
import { type DaemonConfig, readConfig } from "./config.ts";
import { readFacts, runtimeVersion } from "./facts.ts";

const nothing = (): undefined => undefined;

function configOf(settings: Readonly<Record<string, string>> = {}): DaemonConfig {
  const all: Readonly<Record<string, string>> = { data: tmpdir(), ...settings };
  return readConfig({ flag: (name) => all[name], environment: nothing, file: nothing });
}

const known = {
  name: "m1",
  peer: "p1",
  addresses: ["/ip4/10.0.0.1/tcp/1"],
  workloadAddresses: ["10.0.0.1:2"],
  runtimeVersion: "x",
  runtimeHandlers: [],
};

describe("readFacts", () => {
  test("measures this computer, and speaks Kubernetes' names", () => {
    const facts = readFacts(configOf(), known);
    assert.equal(facts.cpuMillicores, availableParallelism() * 1000);
    assert(facts.memoryBytes > 0 && facts.memoryBytes < totalmem(), "some is kept back");
    assert(facts.diskBytes > 0, "there is a disk");
    assert.notEqual(facts.system.architecture, "x64");
    if (arch() === "x64") assert.equal(facts.system.architecture, "amd64");
    assert.match(facts.hostIp, /^[0-9a-f.:]+$/u);
    assert.deepEqual(facts.addresses, known.addresses);
  });

  test("believes the settings before its own measures", () => {
    const config = configOf({ cpuMillicores: "1500", memoryBytes: "1024", labels: "zone=a" });
    const facts = readFacts(config, known);
    assert.equal(facts.cpuMillicores, 1500);
    assert.equal(facts.memoryBytes, 1024);
    assert.deepEqual(facts.labels, { zone: "a" });
  });

  test("tell where the network reaches Ingresses, if it does", () => {
    assert.equal(readFacts(configOf(), known).ingressAddress, undefined);
    assert.equal(readFacts(configOf(), known).nodePortAddress, undefined);
    const { nodePortAddress, hostIp } = readFacts(configOf({ nodePortHost: "0.0.0.0" }), known);
    assert.equal(nodePortAddress, hostIp);
    const open = readFacts(configOf({ httpHost: "0.0.0.0" }), known);
    assert.equal(open.ingressAddress, open.hostIp);
    assert.equal(readFacts(configOf({ httpHost: "10.0.0.7" }), known).ingressAddress, "10.0.0.7");
    for (const httpHost of ["localhost", "127.0.0.9", "::1"]) {
      assert.equal(readFacts(configOf({ httpHost }), known).ingressAddress, undefined);
    }
  });

  test("two machines of one computer have ids of their own", () => {
    const [one, two] = ["p1", "p2"].map((peer) => readFacts(configOf(), { ...known, peer }));
    assert.notEqual(one?.system.machineId, two?.system.machineId);
    assert.equal(one?.system.bootId, two?.system.bootId);
  });
});

test("a runtime is told as Kubernetes tells it", () => {
  assert.equal(runtimeVersion("podman", "podman 4.3.1, runc, cgroups v1"), "podman://4.3.1");
  assert.equal(runtimeVersion("process", "none"), "process://0");
});
