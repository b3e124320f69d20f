/** Who is let in, and what happens to everybody else. */
import assert from "node:assert/strict";
import { on, once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { CarrierReader, endFrame, openFrame } from "@beemesh/carrier";
import { SigningKey } from "@beemesh/identity";
import type { PodFacts } from "@beemesh/workload";
import { handshakeMsMax, handshakesMax, uncertifiedMsMax } from "./limits.ts";
import { certifier } from "./testing/fake-machine.ts";
import { newKeyPair } from "./testing/key-pair.ts";
import { readAll, Stage, type StagePod } from "./testing/stage.ts";

const hourMs = 3_600_000;
const wish = { protocol: "tcp", port: 1, service: "", traceparent: "" } as const;

describe("a sidecar lets in", () => {
  const stage = new Stage();
  let db: StagePod;
  let port = 0;
  let served = 0;

  before(async () => {
    db = await stage.pod("db");
    port = await stage.listen(db, (socket) => {
      served += 1;
      socket.end("served");
    });
  });
  after(() => stage.close());

  const caller: PodFacts = {
    uid: "uid-x",
    namespace: "shop",
    name: "x",
    serviceAccount: "x",
    mesh: stage.mesh,
    machine: "m2",
  };

  /** TLS to the sidecar with some certificate, and an opening for the program's port. */
  async function call(facts: PodFacts | undefined, lifeMs = hourMs): Promise<Buffer> {
    const tls = await greet(facts, lifeMs);
    tls.write(openFrame({ protocol: "tcp", port, service: "", traceparent: "" }));
    return answer(tls);
  }

  async function greet(facts: PodFacts | undefined, lifeMs = hourMs): Promise<TLSSocket> {
    const { privateKey, publicKey } = newKeyPair();
    const issued = facts && certifier(SigningKey.generate(), facts, lifeMs)(publicKey);
    const identity = issued && { key: privateKey, cert: issued.certificate };
    const tls = connectTls({ socket: carry(), rejectUnauthorized: false, ...identity });
    tls.on("error", () => tls.destroy());
    await once(tls, "secureConnect");
    return tls;
  }

  function carry(): Socket {
    const socket = connect(db.socketPath);
    socket.on("error", () => socket.destroy());
    socket.write("carry\n");
    return socket;
  }

  test("a workload of its mesh", async () => {
    const bytes = await call(caller);
    assert.deepEqual([...bytes.subarray(0, 4)], [2, 0, 0, 0], "ACCEPTED comes first");
    assert.match(bytes.toString("latin1"), /served/u);
  });

  for (const [what, facts, lifeMs] of [
    ["nobody without a certificate", undefined, hourMs],
    ["nobody whose certificate has expired", caller, -1000],
    ["nobody of another mesh", { ...caller, mesh: SigningKey.generate().id }, hourMs],
  ] as const)
    test(what, async () => {
      const earlier = served;
      const refused = db.machine.refusals.length;
      assert.equal((await call(facts, lifeMs)).length, 0);
      await db.machine.metrics();
      assert.equal(served, earlier);
      const refusal = db.machine.refusals[refused];
      assert.equal(refusal?.cause, "certificate");
      assert.equal(refusal.target, `spiffe://${stage.mesh.toLowerCase()}/ns/shop/sa/db`);
    });

  test("nobody whom the machine does not admit, and says so to both", async () => {
    const earlier = served;
    db.machine.rules.admit = ({ uid }) => (uid === "uid-evil" ? "no rule allows it" : "");
    const bytes = await call({ ...caller, uid: "uid-evil" });
    assert.equal(bytes[0], 3, "REFUSED");
    assert.match(bytes.toString("latin1"), /"cause":"policy","reason":"no rule allows it"/u);
    await db.machine.metrics();
    const refusal = db.machine.refusals.at(-1);
    assert.equal(refusal?.cause, "policy");
    assert.equal(refusal.source, `spiffe://${stage.mesh.toLowerCase()}/ns/shop/sa/x`);
    assert.equal(refusal.port, port);
    assert.equal(served, earlier);
    const counted = /beemesh_policy_refused_total\{direction="in",cause="policy"\} [1-9]/u;
    assert.match(await db.machine.metrics(), counted);
  });

  test("by a verdict that it keeps, until the machine says that it has changed", async () => {
    const tls = await greet({ ...caller, uid: "uid-often" });
    const heard = hear(tls);
    const asks = (): number => db.machine.heard.filter(({ kind }) => kind === "admit").length;
    const knock = async (): Promise<string> => {
      tls.write(openFrame({ protocol: "tcp", port, service: "", traceparent: "" }));
      // The end of this direction, without which there is no next connection.
      tls.write(endFrame());
      const signal = await heard();
      if (signal === "accepted") assert.equal(await heard(), "end");
      return signal;
    };
    const earlier = asks();
    assert.equal(await knock(), "accepted");
    assert.equal(await knock(), "accepted");
    assert.equal(asks(), earlier + 1);
    db.machine.rules.admit = () => "not any more";
    db.machine.tell({ kind: "forget", what: "verdicts" });
    await db.machine.metrics();
    assert.equal(await knock(), "refused");
    db.machine.rules.admit = () => "";
    db.machine.tell({ kind: "forget", what: "verdicts" });
    tls.destroy();
  });

  test("no garbage instead of TLS", async () => {
    const socket = carry();
    socket.write("GET / HTTP/1.1\r\n\r\n");
    await once(socket.resume(), "close");
    assert.match(await db.machine.metrics(), /direction="in",result="handshake"\} [1-9]/u);
  });

  for (const [what, bytes] of [
    ["garbage instead of frames", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
    ["DATA before OPEN", Buffer.from([4, 0, 0, 1, 0])],
    ["OPEN twice", Buffer.concat([1, 2].map(() => openFrame(wish)))],
    ["an opening that is too long", Buffer.from([1, 1, 0, 0])],
  ] as const)
    test(`no ${what}`, async () => {
      const tls = await greet(caller);
      tls.write(bytes);
      await once(tls.resume(), "close");
    });

  test("nobody who does not shake hands in time", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const socket = carry();
    await once(socket, "connect");
    // An answer over the same door comes after the sidecar has taken the stream before it.
    await readAll(connect(db.socketPath).end("connect 0\n"));
    t.mock.timers.tick(handshakeMsMax);
    await once(socket.resume(), "close");
  });

  test("a few who shake hands slowly, the latest of them, and others meanwhile", async () => {
    const slow = Array.from({ length: handshakesMax + 20 }, () => carry());
    const closed = slow.slice(0, 20).map((socket) => once(socket.resume(), "close"));
    await Promise.all(closed);
    const bytes = await call(caller);
    assert.match(bytes.toString("latin1"), /served/u);
    for (const socket of slow) socket.destroy();
  });
});

