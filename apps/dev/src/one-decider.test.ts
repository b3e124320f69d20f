/**
 * What clients write while the machine that decides it is killed, and while the network is cut:
 * docs/consistency.md says what holds, this shows it.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { rendezvous } from "@beemesh/base";
import { isNetworkPossible } from "@beemesh/lab";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import type { Answer } from "./client.ts";
import type { DevMachine } from "./machine.ts";
import { type DevMesh, openDevMesh } from "./mesh.ts";
import { until } from "./until.ts";

const program = join(import.meta.dirname, "../../cli/src/main.ts");
const patienceMs = 60_000;
const count = 3;
const patienceOfCallMs = 20_000;

const maps = "/api/v1/namespaces/default/configmaps";
const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";

function mapNamed(name: string): JsonObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { first: "" } };
}

function leaseOf(name: string, holder: string): JsonObject {
  const spec = { holderIdentity: holder };
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name }, spec };
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function memberOf(body: JsonObject, member: string): JsonObject {
  const found = body[member];
  return isJsonObject(found) ? found : {};
}

describe("one decider a collection", {
  skip: !isNetworkPossible() && "needs root on Linux and iproute2",
}, () => {
  let mesh: DevMesh;

  before(async () => {
    const options = { program, runtime: "process", tell: () => undefined } as const;
    mesh = await openDevMesh({ ...options, count });
    await untilWhole();
  });
  after(async () => {
    if (mesh !== undefined) assert.deepEqual(await mesh.close(), []);
  });

  async function untilWhole(): Promise<void> {
    await Promise.all(mesh.machines.map((machine) => machine.untilReadyMachines(count)));
  }

  /** The machines in the order in which they decide a collection. */
  async function decidersOf(collection: string): Promise<readonly DevMachine[]> {
    const nodes = (await mesh.machines[0]?.client().items("/api/v1/nodes")) ?? [];
    const named = new Map(
      nodes.map((node) => {
        const { name, annotations } = memberOf(node, "metadata");
        const marks = isJsonObject(annotations) ? annotations : {};
        return [textOf(marks["beemesh.io/peer-id"]), textOf(name)] as const;
      }),
    );
    return rendezvous(collection, named.keys()).flatMap(
      (peer) => mesh.machines.find(({ name }) => name === named.get(peer)) ?? [],
    );
  }

  /** Writes keys into a map until told to stop, each by its own PUT; gives those acknowledged. */
  async function writeKeys(
    machine: DevMachine,
    { path, client, isOver }: { path: string; client: string; isOver: () => boolean },
  ): Promise<readonly string[]> {
    const acknowledged: string[] = [];
    while (!isOver()) {
      const key = `${client}-${acknowledged.length}`;
      const answer = await putKey(machine, path, key).catch(() => undefined);
      if (answer?.status === 200) acknowledged.push(key);
    }
    return acknowledged;
  }

  async function putKey(machine: DevMachine, path: string, key: string): Promise<Answer> {
    const { status, body } = await machine.client().call("GET", path);
    if (status !== 200) throw new Error(`it is not there: ${status}`);
    const data = { ...memberOf(body, "data"), [key]: "" };
    return machine.client().call("PUT", path, { ...body, data });
  }

  test("keeps all that it acknowledged when the decider is killed", async () => {
    const [decider, second, third] = await decidersOf("configmaps/default");
    assert(decider && second && third);
    const path = `${maps}/keys`;
    assert.equal((await second.client().call("POST", maps, mapNamed("keys"))).status, 201);
    let isOver = false;
    const settings = { path, isOver: () => isOver };
    const writers = [decider, second, third].map((machine) =>
      writeKeys(machine, { ...settings, client: machine.name }),
    );
    const keysOf = async (machine: DevMachine): Promise<readonly string[]> =>
      Object.keys(memberOf((await machine.client().call("GET", path)).body, "data"));
    const writtenBy = async (machine: DevMachine): Promise<number> =>
      (await keysOf(second)).filter((key) => key.startsWith(machine.name)).length;
    await until("all write", patienceMs, async () => {
      const counts = await Promise.all([decider, second, third].map(writtenBy));
      return counts.every((each) => each >= 5) ? true : undefined;
    });
    await decider.powerOff();
    const earlier = await Promise.all([second, third].map(writtenBy));
    await until("the others go on", patienceMs, async () => {
      const counts = await Promise.all([second, third].map(writtenBy));
      return counts.every((each, index) => each >= (earlier[index] ?? 0) + 10) ? true : undefined;
    });
    isOver = true;
    const acknowledged = (await Promise.all(writers)).flat();
    for (const machine of [second, third]) {
      await until(`${machine.name} has them`, patienceMs, async () => {
        const keys = new Set(await keysOf(machine));
        return acknowledged.every((key) => keys.has(key)) ? true : undefined;
      });
    }
    await decider.boot();
    await untilWhole();
    await until("the killed one has them too", patienceMs, async () => {
      const keys = new Set(await keysOf(decider));
      return acknowledged.every((key) => keys.has(key)) ? true : undefined;
    });
  });

  test("goes on on both sides of a cut, warns where one is alone, and one side wins", async () => {
    const [decider, second, third] = await decidersOf("leases.coordination.k8s.io/default");
    assert(decider && second && third);
    const sides = [decider, second];
    const path = `${leases}/leader`;
    const made = await second.client().call("POST", leases, leaseOf("shared", "nobody"));
    assert.equal(made.status, 201);
    await decider.host?.unplug();
    // Before the others are known to be gone, a write waits; it is not refused.
    const answers = await Promise.all(
      sides.map((machine) => patiently(machine, "POST", leases, leaseOf("leader", machine.name))),
    );
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 201],
      "each side has a leader of its own",
    );
    await until("the one that is alone says so", patienceMs, async () => {
      const wish = { metadata: { labels: { alone: "yes" } } };
      const type = "application/merge-patch+json";
      const answer = await decider.client().call("PATCH", path, wish, type);
      return answer.status === 200 && answer.warnings.includes("cut off") ? true : undefined;
    });
    const lost = await third.client().call("POST", leases, leaseOf("leader", "third"));
    assert.equal(lost.status, 409, "a side with two machines still has one decider");
    await decider.host?.plug();
    await untilWhole();
    const { found: winner } = await until("all see one leader", patienceMs, async () => {
      const seen = await Promise.all(
        mesh.machines.map(async (machine) => {
          const { body } = await machine.client().call("GET", path);
          return textOf(memberOf(body, "spec")["holderIdentity"]);
        }),
      );
      return new Set(seen).size === 1 ? seen[0] : undefined;
    });
    assert(sides.some(({ name }) => name === winner));
  });

  test("has what both sides of a cut have changed, or says of what it could not", async () => {
    const [decider, second, third] = await decidersOf("configmaps/default");
    assert(decider && second && third);
    for (const name of ["settings", "twins"]) {
      assert.equal((await second.client().call("POST", maps, mapNamed(name))).status, 201);
    }
    await until("all have them", patienceMs, async () => {
      const seen = await Promise.all(
        mesh.machines.map((machine) => machine.client().call("GET", `${maps}/twins`)),
      );
      return seen.every(({ status }) => status === 200) ? true : undefined;
    });
    await decider.host?.unplug();
    // What was asked of the other side before it was known to be gone may still come there.
    await patiently(second, "POST", maps, mapNamed("warm"));
    await patiently(decider, "POST", maps, mapNamed("warm"));
    const change = async (on: DevMachine, name: string, body: JsonObject): Promise<void> => {
      const type = "application/merge-patch+json";
      const answer = await on.client().call("PATCH", `${maps}/${name}`, body, type);
      assert.equal(answer.status, 200, answer.text);
    };
    await change(second, "settings", { data: { right: "1", both: "right" } });
    await change(second, "twins", { binaryData: { key: "eA==" } });
    const left = { metadata: { labels: { side: "left" } }, data: { left: "1", both: "left" } };
    await change(decider, "settings", left);
    await change(decider, "twins", { data: { key: "x" } });
    await decider.host?.plug();
    await untilWhole();
    await until("all see both changes", patienceMs, async () => {
      const seen = await Promise.all(
        mesh.machines.map((machine) => machine.client().call("GET", `${maps}/settings`)),
      );
      // Who takes over stamps ahead: which of two writes so near is the newer, nobody can tell.
      const both = seen.map(({ body }) => textOf(memberOf(body, "data")["both"]));
      const isWhole = seen.every(({ body }) =>
        isDeepStrictEqual(
          [memberOf(body, "data"), memberOf(memberOf(body, "metadata"), "labels")],
          [{ first: "", right: "1", left: "1", both: both[0] }, { side: "left" }],
        ),
      );
      return isWhole && ["left", "right"].includes(both[0] ?? "") ? true : undefined;
    });
    const events = "/api/v1/namespaces/default/events?fieldSelector=reason%3DNotReunited";
    await until("the one that cannot be both says so", patienceMs, async () => {
      const told = await third.client().items(events);
      return (
        told.some((event) => memberOf(event, "involvedObject")["name"] === "twins") || undefined
      );
    });
    const { body, text } = await third.client().call("GET", `${maps}/twins`);
    const whole = [
      [{ key: "eA==" }, { first: "" }],
      [undefined, { first: "", key: "x" }],
    ];
    const found = [body["binaryData"], body["data"]];
    assert(
      whole.some((version) => isDeepStrictEqual(found, version)),
      text,
    );
    assert(!text.includes('"edits"'), "clients do not see the account");
  });

  /** A call that may take as long as a machine needs to find out that another is gone. */
  async function patiently(
    machine: DevMachine,
    method: string,
    path: string,
    body: JsonObject,
  ): Promise<Answer> {
    const { found } = await until(`${machine.name} answers`, patienceOfCallMs, () =>
      machine.client().call(method, path, body),
    );
    return found;
  }
});
