/**
 * Machines that know no endpoint by records, over real links: they find pods in the hash table of
 * the workload plane, by what those pods have signed, whatever else is said there.
 */
import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { seededRandom } from "@beemesh/base";
import { issueWorkloadCertificate, SigningKey } from "@beemesh/identity";
import { createLink, type MeshLink } from "@beemesh/mesh";
import { type PeerRef, peerRefText, type SignedPeerRef } from "@beemesh/workload";
import { Discovery } from "./discovery.ts";

const mesh = "12D3KooWMesh";
const service = "shop/web";
const nowMs = 1_000_000_000;

/** How often what depends on sockets is tried again: each try takes some milliseconds or more. */
const triesMax = 200;

const keyPair = () => generateKeyPairSync("ec", { namedCurve: "P-256" });

/** A machine with a link, and one pod of which it can say and sign anything. */
class Member {
  readonly key: SigningKey;
  readonly pod = keyPair();
  readonly judged: string[] = [];
  readonly link: MeshLink;
  readonly discovery: Discovery;
  readonly name: string;
  /** What is said for what the pods signed; undefined for just that. */
  lie: readonly SignedPeerRef[] | undefined;
  clockMs = 0;

  static async open(name: string): Promise<Member> {
    const key = SigningKey.generate();
    const admission = {
      certificate: () => mesh,
      admit: (text: string) => (text === mesh ? undefined : "of another mesh"),
      isMember: () => true,
    };
    const random = seededRandom(name.length);
    const listen = ["/ip4/127.0.0.1/tcp/0"];
    const options = { seed: key.seed(), mesh, admission, random, listen, mdns: false };
    return new Member(name, key, await createLink(options));
  }

  private constructor(name: string, key: SigningKey, link: MeshLink) {
    this.name = name;
    this.key = key;
    this.link = link;
    this.discovery = new Discovery({
      peer: key.id,
      node: name,
      mesh,
      addresses: () => ["127.0.0.1:7947"],
      provide: (what) => link.provide("workload", what),
      find: (what, countMax) => link.find("workload", what, countMax),
      openStream: (peer) => link.openStream(peer, "peer-refs"),
      mayAuthor: () => true,
      pods: () => [],
      standingOf: () => undefined,
      vouch: () => Promise.resolve(undefined),
      onJudged: (_peer, fault) => this.judged.push(fault),
      meshNowMs: () => nowMs,
      nowMs: () => this.clockMs,
    });
  }

  /** Serves what it has to say about its pod. */
  serve(): Promise<void> {
    return this.link.handleStream("peer-refs", (_peer, stream) => {
      stream.on("error", () => stream.destroy());
      stream.once("data", () => {
        stream.end(`${JSON.stringify(this.lie ?? [this.signed()])}\n`);
      });
    });
  }

  /** What this machine's pod says of itself. */
  signed(change: Partial<PeerRef> = {}, by: KeyObject = this.pod.privateKey): SignedPeerRef {
    const ref: PeerRef = {
      uid: `pod-of-${this.name}`,
      machine: this.key.id,
      node: this.name,
      ip: "10.1.2.3",
      addresses: ["127.0.0.1:7947"],
      services: [{ service, ports: [{ protocol: "tcp", port: 80, target: 8080 }] }],
      version: 7,
      notAfterMs: nowMs + 60_000,
      ...change,
    };
    const certificate = issueWorkloadCertificate({
      key: this.key,
      publicKey: this.pod.publicKey.export({ format: "der", type: "spki" }).toString("base64"),
      uid: ref.uid,
      identity: { mesh, namespace: "shop", serviceAccount: "sa" },
      notBeforeMs: nowMs - 60_000,
      notAfterMs: nowMs + 3_600_000,
    });
    assert(certificate);
    const signature = sign("sha256", Buffer.from(peerRefText(ref)), by).toString("base64");
    return { ref, certificate, signature };
  }
}

describe("machines without records", () => {
  let near: Member;
  let honest: Member;
  let liar: Member;

  before(async () => {
    near = await Member.open("near");
    honest = await Member.open("honest");
    liar = await Member.open("liar");
    const all = [near, honest, liar];
    for (const one of all) {
      for (const other of all) one.link.remember(other.link.id, other.link.addresses());
    }
    await honest.serve();
    await liar.serve();
    // Until all have entered each other into their tables, and both are found.
    for (let tries = 0; tries < triesMax; tries += 1) {
      await Promise.all([honest, liar].map(({ link }) => link.provide("workload", service)));
      if ((await near.link.find("workload", service, 5)).length === 2) return;
    }
    assert.fail("the providers are not found");
  });
  after(() => Promise.all([near, honest, liar].map((each) => each?.link.close())));

  /** Asks anew until both machines were heard; what was found, and what was made of it. */
  async function ask(): Promise<{ readonly uids: readonly string[]; readonly faults: string }> {
    for (let tries = 0; tries < triesMax; tries += 1) {
      near.judged.length = 0;
      near.clockMs += 60_000;
      const found = await near.discovery.find(service);
      const faults = near.judged.filter((fault) => fault !== "").join();
      const uids = found.map(({ ref }) => ref.uid).toSorted((a, b) => (a < b ? -1 : 1));
      if (near.judged.length === 2) return { uids, faults };
    }
    return assert.fail("the machines did not answer");
  }

  test("find each other's pods in the hash table", async () => {
    assert.deepEqual(await ask(), { uids: ["pod-of-honest", "pod-of-liar"], faults: "" });
    const found = await near.discovery.find(service);
    assert(found.every(({ namespace, ref }) => namespace === "shop" && ref.ip === "10.1.2.3"));
  });

  test("refuse and count what is a lie, and believe the others still", async () => {
    const good = liar.signed();
    const changed = { ...good, ref: { ...good.ref, ip: "10.9.9.9" } };
    const moved = { ...good, ref: { ...good.ref, addresses: ["192.0.2.66:7947"] } };
    const lies: readonly (readonly [string, SignedPeerRef])[] = [
      ["signature wrong", liar.signed({}, keyPair().privateKey)],
      ["signature wrong", changed],
      ["signature wrong", moved],
      ["of another machine", honest.signed()],
      ["of another machine", liar.signed({ machine: honest.key.id })],
      ["expired", liar.signed({ notAfterMs: nowMs - 1 })],
      ["good for too long", liar.signed({ notAfterMs: nowMs + 86_400_000 })],
      ["stale", liar.signed({ version: 6 })],
      ["of another service", liar.signed({ services: [] })],
    ];
    for (const [fault, lie] of lies) {
      liar.lie = [lie];
      assert.deepEqual(await ask(), { uids: ["pod-of-honest"], faults: fault });
    }
    liar.lie = undefined;
  });

  test("believe a pod although another machine says more of it than it may", async () => {
    // A machine may certify any uid of a namespace that it may speak for, also one that runs
    // elsewhere: what it says then counts for itself, and silences nobody.
    liar.lie = [liar.signed({ uid: "pod-of-honest", version: 1_000_000 })];
    const { uids } = await ask();
    assert.deepEqual(uids, ["pod-of-honest", "pod-of-honest"]);
    liar.lie = undefined;
    assert.deepEqual(await ask(), { uids: ["pod-of-honest", "pod-of-liar"], faults: "" });
  });
});