describe("a sidecar without a certificate", () => {
  test("lets others wait until it has one, and no longer than that", async (t) => {
    const stage = new Stage();
    try {
      const db = await stage.pod("db");
      const { certify } = db.machine.rules;
      t.mock.timers.enable({ apis: ["setTimeout"] });
      // The first certificate has come; it is over, and the next one is not to be had yet.
      db.machine.rules.certify = (publicKey) => {
        const issued = certify(publicKey);
        return issued && { ...issued, notAfterMs: Date.now() - 1 };
      };
      await db.sidecar.renewIdentity();
      db.machine.rules.certify = () => undefined;
      const call = (): TLSSocket => {
        const socket = connect(db.socketPath);
        socket.write("carry\n");
        const tls = connectTls({ socket, rejectUnauthorized: false });
        return tls.on("error", () => tls.destroy());
      };
      const early = call();
      // What is asked over the door after it has been taken after it.
      await readAll(connect(db.socketPath).end("connect 0\n"));
      t.mock.timers.tick(uncertifiedMsMax);
      await new Promise((resolve) => early.once("close", resolve));
      const patient = call();
      await readAll(connect(db.socketPath).end("connect 0\n"));
      db.machine.rules.certify = certify;
      await Promise.all([once(patient, "secureConnect"), db.sidecar.renewIdentity()]);
      assert.match(await db.machine.metrics(), /direction="in",result="identity"\} 1\n/u);
      patient.destroy();
    } finally {
      stage.close();
    }
  });
});

describe("a sidecar with room for few", () => {
  test("refuses what is too much, and lets others in when there is room again", async () => {
    const stage = new Stage(20);
    try {
      const [web, db] = [await stage.pod("web"), await stage.pod("db")];
      stage.route(web, db, await stage.listen(db, (socket) => socket.pipe(socket)));
      const knock = async (): Promise<string> => {
        const app = await stage.connect(web);
        app.on("error", () => app.destroy());
        app.write("x");
        const result = await new Promise<string>((resolve) => {
          app.once("data", () => resolve("let in"));
          app.once("close", () => resolve("refused"));
        });
        if (result === "let in") held.push(app);
        return result;
      };
      const held: Socket[] = [];
      while (held.length < 40 && (await knock()) === "let in");
      assert(held.length > 5 && held.length <= 20, `${held.length} were let in`);
      const [first] = held;
      first?.end();
      await once(first ?? process, "close");
      assert.equal(await knock(), "let in");
    } finally {
      stage.close();
    }
  });
});

/** The signals that come over a carrier, one at a time. */
function hear(tls: TLSSocket): () => Promise<string> {
  const signals = on(tls, "signal");
  const reader = new CarrierReader({
    onOpen: () => {},
    onRefused: () => void tls.emit("signal", "refused"),
    onSignal: (signal) => void tls.emit("signal", signal),
    onData: () => {},
  });
  tls.on("data", (chunk: Buffer) => reader.read(chunk));
  return async () => {
    const { value } = await signals.next();
    return String(value);
  };
}

async function answer(tls: TLSSocket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  tls.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    // END of the program's side: there is nothing more to come.
    const all = Buffer.concat(chunks);
    if (all[0] === 3 || all.includes("served\u0005")) tls.destroy();
  });
  // Who is not let in may be told by an RST, which is an error to Node.
  await new Promise((resolve) => tls.once("close", resolve));
  return Buffer.concat(chunks);
}
