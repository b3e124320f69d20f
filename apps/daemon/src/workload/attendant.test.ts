import assert from "node:assert/strict";
import { connect } from "node:net";
import { type Duplex, duplexPair } from "node:stream";
import { describe, test } from "node:test";
import { BeeError } from "@beemesh/base";
import { parseJson } from "@beemesh/wire";
import {
  type Endpoint,
  type MachineMessage,
  type Refusal,
  readMachineMessage,
  type SidecarMessage,
} from "@beemesh/workload";
import { Attendant, type Counsel } from "./attendant.ts";
import { heldSocket } from "./held-connection.ts";
import { openEcho, say, testOutbox } from "./sockets.test.ts";

const pod = {
  uid: "u1",
  namespace: "shop",
  name: "web-1",
  serviceAccount: "default",
  mesh: "12D3KooWmesh",
  machine: "m1",
};
const endpoint: Endpoint = {
  uid: "u2",
  machine: "m2",
  namespace: "shop",
  serviceAccount: "default",
  ip: "10.1.2.3",
  port: 80,
};
const refusal: Refusal = {
  direction: "in",
  source: "spiffe://m/ns/a/sa/b",
  target: "spiffe://m/ns/c/sa/d",
  protocol: "tcp",
  port: 80,
  cause: "policy",
  reason: "no rule allows it",
};

/** The sidecar's end, in a test's hands. */
class FakeSidecar {
  readonly heard: MachineMessage[] = [];
  readonly #channel: Duplex;
  #waiting: { readonly kind: string; readonly resolve: () => void } | undefined;

  constructor(channel: Duplex) {
    this.#channel = channel;
    let held = "";
    channel.setEncoding("utf8").on("data", (text: string) => {
      const lines = (held + text).split("\n");
      held = lines.pop() ?? "";
      for (const line of lines) {
        const message = readMachineMessage(parseJson(line));
        assert(message, `the machine said ${line}`);
        this.heard.push(message);
        if (this.#waiting?.kind === message.kind) this.#waiting.resolve();
      }
    });
  }

  say(message: SidecarMessage): void {
    this.#channel.write(`${JSON.stringify(message)}\n`);
  }

  write(text: string): void {
    this.#channel.write(text);
  }

  /** Says something, and waits for an answer of a kind. */
  async ask(message: SidecarMessage, kind: MachineMessage["kind"]): Promise<MachineMessage> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting = { kind, resolve };
    this.say(message);
    await promise;
    const answer = this.heard.findLast((heard) => heard.kind === kind);
    assert(answer);
    return answer;
  }
}

/** A counsel that remembers who asked. */
function counselOf(change: Partial<Counsel> = {}): Counsel & { readonly asked: string[] } {
  const asked: string[] = [];
  const refuse = (what: string) => (uid: string) => {
    asked.push(`${what} ${uid}`);
    return Promise.reject(new BeeError("peer-unreachable", "Cannot reach it"));
  };
  return {
    asked,
    facts: () => pod,
    certify: (uid, publicKey) => ({ certificate: `${uid} ${publicKey}`, notAfterMs: 5 }),
    names: (uid, name) => {
      asked.push(`names ${uid} ${name}`);
      return Promise.resolve({ status: "absent", ttlSeconds: 5, records: [] });
    },
    route: (uid, { ip }) => {
      asked.push(`route ${uid} ${ip}`);
      return Promise.resolve({ kind: "refused", key: "k", reason: "none" });
    },
    admit: (uid, caller) => {
      asked.push(`admit ${uid} ${caller.uid}`);
      return Promise.resolve({ allowed: true, reason: "" });
    },
    dial: refuse("dial"),
    dialExternal: refuse("dialExternal"),
    refused: (uid, told) => asked.push(`refused ${uid} ${told.cause}`),
    lost: (uid, uids) => asked.push(`lost ${uid} ${uids.join()}`),
    traced: (uid, spans) => asked.push(`traced ${uid} ${spans.length}`),
    ...change,
  };
}

function open(change: Partial<Counsel> = {}, descriptors = "sidecar") {
  const [near, far] = duplexPair();
  const counsel = counselOf(change);
  const outbox = testOutbox();
  const { promise: ended, resolve: onEnd } = Promise.withResolvers<string>();
  const attendant = new Attendant({
    uid: "u1",
    channel: near,
    descriptors,
    outbox,
    counsel,
    clockOffsetMs: () => 7,
    tracesUrl: "",
    nowMs: () => 0,
    onEnd,
  });
  return { attendant, counsel, outbox, ended, sidecar: new FakeSidecar(far) };
}

