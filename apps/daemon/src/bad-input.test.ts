/** What users and peers send wrong, end to end: refused with the reason, and nothing half done. */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { describe, test } from "node:test";
import { createLink, type MeshLink } from "@beemesh/mesh";
import { formatStamp, type Json } from "@beemesh/wire";
import {
  at,
  mapNamed,
  mapsPath,
  podNamed,
  podsPath,
  type StageMachine,
  until,
  withStage,
} from "./stage.test.ts";
import { systemRandom } from "./world.ts";

const deploymentsPath = "/apis/apps/v1/namespaces/default/deployments";

/** A Deployment whose specification is changed. */
function deployment(change: Readonly<Record<string, Json>> = {}): Record<string, Json> {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "default" },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: "web" } },
      template: {
        metadata: { labels: { app: "web" } },
        spec: { containers: [{ name: "web", image: "x" }] },
      },
      ...change,
    },
  };
}

async function withMachine(play: (machine: StageMachine) => Promise<void>): Promise<void> {
  await withStage(async (make) => {
    const machine = make("m1");
    machine.found();
    await machine.start();
    await play(machine);
    assert.equal((await machine.call("GET", "/readyz")).status, 200, "it lives");
  });
}

describe("bad input by users", () => {
  test("is refused with a status that says what and where", async () => {
    await withMachine(async (machine) => {
      const huge = await machine.call("POST", mapsPath, mapNamed("huge", 3 * 1024 * 1024));
      assert.equal(huge.status, 413);
      assert.equal(at(huge.body, "kind"), "Status");

      const layers = Array.from({ length: 12 }, (_, index) => {
        const before = Array.from({ length: 10 }, () => `*a${index}`).join(",");
        return `a${index + 1}: &a${index + 1} [${before}]`;
      });
      const bomb = ["a0: &a0 [x]", ...layers].join("\n");
      const exploded = await machine.call("POST", mapsPath, bomb, "application/yaml");
      assert.equal(exploded.status, 400, exploded.text);

      const unknown = { ...deployment(), spec: { ...Object(deployment()["spec"]), repliicas: 3 } };
      const strict = `${deploymentsPath}?fieldValidation=Strict`;
      const refused = await machine.call("POST", strict, unknown);
      assert.equal(refused.status, 400);
      assert.match(refused.text, /unknown field \\"spec\.repliicas\\"/u);
      const warned = await machine.call("POST", `${deploymentsPath}?fieldValidation=Warn`, unknown);
      assert.equal(warned.status, 201);
      assert.match(warned.warnings, /unknown field \\"spec\.repliicas\\"/u);

      const pod = podNamed("big");
      const container = { name: "a", image: "x", resources: { limits: { memory: "12Qx" } } };
      const quantity = await machine.call("POST", podsPath, {
        ...pod,
        spec: { containers: [container] },
      });
      assert([400, 422].includes(quantity.status), quantity.text);
      assert.match(quantity.text, /quantit/iu);

      const wrong = await machine.call("PUT", `${deploymentsPath}/web`, {
        ...deployment({ replicas: -1 }),
      });
      assert.equal(wrong.status, 422);
      const causes = at(wrong.body, "details", "causes");
      assert(Array.isArray(causes) && at(causes[0], "field") === "spec.replicas", wrong.text);
      const typed = await machine.call("POST", podsPath, { ...pod, spec: { containers: "none" } });
      assert([400, 422].includes(typed.status), typed.text);
      assert.match(typed.text, /spec\.containers/u);
      assert.equal((await machine.call("GET", podsPath)).text.includes('"big"'), false);
    });
  });

  test("a field that is not supported is told in a warning", async () => {
    await withMachine(async (machine) => {
      const pod = podNamed("odd");
      const spec = { ...Object(pod["spec"]), hostNetwork: true };
      const answer = await machine.call("POST", podsPath, { ...pod, spec });
      assert.equal(answer.status, 201, answer.text);
      assert.match(answer.warnings, /hostNetwork/u);
    });
  });

  test("the classic interface applies all of a file or nothing", async () => {
    await withMachine(async (machine) => {
      const good = JSON.stringify(mapNamed("good"));
      const bad = JSON.stringify(deployment({ replicas: "many" }));
      const body = `${good}\n---\n${bad}\n`;
      const answer = await machine.callClassic("/v1/workloads/stateless", { body });
      assert(answer.status >= 400, answer.text);
      assert.equal((await machine.call("GET", `${mapsPath}/good`)).status, 404);
    });
  });
});

