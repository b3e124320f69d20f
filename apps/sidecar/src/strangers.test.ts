/** Who comes to a sidecar with proofs of something else, or comes and then says nothing. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, describe, test } from "node:test";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { openFrame } from "@beemesh/carrier";
import { issueWorkloadCertificate, SigningKey, selfSignedServer } from "@beemesh/identity";
import type { PodFacts } from "@beemesh/workload";
import { newKeyPair } from "./testing/key-pair.ts";
import { metricOf } from "./testing/programs.ts";
import { Stage, type StagePod } from "./testing/stage.ts";

const hourMs = 3_600_000;
const carriersMax = 20;

interface Proof {
  readonly key: string;
  readonly cert: string;
}

describe("a sidecar and strangers", () => {
  const stage = new Stage(carriersMax);
  let db: StagePod;
  let port = 0;
  let served = 0;
  const machine = SigningKey.generate();
  const web: PodFacts = {
    uid: "uid-web",
    namespace: "shop",
    name: "web",
    serviceAccount: "web",
    mesh: stage.mesh,
    machine: "m2",
  };

  before(async () => {
    db = await stage.pod("db");
    port = await stage.listen(db, (socket) => {
      served += 1;
      socket.end("served");
    });
  });
  after(() => stage.close());

  function certified(from: number, to: number, by = machine, facts = web): Proof {
    const { privateKey: key, publicKey } = newKeyPair();
    const cert = issueWorkloadCertificate({
      key: by,
      publicKey,
      uid: facts.uid,
      identity: facts,
      notBeforeMs: Date.now() + from,
      notAfterMs: Date.now() + to,
    });
    assert(cert !== undefined);
    return { key, cert };
  }

  async function greet(proof: Proof): Promise<TLSSocket> {
    const socket = connect(db.socketPath);
    socket.on("error", () => socket.destroy());
    socket.write("carry\n");
    const tls = connectTls({ socket, rejectUnauthorized: false, ...proof });
    tls.on("error", () => tls.destroy());
    await once(tls, "secureConnect");
    return tls;
  }

  /** What comes back for an opening, up to the end of the program's word or of the carrier. */
  async function ask(tls: TLSSocket): Promise<string> {
    tls.write(openFrame({ protocol: "tcp", port, service: "", traceparent: "" }));
    let text = "";
    tls.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (text.includes("served")) tls.destroy();
    });
    // Who is turned away may be told by a reset, which is an error first.
    if (!tls.closed) await new Promise((resolve) => tls.once("close", resolve));
    return text;
  }

  /** A certificate that the machine's own key has signed about a key of P-256, as libp2p's are. */
  function ofMachine(): Proof {
    const { certificate: cert, key } = selfSignedServer([machine.id]);
    return { key, cert };
  }

  for (const [what, proof] of [
    ["nobody with a machine's proof and no workload's", ofMachine],
    ["nobody whose certificate begins tomorrow", () => certified(24 * hourMs, 25 * hourMs)],
    ["nobody whose certificate ended yesterday", () => certified(-25 * hourMs, -24 * hourMs)],
    [
      "nobody of another mesh",
      () => certified(-hourMs, hourMs, machine, { ...web, mesh: SigningKey.generate().id }),
    ],
  ] as const)
    test(`lets in ${what}, counts it, and serves others`, async () => {
      const [earlier, counted] = [served, await refusedCertificates()];
      // The refused one's handshake may be over before it is looked at.
      assert.equal(await ask(await greet(proof())), "");
      assert.equal(served, earlier);
      assert.equal(await refusedCertificates(), counted + 1);
      assert.match(await ask(await greet(certified(-hourMs, hourMs))), /served/u);
    });

  test("asks its machine of each issuer: a member may lie about what it may say", async () => {
    const liar = SigningKey.generate();
    db.machine.rules.admit = ({ issuer, namespace }) =>
      issuer === liar.id ? `${issuer} may not speak for ${namespace}` : "";
    const told = db.machine.refusals.length;
    const answer = await ask(
      await endsAfterAnswer(certified(-hourMs, hourMs, liar, { ...web, uid: "uid-liar" })),
    );
    assert.match(answer, /may not speak for shop/u);
    await db.machine.metrics();
    assert.equal(db.machine.refusals[told]?.cause, "policy");
    assert.match(await ask(await greet(certified(-hourMs, hourMs))), /served/u);
  });

  async function endsAfterAnswer(proof: Proof): Promise<TLSSocket> {
    const tls = await greet(proof);
    return tls.on("data", (chunk: Buffer) => {
      if (chunk.includes("}")) tls.destroy();
    });
  }

  test("drops who holds a carrier and opens nothing, for others to come in", async () => {
    const { mesh } = stage;
    const holders: TLSSocket[] = [];
    for (let index = 0; index < 2 * carriersMax; index += 1) {
      const facts = { ...web, mesh, uid: `uid-holder-${index % 3}` };
      holders.push(await greet(certified(-hourMs, hourMs, machine, facts)));
    }
    // Half of an opening is none.
    for (const holder of holders.slice(-carriersMax)) holder.write(Buffer.from([1, 0, 0]));
    const answers = await Promise.all(
      Array.from({ length: 5 }, async () => ask(await greet(certified(-hourMs, hourMs)))),
    );
    for (const answer of answers) assert.match(answer, /served/u);
    const page = await db.machine.metrics();
    assert(metricOf(page, 'beemesh_workload_carriers{direction="in"}') <= carriersMax);
    const dropped = 'beemesh_workload_carriers_total{direction="in",result="dropped"}';
    assert(metricOf(page, dropped) >= carriersMax);
    for (const holder of holders) holder.destroy();
  });

  async function refusedCertificates(): Promise<number> {
    const series = 'beemesh_workload_carriers_total{direction="in",result="certificate"}';
    return metricOf(await db.machine.metrics(), series);
  }
});