describe("Attendant", () => {
  test("answers what a sidecar asks, for its own pod", async () => {
    const { sidecar, counsel } = open();
    const caller = { uid: "u9", namespace: "a", serviceAccount: "b", issuer: "12D3KooWx" };
    const answers = [
      await sidecar.ask({ kind: "ready", pid: 1 }, "hello"),
      await sidecar.ask({ kind: "certify", id: 1, publicKey: "key" }, "certificate"),
      await sidecar.ask({ kind: "names", id: 2, name: "a.b", type: "A" }, "names"),
      await sidecar.ask({ kind: "route", id: 3, protocol: "tcp", ip: "1.2.3.4", port: 1 }, "route"),
      await sidecar.ask({ kind: "admit", id: 4, caller, protocol: "tcp", port: 1 }, "verdict"),
    ];
    assert.deepEqual(answers, [
      { kind: "hello", pod, clockOffsetMs: 7, tracesUrl: "" },
      { kind: "certificate", id: 1, certificate: "u1 key", notAfterMs: 5 },
      { kind: "names", id: 2, status: "absent", ttlSeconds: 5, records: [] },
      { kind: "route", id: 3, route: { kind: "refused", key: "k", reason: "none" } },
      { kind: "verdict", id: 4, allowed: true, reason: "" },
    ]);
    sidecar.say({ kind: "refused", refusal });
    sidecar.say({ kind: "lost", uids: ["u7", "u8"] });
    await sidecar.ask({ kind: "certify", id: 9, publicKey: "key" }, "certificate");
    assert.deepEqual(counsel.asked, [
      "names u1 a.b",
      "route u1 1.2.3.4",
      "admit u1 u9",
      "refused u1 policy",
      "lost u1 u7,u8",
    ]);
  });

  test("says who the pod is as soon as it is known, once", async () => {
    let isKnown = false;
    const { sidecar, attendant } = open({ facts: () => (isKnown ? pod : undefined) });
    await sidecar.ask({ kind: "names", id: 1, name: "a", type: "A" }, "names");
    assert.equal(sidecar.heard.length, 1);
    isKnown = true;
    attendant.greet();
    attendant.greet();
    await sidecar.ask({ kind: "names", id: 2, name: "a", type: "A" }, "names");
    const kinds = sidecar.heard.map(({ kind }) => kind);
    assert.deepEqual(kinds, ["names", "hello", "names"]);
  });

  test("hands a dialed socket over before it says so", async () => {
    const echo = await openEcho();
    const dial = async () => {
      const socket = connect(echo.at, "127.0.0.1").pause();
      await new Promise((resolve) => socket.once("connect", resolve));
      return { held: heldSocket(socket), path: "direct" as const, issuer: "12D3KooWm2" };
    };
    const { sidecar, outbox } = open({ dial, dialExternal: dial });
    const answer = await sidecar.ask({ kind: "dial", id: 5, endpoint }, "dialed");
    assert.deepEqual(answer, { kind: "dialed", id: 5, error: "", issuer: "12D3KooWm2" });
    const place = { kind: "dialExternal", id: 6, protocol: "tcp", host: "a", port: 1 } as const;
    assert.equal((await sidecar.ask(place, "dialed")).kind, "dialed");
    assert.deepEqual(
      outbox.delivered.map(({ tag }) => tag),
      [
        { kind: "dialed", id: 5 },
        { kind: "dialed", id: 6 },
      ],
    );
    for (const { socket } of outbox.delivered) assert.equal(await say(socket, "hi"), "hi");
    echo.close();
  });

  test("says why there is no socket", async () => {
    const { sidecar, counsel } = open();
    const answer = await sidecar.ask({ kind: "dial", id: 5, endpoint }, "dialed");
    assert.deepEqual(answer, { kind: "dialed", id: 5, error: "Cannot reach it", issuer: "" });
    assert.deepEqual(counsel.asked, ["dial u1"]);
  });

  test("lets go of a socket that the sidecar does not take", async () => {
    const echo = await openEcho();
    const socket = connect(echo.at, "127.0.0.1").pause();
    await new Promise((resolve) => socket.once("connect", resolve));
    const dialed = { held: heldSocket(socket), path: "direct", issuer: "p" } as const;
    const { sidecar, attendant } = open({ dial: () => Promise.resolve(dialed) }, "absent");
    const answer = await sidecar.ask({ kind: "dial", id: 5, endpoint }, "dialed");
    assert(answer.kind === "dialed" && answer.error !== "");
    assert(socket.destroyed);
    assert(!(await attendant.bring(dialed.held)), "nor one that came from outside");
    echo.close();
  });

  test("brings connections of other sidecars", async () => {
    const echo = await openEcho();
    const socket = connect(echo.at, "127.0.0.1").pause();
    await new Promise((resolve) => socket.once("connect", resolve));
    const { sidecar, attendant, outbox } = open();
    assert(await attendant.bring(heldSocket(socket, Buffer.from("read "))));
    await sidecar.ask({ kind: "names", id: 1, name: "a", type: "A" }, "names");
    assert(sidecar.heard.some(({ kind }) => kind === "incoming"));
    const [taken] = outbox.delivered;
    assert(taken);
    assert.equal(await say(taken.socket, "on"), "read on");
    echo.close();
  });

  test("collects metrics, or nothing when they are late or the channel ends", async () => {
    const { sidecar, attendant } = open();
    const collected = attendant.collect(60_000);
    await sidecar.ask({ kind: "names", id: 1, name: "a", type: "A" }, "names");
    const asked = sidecar.heard.find(({ kind }) => kind === "collect");
    assert(asked?.kind === "collect");
    sidecar.say({ kind: "metrics", id: asked.id, text: "a 1\n" });
    assert.equal(await collected, "a 1\n");
    assert.equal(await attendant.collect(1), undefined);
    const cut = attendant.collect(60_000);
    attendant.close();
    assert.equal(await cut, undefined);
  });

  test("lets a sidecar sign how its pod is reached", async () => {
    const { sidecar, attendant } = open();
    const claim = {
      machine: "12D3KooWm1",
      node: "m1",
      ip: "10.1.2.3",
      addresses: [],
      services: [],
      version: 1,
      notAfterMs: 2,
    };
    const vouched = attendant.vouch(claim, 60_000);
    await sidecar.ask({ kind: "names", id: 1, name: "a", type: "A" }, "names");
    const asked = sidecar.heard.find(({ kind }) => kind === "vouch");
    assert(asked?.kind === "vouch");
    assert.deepEqual(asked.claim, claim);
    sidecar.say({ kind: "vouched", id: asked.id, signature: "c2ln", certificate: "PEM" });
    assert.deepEqual(await vouched, { signature: "c2ln", certificate: "PEM" });
    assert.equal(await attendant.vouch(claim, 1), undefined);
  });

  for (const [what, text] of [
    ["no JSON", "hello\n"],
    ["an unknown kind", '{"kind":"shutdown"}\n'],
    ["a question about nothing", '{"kind":"dial","id":1}\n'],
    ["deep JSON", `{"kind":"ready","pid":${"[".repeat(100)}\n`],
  ] as const)
    test(`closes the channel at ${what}`, async () => {
      const { sidecar, ended } = open();
      sidecar.write(text);
      assert.equal(await ended, "malformed message");
    });

  test("closes the channel at a line that is too long, or when its end has come", async () => {
    const { sidecar, ended } = open();
    sidecar.write("x".repeat(300_000));
    assert.equal(await ended, "line too long");
    const other = open();
    other.attendant.tell({ kind: "incoming" });
    other.sidecar.write("");
    other.attendant.close();
    other.attendant.tell({ kind: "incoming" });
    assert(other.sidecar.heard.length <= 2);
  });

  test("closes the channel of a sidecar that does not read", async () => {
    const [near] = duplexPair();
    const { promise: ended, resolve: onEnd } = Promise.withResolvers<string>();
    const attendant = new Attendant({
      uid: "u1",
      channel: near,
      descriptors: "",
      outbox: testOutbox(),
      counsel: counselOf(),
      clockOffsetMs: () => 0,
      tracesUrl: "",
      nowMs: () => 0,
      onEnd,
    });
    const route = { kind: "refused", key: "k", reason: "x".repeat(1000) } as const;
    for (let told = 0; told < 10_000; told += 1) attendant.tell({ kind: "rerouted", route });
    assert.equal(await ended, "does not read");
  });
});
