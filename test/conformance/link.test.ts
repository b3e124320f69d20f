/** The link with real identities: certificates, tokens, and machines of another mesh. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  admitMember,
  createMesh,
  createToken,
  joinWithToken,
  MemberDirectory,
  ownerOf,
  readToken,
  SigningKey,
  writeCertificate,
} from "../../adapters/identity/src/index.ts";
import { createLink } from "../../adapters/mesh/src/index.ts";
import { seededRandom } from "../../core/base/src/index.ts";
import type { LinkEvent } from "../../core/ports/src/index.ts";
import { conformsToLink, type LinkUnderTest, type NetworkOfLinks } from "./link.ts";

const nowMs = (): number => Date.now();

interface Machine {
  readonly key: SigningKey;
  readonly certificate: string;
}

/** Starts a machine that judges certificates as `mesh` does. */
async function start(
  mesh: string,
  { key, certificate }: Machine,
  listen: readonly string[],
): Promise<LinkUnderTest & { readonly refusals: string[]; readonly directory: MemberDirectory }> {
  const directory = new MemberDirectory({ mesh, nowMs });
  directory.admit(certificate);
  const link = await createLink({
    seed: key.seed(),
    mesh,
    random: seededRandom(1),
    listen,
    mdns: false,
    admission: {
      certificate: () => certificate,
      admit: (shown, peer) => {
        const admission = directory.admit(shown, peer);
        return admission.kind === "refused" ? admission.reason : undefined;
      },
      isMember: (peer) => directory.get(peer) !== undefined,
    },
  });
  const events: LinkEvent[] = [];
  const refusals: string[] = [];
  link.onEvent((event) => events.push(event));
  link.onRefused((_peer, by, reason) => refusals.push(`${by}: ${reason}`));
  const addresses = link.addresses().map((address) => address.split("/p2p/")[0] ?? "");
  return { link, events, addresses, refusals, directory, stop: () => link.close() };
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (const deadlineMs = nowMs() + 10_000; !condition(); ) {
    if (nowMs() > deadlineMs) throw new Error(`Cannot go on: not true that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const anywhere = ["/ip4/127.0.0.1/tcp/0"];

function network(): Promise<NetworkOfLinks> {
  const mesh = createMesh();
  const started: LinkUnderTest[] = [];
  const keys = new Map<number, SigningKey>();
  const places = new Map<number, readonly string[]>();
  const member = async (place: number): Promise<LinkUnderTest> => {
    const key = keys.get(place) ?? SigningKey.generate();
    keys.set(place, key);
    const certificate = writeCertificate(admitMember(ownerOf(mesh.key), key.id, {}, nowMs()));
    const made = await start(mesh.id, { key, certificate }, places.get(place) ?? anywhere);
    places.set(place, made.addresses);
    started.push(made);
    return made;
  };
  const stranger = async (): Promise<LinkUnderTest> => {
    const other = createMesh();
    const key = SigningKey.generate();
    const certificate = writeCertificate(admitMember(ownerOf(other.key), key.id, {}, nowMs()));
    const made = await start(other.id, { key, certificate }, anywhere);
    started.push(made);
    return made;
  };
  const close = async (): Promise<void> => {
    await Promise.all(started.map((made) => made.stop()));
  };
  return Promise.resolve({ member, stranger, until, close });
}

conformsToLink("libp2p with identities", network);

test("a machine joins with a token, and is believed; a stranger and a thief are not", async () => {
  const mesh = createMesh();
  const key = SigningKey.generate();
  const certificate = writeCertificate(admitMember(ownerOf(mesh.key), key.id, {}, nowMs()));
  const first = await start(mesh.id, { key, certificate }, anywhere);
  const addresses = first.addresses.map((address) => `${address}/p2p/${key.id}`);
  const token = readToken(createToken(ownerOf(mesh.key), { addresses }, nowMs()));
  assert(token);
  const joiner = SigningKey.generate();
  const joined = writeCertificate(joinWithToken(token, joiner.id, nowMs()));
  const second = await start(mesh.id, { key: joiner, certificate: joined }, anywhere);
  const thief = await start(mesh.id, { key: SigningKey.generate(), certificate: joined }, anywhere);
  try {
    for (const address of token.addresses) {
      const [at = "", peer = ""] = address.split("/p2p/");
      for (const { link } of [second, thief]) link.remember(peer, [at]);
    }
    await until(() => second.events.some(({ kind }) => kind === "connected"), "it is connected");
    const signature = joiner.sign("text");
    assert(first.directory.verify("text", signature, joiner.id));
    await until(() => thief.refusals.length > 0, "the thief is refused");
    assert.deepEqual(first.refusals, ["us: of another machine"]);
  } finally {
    await Promise.all([first, second, thief].map((made) => made.stop()));
  }
});