/** A member with a program of its own: a bare link with a good certificate. */
async function openIntruder(machine: StageMachine, intruder: StageMachine): Promise<MeshLink> {
  intruder.join(machine);
  const { key, mesh, certificate } = intruder.home.open();
  return createLink({
    seed: key.seed(),
    mesh,
    random: systemRandom,
    admission: { certificate: () => certificate, admit: () => undefined, isMember: () => true },
    listen: ["/ip4/127.0.0.1/tcp/0"],
    bootstrap: machine.meshAddresses(),
    mdns: false,
    dht: false,
    limits: { messageBytesMax: 8 * 1024 * 1024 },
  });
}

/** The value of one line of the metrics; 0 without it. */
async function metric(machine: StageMachine, line: string): Promise<number> {
  const { text } = await machine.callClassic("/metrics");
  const found = text.split("\n").find((each) => each.startsWith(line));
  return Number(found?.split(" ").at(-1) ?? 0);
}

describe("bad input by a member", () => {
  test("is counted, scored and dropped", async () => {
    await withStage(async (make) => {
      const machine = make("m1");
      machine.found();
      await machine.start();
      const link = await openIntruder(machine, make("m2"));
      try {
        const [self = ""] = machine.meshAddresses();
        const target = self.split("/p2p/")[1] ?? "";
        await until("it is connected", async () => link.peers().includes(target));
        assert.equal((await machine.call("POST", mapsPath, mapNamed("kept"))).status, 201);

        link.send(target, { k: "hb", d: "not a digest" });
        link.send(target, { k: "no-such-kind" });
        await until("malformed messages are counted", async () => {
          return (await metric(machine, 'beemesh_events_total{event="message.malformed"}')) >= 2;
        });

        const forged = forgedEntry(machine.home.open().key.id);
        link.send(target, { k: "r.put", e: [forged] });
        link.send(target, { k: "r.put", e: [forged] });
        await until("forgeries are counted", async () => {
          return (await metric(machine, 'beemesh_events_total{event="entry.refused"}')) >= 2;
        });
        assert.match(machine.log.join(""), /Refused a record .*refusal=forged/u);
        assert.equal((await machine.call("GET", `${mapsPath}/forged`)).status, 404);

        link.send(target, { k: "no-such-kind", text: "x".repeat(3 * 1024 * 1024) });
        await until("an oversized message is counted", async () => {
          return (await metric(machine, 'beemesh_mesh_messages_total{kind="oversized"}')) >= 1;
        });
        assert((await metric(machine, 'beemesh_mesh_messages_total{kind="penalties"}')) >= 5);

        for (let index = 0; index < 20; index += 1) link.send(target, { k: "no-such-kind", index });
        await until("it is cut off", async () => !link.peers().includes(target));
        assert.equal((await machine.call("GET", `${mapsPath}/kept`)).status, 200);
      } finally {
        await link.close();
      }
    });
  });
});

/** An entry in the name of another member, with a signature of the right form. */
function forgedEntry(author: string): Json {
  const body = JSON.stringify({ ...mapNamed("forged"), metadata: { name: "forged", uid: "u" } });
  return {
    collection: "configmaps/default",
    name: "forged",
    part: "spec",
    stamp: formatStamp({ wallMs: Date.now(), counter: 0, machine: author }),
    author,
    body,
    signature: hash("sha512", body, "base64url"),
  };
}
