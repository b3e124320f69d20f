import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, describe, test } from "node:test";
import { setImmediate as settled } from "node:timers/promises";
import type { KubeObject } from "@beemesh/model";
import type { Change, ObjectStore } from "@beemesh/ports";
import { portOf } from "../../../../test/port-of.ts";
import type { Consent } from "./consents.ts";
import { Programs } from "./programs.ts";

function workloadOf(spec: object, rest: object = {}): KubeObject {
  return {
    apiVersion: "beemesh.io/v1",
    kind: "ExternalWorkload",
    metadata: { namespace: "shop", name: "db", uid: "u1" },
    spec: { machine: "m1", ports: [{ port: 5432 }], ...spec },
    ...rest,
  };
}

const readinessProbe = { tcpSocket: { port: 5432 }, failureThreshold: 2 };

const attached: Consent = { isGiven: true, reason: "Attached", message: "It is attached" };

/** The conditions of a record that its machine has accepted, or not. */
function conditionsOf({ isGiven, reason, message }: Consent): readonly object[] {
  const status = isGiven ? "True" : "False";
  const lastTransitionTime = "1970-01-01T00:00:00Z";
  return [{ type: "Accepted", status, reason, message, lastTransitionTime }];
}

const conditions = conditionsOf(attached);

/** Programs over one record that a test may change. */
class Stage {
  record: KubeObject | undefined;
  readonly asked: string[] = [];
  readonly brought: string[] = [];
  answer = "";
  nudges = 0;
  consent: Consent = attached;
  readonly refused: string[] = [];
  readonly programs: Programs;
  #listener: (change: Change) => void = () => undefined;

  constructor(record?: KubeObject, probe?: ConstructorParameters<typeof Programs>[0]["probe"]) {
    this.record = record;
    const items = (): KubeObject[] => (this.record === undefined ? [] : [this.record]);
    const store: Partial<ObjectStore> = {
      get: (_resource, namespace, name) =>
        items().find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
      list: () => ({ items: items(), revision: "1" }),
      onChange: (listener) => {
        this.#listener = listener;
        return () => undefined;
      },
      putStatus: (_resource, object) => {
        this.record = object;
        return { id: 1, object };
      },
    };
    this.programs = new Programs({
      self: "m1",
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only what is used is there
      objects: store as ObjectStore,
      reading: {
        namespaces: () => ["shop"],
        bringAll: (wanted) => {
          this.brought.push(...wanted);
          return Promise.resolve();
        },
      },
      nudge: () => (this.nudges += 1),
      consents: { of: () => this.consent },
      wallMs: () => 0,
      onRefused: ({ metadata }, reason) => void this.refused.push(`${metadata.name} ${reason}`),
      probe:
        probe ??
        ((address, port, timeoutMs) => {
          this.asked.push(`${address}:${port} ${timeoutMs}`);
          return Promise.resolve(this.answer);
        }),
    });
  }

  /** Another version of the record, or none, and what is done about it. */
  async change(record: KubeObject | undefined): Promise<void> {
    const object = record ?? this.record ?? assert.fail("there is a record");
    this.record = record;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only these are looked at
    this.#listener({ resource: { kind: object.kind }, object } as Change);
    await settled();
    await settled();
  }
}

