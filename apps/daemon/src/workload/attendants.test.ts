import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import { describe, test } from "node:test";
import { findResource } from "@beemesh/model";
import type { Change } from "@beemesh/ports";
import { parseJson } from "@beemesh/wire";
import { type MachineMessage, readMachineMessage } from "@beemesh/workload";
import { Attendants, type AttendantsOptions } from "./attendants.ts";
import { testOutbox } from "./sockets.test.ts";

const pod = {
  uid: "u1",
  namespace: "shop",
  name: "web-1",
  serviceAccount: "default",
  mesh: "m",
  machine: "m1",
};
const replica = {
  uid: "u2",
  machine: "m2",
  namespace: "shop",
  serviceAccount: "default",
  ip: "10.0.0.2",
  port: 80,
};
const pods = findResource("", "pods");
assert(pods);
const change: Change = {
  kind: "modified",
  resource: pods,
  object: { apiVersion: "v1", kind: "Pod", metadata: { name: "x" } },
  revision: "1",
};

/** Attendants of a directory in a test's hands. */
function open() {
  const listeners: ((change: Change) => void)[] = [];
  const calls: string[] = [];
  const known = { replicas: [replica], impact: { verdicts: true, names: true } };
  const never = (): Promise<never> => Promise.reject(new Error("not asked in this test"));
  const options: AttendantsOptions = {
    outbox: testOutbox(),
    counsel: {
      facts: () => pod,
      certify: () => undefined,
      names: never,
      route: never,
      admit: never,
      dial: never,
      dialExternal: never,
      refused: () => undefined,
      lost: () => undefined,
      traced: () => undefined,
    },
    clockOffsetMs: () => 0,
    tracesUrl: "",
    nowMs: () => 0,
    directory: {
      factsOf: () => pod,
      affectedBy: () => ({ routes: "none", ...known.impact }),
      replicasOf: () => ({ workload: "shop/web", replicas: known.replicas }),
    },
    subscriptions: {
      step: () => [{ uid: "u1", route: { kind: "refused", key: "k", reason: "gone" } }],
      forget: (uid) => calls.push(`unsubscribe ${uid}`),
    },
    following: {
      bring: ({ uid }) => {
        calls.push(`bring ${uid}`);
        return Promise.resolve();
      },
      refresh: () => undefined,
      forget: (uid) => calls.push(`unfollow ${uid}`),
    },
    objects: {
      onChange: (listener) => {
        listeners.push(listener);
        return () => listeners.splice(listeners.indexOf(listener), 1);
      },
    },
    onEnd: (uid, fault) => calls.push(`end ${uid} ${fault}`),
  };
  const attendants = new Attendants(options);
  const tell = (): void => {
    for (const listener of listeners) listener(change);
  };
  return { attendants, calls, known, tell, listeners };
}

/** Attends to a sidecar, and hears what it is told. */
function attend(attendants: Attendants, uid = "u1") {
  const [near, far] = duplexPair();
  const heard: MachineMessage[] = [];
  let wanted: { kind: string; resolve: () => void } | undefined;
  far.setEncoding("utf8").on("data", (text: string) => {
    for (const line of text.trimEnd().split("\n")) {
      const message = readMachineMessage(parseJson(line));
      assert(message);
      heard.push(message);
      if (message.kind === wanted?.kind) wanted.resolve();
    }
  });
  attendants.attend({ uid, channel: near, descriptors: "" });
  const hear = async (kind: string): Promise<void> => {
    if (heard.some((message) => message.kind === kind)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    wanted = { kind, resolve };
    await promise;
  };
  return { far, heard, hear };
}

describe("Attendants", () => {
  test("tell a sidecar who it is and its replicas, and bring what it will ask", async () => {
    const { attendants, calls } = open();
    const { heard, hear } = attend(attendants);
    await hear("replicas");
    assert.deepEqual(
      heard.map(({ kind }) => kind),
      ["hello", "replicas"],
    );
    assert.deepEqual(calls, ["bring u1"]);
    attendants.close();
  });

  test("tell what has changed: routes at once, the rest once for a burst", async () => {
    const { attendants, tell, known } = open();
    const { heard, hear } = attend(attendants);
    await hear("replicas");
    known.replicas = [];
    heard.length = 0;
    for (let times = 0; times < 5; times += 1) tell();
    await hear("replicas");
    const kinds = heard.map(({ kind }) => kind);
    assert.equal(kinds.filter((kind) => kind === "rerouted").length, 5);
    assert.deepEqual(kinds.slice(-3), ["forget", "forget", "replicas"]);
    tell();
    attendants.close();
  });

  test("forget a sidecar that has gone, and attend to it again", async () => {
    const { attendants, calls } = open();
    const { far } = attend(attendants);
    far.end();
    const { promise, resolve } = Promise.withResolvers<void>();
    far.once("close", resolve);
    await promise;
    assert.equal(attendants.size, 0);
    assert.deepEqual(calls.slice(1), ["unsubscribe u1", "unfollow u1", "end u1 ended"]);
    const first = attend(attendants);
    const second = attend(attendants);
    await second.hear("hello");
    assert.equal(attendants.size, 1);
    first.far.destroy();
    assert(attendants.get("u1"), "the channel that was replaced takes nobody along");
    attendants.close();
  });

  test("collect the metrics of those who tell them", async () => {
    const { attendants } = open();
    const { far, hear, heard } = attend(attendants);
    const collected = attendants.collect();
    assert.equal(attendants.collect(), collected, "one question for all who ask together");
    await hear("collect");
    const asked = heard.find((message) => message.kind === "collect");
    assert(asked);
    far.write(`${JSON.stringify({ kind: "metrics", id: asked.id, text: "a 1\n" })}\n`);
    assert.deepEqual(await collected, [{ namespace: "shop", pod: "web-1", text: "a 1\n" }]);
    attendants.close();
  });

  test("hear nothing of the store after their end", () => {
    const { attendants, listeners } = open();
    attendants.close();
    assert.equal(listeners.length, 0);
  });
});
