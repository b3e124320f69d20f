import assert from "node:assert/strict";
import { type Duplex, duplexPair } from "node:stream";
import { describe, test } from "node:test";
import {
  createMesh,
  createToken,
  type Issuer,
  isRenewalDue,
  joinWithToken,
  MemberDirectory,
  ownerOf,
  readCertificate,
  readToken,
  SigningKey,
  writeCertificate,
} from "@beemesh/identity";
import { Renewal } from "./renewal.ts";
import { systemRandom } from "./world.ts";

const nowMs = Date.UTC(2026, 10, 20);
const { id: mesh, key: meshKey } = createMesh();

/** Machines that joined by one token; only those in `owners` hold the owner's key. */
class Bench {
  readonly renewed: string[] = [];
  readonly #handlers = new Map<string, (peer: string, stream: Duplex) => void>();
  readonly #keys = [SigningKey.generate(), SigningKey.generate()];
  readonly directories: readonly MemberDirectory[];

  constructor() {
    const wish = { addresses: [], expiresMs: 3_600_000, namespaces: ["shop"] };
    const token = readToken(createToken(ownerOf(meshKey), wish, nowMs));
    assert(token, "it is a token");
    const certificates = this.#keys.map(({ id }) =>
      writeCertificate(joinWithToken(token, id, nowMs)),
    );
    this.directories = this.#keys.map(() => {
      const directory = new MemberDirectory({ mesh, nowMs: () => nowMs });
      for (const certificate of certificates) directory.introduce(certificate);
      return directory;
    });
  }

  idOf(index: number): string {
    return this.#keys[index]?.id ?? "";
  }

  certificateOf(index: number): string {
    return this.directories[index]?.certificateOf(this.idOf(index)) ?? "";
  }

  async machine(index: number, issuer: Issuer | undefined): Promise<Renewal> {
    const self = this.idOf(index);
    const directory = this.directories[index];
    assert(directory, "there is such a machine");
    const renewal = new Renewal({
      self,
      directory,
      streams: {
        openStream: (peer) => {
          const [near, far] = duplexPair();
          this.#handlers.get(peer)?.(self, far);
          return Promise.resolve(near);
        },
        handleStream: (_, handler) => {
          this.#handlers.set(self, handler);
          return Promise.resolve();
        },
      },
      peers: () => [...this.#handlers.keys()].filter((peer) => peer !== self),
      random: systemRandom,
      issuer: () => issuer,
      nowMs: () => nowMs + 1000,
      onRenewed: (certificate) => this.renewed.push(certificate),
    });
    await renewal.serve();
    return renewal;
  }
}

describe("Renewal", () => {
  test("who joined by a token is certified by the owner itself, with the same rights", async () => {
    const bench = new Bench();
    await bench.machine(0, ownerOf(meshKey));
    const asking = await bench.machine(1, undefined);
    await asking.look();
    assert.deepEqual(bench.renewed, [bench.certificateOf(1)]);
    const chain = readCertificate(bench.renewed[0] ?? "") ?? [];
    assert.equal(chain.length, 1);
    assert.deepEqual(chain[0]?.statement.namespaces, ["shop"]);
    assert.equal(chain[0].statement.issuer, mesh);
    assert.equal(isRenewalDue(chain, nowMs), false);
    assert.equal(bench.directories[0]?.certificateOf(bench.idOf(1)), bench.renewed[0]);
    await asking.look();
    assert.equal(bench.renewed.length, 1, "once is enough");
  });

  test("a machine with the owner's key renews itself", async () => {
    const bench = new Bench();
    const owner = await bench.machine(0, ownerOf(meshKey));
    await owner.look();
    assert.equal(bench.renewed.length, 1);
  });

  test("without the owner's key nothing changes", async () => {
    const bench = new Bench();
    await bench.machine(0, undefined);
    const asking = await bench.machine(1, undefined);
    const before = bench.certificateOf(1);
    await asking.look();
    assert.equal(bench.certificateOf(1), before);
    assert.deepEqual(bench.renewed, []);
  });

  test("a certificate by another mesh's owner is not believed", async () => {
    const bench = new Bench();
    await bench.machine(0, ownerOf(createMesh().key));
    const asking = await bench.machine(1, undefined);
    await asking.look();
    assert.deepEqual(bench.renewed, []);
  });
});