describe("Programs", () => {
  const opened: Stage[] = [];
  const open = (...given: ConstructorParameters<typeof Stage>): Stage => {
    const stage = new Stage(...given);
    opened.push(stage);
    return stage;
  };
  afterEach(() => {
    for (const { programs } of opened.splice(0)) programs.close();
  });

  test("are asked, and their records tell the answer", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const stage = open(workloadOf({ readinessProbe }));
    await stage.programs.look();
    await settled();
    assert.deepEqual(stage.brought, ["externalworkloads.beemesh.io/shop"]);
    assert.deepEqual(stage.asked, ["127.0.0.1:5432 1000"]);
    assert.deepEqual(stage.record?.status, { ready: true, message: "It answers", conditions });
    stage.answer = "it is gone";
    for (const ready of [true, false]) {
      t.mock.timers.tick(10_000);
      await settled();
      assert.equal(JSON.stringify(stage.record?.status).includes(`"ready":${ready}`), true);
    }
    assert.deepEqual(stage.record?.status, { ready: false, message: "it is gone", conditions });
    assert.equal(stage.nudges, 2, "nothing is written that is known");
  });

  test("count as ready where nobody asks", async () => {
    const stage = open();
    await stage.change(workloadOf({}));
    const message = "It has no readinessProbe and counts as ready";
    assert.deepEqual(stage.record?.status, { ready: true, message, conditions });
    assert.deepEqual(stage.asked, []);
  });

  test("of other machines are left alone", async () => {
    const stage = open(workloadOf({ machine: "m2", readinessProbe }));
    await stage.programs.look();
    assert.deepEqual(stage.asked, []);
    assert.equal(stage.programs.placeOf("u1", 5432), undefined);
  });

  test("are asked anew when they change, and no more when they are gone", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const stage = open();
    await stage.change(workloadOf({ readinessProbe }));
    await stage.change(workloadOf({ readinessProbe, address: "10.0.0.7" }));
    assert.deepEqual(stage.asked, ["127.0.0.1:5432 1000", "10.0.0.7:5432 1000"]);
    assert.deepEqual(stage.programs.placeOf("u1", 5432), { host: "10.0.0.7", port: 5432 });
    assert.throws(() => stage.programs.placeOf("u1", 22), { code: "connection-refused" });
    await stage.change(undefined);
    t.mock.timers.tick(60_000);
    await settled();
    assert.equal(stage.asked.length, 2);
    assert.equal(stage.programs.placeOf("u1", 5432), undefined);
  });

  test("have their status put right if somebody else writes it", async () => {
    const stage = open();
    await stage.change(workloadOf({ readinessProbe }));
    await stage.change({ ...workloadOf({ readinessProbe }), status: { ready: false } });
    assert.deepEqual(stage.record?.status, { ready: true, message: "It answers", conditions });
  });

  test("are left alone until their machine's owner agrees, and that is told once", async () => {
    const stage = open();
    const refusal = { isGiven: false, reason: "NoConsent", message: "run this" };
    stage.consent = refusal;
    await stage.change(workloadOf({ readinessProbe }));
    await stage.change({ ...workloadOf({ readinessProbe }), status: { ready: true } });
    const told = { ready: false, message: "run this", conditions: conditionsOf(refusal) };
    assert.deepEqual(stage.record?.status, told);
    assert.deepEqual([stage.refused, stage.asked], [["db run this"], []]);
    assert.equal(stage.programs.placeOf("u1", 5432), undefined);
    stage.consent = attached;
    stage.programs.regard({ namespace: "shop", name: "db" });
    await settled();
    assert.deepEqual(stage.record?.status, { ready: true, message: "It answers", conditions });
    assert.deepEqual(stage.programs.placeOf("u1", 5432), { host: "127.0.0.1", port: 5432 });
    stage.consent = refusal;
    stage.programs.regard({ namespace: "shop", name: "db" });
    assert.deepEqual(stage.record?.status, told);
    assert.equal(stage.programs.placeOf("u1", 5432), undefined);
  });
});

test("a real port answers or does not", async (t) => {
  const server = createServer((socket) => socket.destroy());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const port = portOf(server);
  t.mock.timers.enable({ apis: ["setInterval"] });
  for (const expected of [/It answers/u, /127\.0\.0\.1:\d+ does not answer: ECONNREFUSED/u]) {
    const written = Promise.withResolvers<KubeObject>();
    const record = workloadOf({ readinessProbe: { tcpSocket: { port } } });
    const store: Partial<ObjectStore> = {
      get: () => record,
      list: () => ({ items: [record], revision: "1" }),
      onChange: () => () => undefined,
      putStatus: (_resource, object) => {
        written.resolve(object);
        return { id: 1, object };
      },
    };
    const programs = new Programs({
      self: "m1",
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only what is used is there
      objects: store as ObjectStore,
      reading: { namespaces: () => [], bringAll: () => Promise.resolve() },
      nudge: () => undefined,
      consents: { of: () => attached },
      wallMs: () => 0,
      onRefused: () => undefined,
    });
    await programs.look();
    assert.match(JSON.stringify((await written.promise).status), expected);
    programs.close();
    server.close();
    await once(server, "close").catch(() => undefined);
  }
});
