import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { type Duplex, duplexPair } from "node:stream";
import { describe, test } from "node:test";
import { issueWorkloadCertificate, SigningKey } from "@beemesh/identity";
import {
  type PeerRefClaim,
  type PeerRefService,
  peerRefText,
  type SignedPeerRef,
} from "@beemesh/workload";
import { Discovery, type DiscoveryOptions } from "./discovery.ts";

const mesh = "12D3KooWMesh";
const web: PeerRefService = {
  service: "shop/web",
  ports: [{ protocol: "tcp", port: 80, target: 8080 }],
};

/** Some machines with a hash table and streams, in memory. */
class Stage {
  nowMs = 1_000_000;
  readonly judged: string[] = [];
  readonly #table = new Map<string, Set<string>>();
  readonly #machines = new Map<string, Discovery>();

  machine(node: string, change: Partial<DiscoveryOptions> = {}): Discovery {
    const key = SigningKey.generate();
    const workload = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const options: DiscoveryOptions = {
      peer: key.id,
      node,
      mesh,
      addresses: () => ["192.0.2.1:7947"],
      provide: (service) => {
        const providers = this.#table.get(service) ?? new Set();
        this.#table.set(service, providers.add(key.id));
        return Promise.resolve();
      },
      find: (service) => Promise.resolve([...(this.#table.get(service) ?? [])]),
      openStream: (peer) => {
        const [near, far] = duplexPair();
        this.#machines.get(peer)?.serve(far);
        return Promise.resolve(near);
      },
      mayAuthor: () => true,
      pods: () => ["u1"],
      standingOf: () => ({ ip: "10.1.2.3", services: [web], serviceIps: ["10.96.0.7"] }),
      vouch: (uid, claim) =>
        Promise.resolve(signed(uid, claim, { key, workload, nowMs: this.nowMs })),
      onJudged: (_peer, fault) => this.judged.push(fault),
      meshNowMs: () => this.nowMs,
      nowMs: () => this.nowMs,
      ...change,
    };
    const discovery = new Discovery(options);
    this.#machines.set(options.peer, discovery);
    return discovery;
  }
}

/** What a sidecar says to a claim: with its own uid, and a certificate of its machine. */
function signed(
  uid: string,
  claim: PeerRefClaim,
  by: {
    readonly key: SigningKey;
    readonly workload: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
    readonly nowMs: number;
  },
): Pick<SignedPeerRef, "certificate" | "signature"> {
  const certificate = issueWorkloadCertificate({
    key: by.key,
    publicKey: by.workload.publicKey.export({ format: "der", type: "spki" }).toString("base64"),
    uid,
    identity: { mesh, namespace: "shop", serviceAccount: "sa" },
    notBeforeMs: by.nowMs - 60_000,
    notAfterMs: by.nowMs + 3_600_000,
  });
  assert(certificate);
  const text = peerRefText({ uid, ...claim });
  const signature = sign("sha256", Buffer.from(text), by.workload.privateKey).toString("base64");
  return { certificate, signature };
}

describe("Discovery", () => {
  test("finds a pod of another machine by the Service that it stands behind", async () => {
    const stage = new Stage();
    const far = stage.machine("m2");
    const near = stage.machine("m1", { pods: () => [] });
    await far.offer();
    const [found, ...others] = await near.find("shop/web");
    assert(found && others.length === 0);
    const { ref, namespace, serviceAccount } = found;
    assert.deepEqual(
      [ref.uid, ref.node, ref.ip, namespace, serviceAccount].join(),
      "u1,m2,10.1.2.3,shop,sa",
    );
    assert.deepEqual(ref.services, [web]);
    assert.deepEqual(await near.machineOf("m2"), { peer: ref.machine, addresses: ref.addresses });
    assert.equal(await near.machineOf("m3"), undefined);
    assert.deepEqual(await near.find("shop/other"), []);
    assert.deepEqual(stage.judged, [""]);
  });

  test("finds the namespace of a pod's address, and of its Services'", async () => {
    const stage = new Stage();
    const far = stage.machine("m2");
    const near = stage.machine("m1", { pods: () => [] });
    await far.offer();
    assert.deepEqual(await near.namespacesAt("10.1.2.3"), ["shop"]);
    assert.deepEqual(await near.namespacesAt("10.96.0.7"), ["shop"]);
    assert.deepEqual(await near.namespacesAt("10.1.2.4"), []);
    assert.deepEqual(stage.judged, ["", ""]);
  });

  test("looks for a few addresses at a time, and forgets what it asked long ago", async () => {
    const stage = new Stage();
    let asked = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const near = stage.machine("m1", {
      pods: () => [],
      find: async () => {
        asked += 1;
        await promise;
        return [];
      },
    });
    const all = Array.from({ length: 1000 }, (_, index) =>
      near.namespacesAt(`10.0.${index >> 8}.${index & 255}`),
    );
    assert.equal(asked, 8);
    resolve();
    assert.deepEqual((await Promise.all(all)).flat(), []);
  });

  test("lets go of what no pod here stands behind, and provides others instead", async () => {
    const stage = new Stage();
    const provided: string[] = [];
    let generation = 0;
    const machine = stage.machine("m1", {
      pods: () => Array.from({ length: 300 }, (_, index) => `u${generation}-${index}`),
      standingOf: (uid) => ({ ip: `10.1.${uid}`, services: [web], serviceIps: [] }),
      provide: (key) => Promise.resolve(void provided.push(key)),
      vouch: () => Promise.resolve({ certificate: "PEM", signature: "c2ln" }),
    });
    for (; generation < 3; generation += 1) await machine.offer();
    assert(provided.includes("@10.1.u2-299"), "the third generation's too");
  });

  test("says anew what has changed or grows old, and nothing else", async () => {
    const stage = new Stage();
    let [vouched, provided] = [0, 0];
    let services = [web];
    const base = stage.machine("m1");
    const machine = stage.machine("m2", {
      standingOf: () => ({ ip: "10.1.2.3", services, serviceIps: [] }),
      provide: () => Promise.resolve(void (provided += 1)),
      vouch: () => {
        vouched += 1;
        return Promise.resolve({ certificate: "PEM", signature: "c2ln" });
      },
    });
    await base.offer();
    await machine.offer();
    await machine.offer();
    assert.deepEqual([vouched, provided], [1, 2]);
    services = [web, { ...web, service: "shop/api" }];
    await machine.offer();
    assert.deepEqual([vouched, provided], [2, 3]);
    stage.nowMs += 11 * 60_000;
    await machine.offer();
    assert.deepEqual([vouched, provided], [3, 6]);
  });

  for (const [what, fault, change] of [
    [
      "a signature by another key",
      "signature wrong",
      (good: SignedPeerRef) => ({ ...good, ref: { ...good.ref, ip: "10.6.6.6" } }),
    ],
    [
      "another uid than it signed with",
      "of another pod",
      (good: SignedPeerRef) => ({ ...good, ref: { ...good.ref, uid: "u9" } }),
    ],
    ["something else altogether", "malformed", () => ({ ref: 1 })],
    ["a PeerRef of another machine's pod", "of another machine", undefined],
  ] as const)
    test(`refuses and counts a provider that gives ${what}`, async () => {
      const stage = new Stage();
      const honest = stage.machine("m2");
      await honest.offer();
      const [good] = await answerOf(honest, "shop/web");
      assert(good);
      const given = change === undefined ? good : change(good);
      const near = stage.machine("m1", {
        pods: () => [],
        find: () => Promise.resolve([change === undefined ? "liar" : good.ref.machine]),
        openStream: () => Promise.resolve(says([given])),
      });
      assert.deepEqual(await near.find("shop/web"), []);
      assert.deepEqual(stage.judged, [fault]);
    });

  test("refuses what is older than what it has heard", async () => {
    const stage = new Stage();
    const far = stage.machine("m2");
    await far.offer();
    const [old] = await answerOf(far, "shop/web");
    stage.nowMs += 11 * 60_000;
    await far.offer();
    const [young] = await answerOf(far, "shop/web");
    assert(old && young && young.ref.version > old.ref.version);
    const given = [young, old];
    const near = stage.machine("m1", {
      pods: () => [],
      find: () => Promise.resolve([old.ref.machine]),
      openStream: () => Promise.resolve(says(given.splice(0, 1))),
    });
    assert.equal((await near.find("shop/web")).length, 1);
    stage.nowMs += 31_000;
    assert.equal((await near.find("shop/web")).length, 0);
    assert.deepEqual(stage.judged, ["", "stale"]);
  });

  test("believes no machine without authority, and none about another Service", async () => {
    const stage = new Stage();
    const far = stage.machine("m2");
    await far.offer();
    const [good] = await answerOf(far, "shop/web");
    assert(good);
    const find = (): Promise<string[]> => Promise.resolve([good.ref.machine]);
    const openStream = (): Promise<Duplex> => Promise.resolve(says([good]));
    const other = stage.machine("m1", { pods: () => [], find, openStream });
    assert.deepEqual(await other.find("shop/api"), []);
    assert.deepEqual(await other.find("db/web"), []);
    const wary = stage.machine("m3", { pods: () => [], find, openStream, mayAuthor: () => false });
    assert.deepEqual(await wary.find("shop/web"), []);
    assert.deepEqual(stage.judged, ["of another service", "of another namespace", "no authority"]);
  });
});

/** What a machine answers to a question about a Service. */
async function answerOf(machine: Discovery, service: string): Promise<SignedPeerRef[]> {
  const [near, far] = duplexPair();
  machine.serve(far);
  near.end(`${service}\n`);
  let text = "";
  for await (const chunk of near) text += String(chunk);
  return JSON.parse(text);
}

/** A stream at whose other end somebody says this to any question. */
function says(answer: unknown): Duplex {
  const [near, far] = duplexPair();
  far.once("data", () => far.end(`${JSON.stringify(answer)}\n`));
  return near;
}
