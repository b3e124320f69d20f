/** Three real daemons decide as one: what clients of different machines write at once. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import {
  at,
  mapNamed,
  mapsPath,
  meshOf,
  podNamed,
  podsPath,
  type StageMachine,
  until,
  withStage,
} from "../stage.test.ts";

const leasesPath = "/apis/coordination.k8s.io/v1/namespaces/default/leases";

const budgetsPath = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";

function counter(name: string): JsonObject {
  return { ...mapNamed(name), data: { count: "0" } };
}

/**
 * Adds one to a counter as a client does: reads it, writes it back with the version that it read.
 * Returns the status of each try.
 */
async function increment(machine: StageMachine, path: string): Promise<readonly number[]> {
  const tries: number[] = [];
  while (tries.at(-1) !== 200) {
    const { body } = await machine.call("GET", path);
    const count = Number(at(body, "data", "count")) + 1;
    const { status } = await machine.call("PUT", path, { ...body, data: { count: String(count) } });
    tries.push(status);
    assert(tries.length < 500, "one of many gets its turn");
  }
  return tries;
}

describe("one decider a collection", () => {
  test("counts exactly, whoever is asked", async () => {
    await withStage(async (make) => {
      const machines = await meshOf(make, 3);
      const [first] = machines;
      assert(first);
      assert.equal((await first.call("POST", mapsPath, counter("sum"))).status, 201);
      const path = `${mapsPath}/sum`;
      await until("all have it", async () => {
        const answers = await Promise.all(machines.map((machine) => machine.call("GET", path)));
        return answers.every(({ status }) => status === 200);
      });
      const clients = machines.flatMap((machine) => [machine, machine]);
      const rounds = 15;
      const tries = await Promise.all(
        clients.map(async (machine) => {
          const statuses: number[] = [];
          for (let round = 0; round < rounds; round += 1) {
            statuses.push(...(await increment(machine, path)));
          }
          return statuses;
        }),
      );
      const statuses = tries.flat();
      assert.deepEqual(new Set(statuses), new Set([200, 409]));
      for (const machine of machines) {
        await until("the last one is seen", async () => {
          const { body } = await machine.call("GET", path);
          return at(body, "data", "count") === String(clients.length * rounds);
        });
      }
      assert.equal(statuses.filter((status) => status === 200).length, clients.length * rounds);
    });
  });

  test("gives one of three who create the same name at once the name", async () => {
    await withStage(async (make) => {
      const machines = await meshOf(make, 3);
      for (let round = 0; round < 10; round += 1) {
        const lease = {
          apiVersion: "coordination.k8s.io/v1",
          kind: "Lease",
          metadata: { name: `lock-${round}`, namespace: "default" },
        };
        const answers = await Promise.all(
          machines.map((machine, index) =>
            machine.call("POST", leasesPath, { ...lease, spec: { holderIdentity: `c${index}` } }),
          ),
        );
        const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
        assert.deepEqual(statuses, [201, 409, 409], answers.map(({ text }) => text).join());
        const winner = answers.find(({ status }) => status === 201)?.body;
        for (const [index, { status, body }] of answers.entries()) {
          if (status === 409) assert.equal(at(body, "reason"), "AlreadyExists");
          else assert.equal(at(body, "spec", "holderIdentity"), `c${index}`);
        }
        for (const machine of machines) {
          await until("all see the same lease", async () => {
            const { body } = await machine.call("GET", `${leasesPath}/lock-${round}`);
            return at(body, "metadata", "uid") === at(winner, "metadata", "uid");
          });
        }
      }
    });
  });

  test("gives it to one also where nobody has written anything yet", async () => {
    await withStage(async (make) => {
      const machines = await meshOf(make, 3);
      for (let round = 0; round < 6; round += 1) {
        const name = `shop-${round}`;
        const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
        const maker = machines[round % machines.length];
        assert(maker);
        const path = `/api/v1/namespaces/${name}`;
        assert.equal((await maker.call("POST", "/api/v1/namespaces", namespace)).status, 201);
        // Who has made a namespace writes into it at once, whoever decides that.
        const first = { apiVersion: "v1", kind: "Secret", metadata: { name: "first" } };
        const made = await maker.call("POST", `${path}/secrets`, first);
        assert.equal(made.status, 201, made.text);
        for (const machine of machines) {
          await until("the namespace is there", async () => {
            return (await machine.call("GET", path)).status === 200;
          });
        }
        const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "one" } };
        const answers = await Promise.all(
          machines.map((machine) => machine.call("POST", `${path}/configmaps`, map)),
        );
        const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
        assert.deepEqual(statuses, [201, 409, 409], answers.map(({ text }) => text).join());
      }
    });
  });

  test("grants one of three evictions at once of which a budget allows one", async () => {
    await withStage(async (make) => {
      const machines = await meshOf(make, 3);
      const [first] = machines;
      assert(first);
      const names = machines.map((_, index) => `web-${index}`);
      for (const name of names) {
        const { metadata, ...pod } = podNamed(name);
        const labelled = { ...pod, metadata: { ...Object(metadata), labels: { app: "web" } } };
        assert.equal((await first.call("POST", podsPath, labelled)).status, 201);
      }
      const budget = {
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata: { name: "keep" },
        spec: { minAvailable: 2, selector: { matchLabels: { app: "web" } } },
      };
      assert.equal((await first.call("POST", budgetsPath, budget)).status, 201);
      for (const machine of machines) {
        for (const name of names) {
          await until(`${name} is ready everywhere`, async () => {
            const { text } = await machine.call("GET", `${podsPath}/${name}`);
            return /"type":"Ready","status":"True"|"status":"True"[^}]*"type":"Ready"/u.test(text);
          });
        }
        await until("the budget is there", async () => {
          return (await machine.call("GET", `${budgetsPath}/keep`)).status === 200;
        });
      }
      const answers = await Promise.all(
        machines.map((machine, index) => {
          const name = names[index] ?? "";
          const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name } };
          return machine.call("POST", `${podsPath}/${name}/eviction`, eviction);
        }),
      );
      const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
      assert.deepEqual(statuses, [201, 429, 429], answers.map(({ text }) => text).join());
      // Pods outlive their daemons: none may be left behind.
      for (const name of names) await first.call("DELETE", `${podsPath}/${name}`);
      for (const machine of machines) {
        for (const name of names) {
          await until(`${name} is gone`, async () => (await machine.phase(name)) === "");
        }
      }
    });
  });
});
