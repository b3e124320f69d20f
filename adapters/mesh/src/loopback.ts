import { hash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { instantAt, seededRandom } from "@beemesh/base";
import type { LinkEvent } from "@beemesh/ports";
import type { Libp2p, Stream } from "@libp2p/interface";
import { createLink, type MeshLink } from "./link.ts";
import { createNode } from "./node.ts";
import { type Admission, defaultLimits, type LinkOptions, protocolOf } from "./options.ts";

/** Links in one process over loopback, for tests: a mesh here is a word that members show. */
export class Loopback {
  readonly #opened: { close(): Promise<void> }[] = [];

  /** A link that collects its events. Its key follows from its name. */
  async link(name: string, change: Partial<LinkOptions> = {}): Promise<HeardLink> {
    const link = await createLink({ ...loopbackOptions(name), ...change });
    const events: LinkEvent[] = [];
    link.onEvent((event) => events.push(event));
    this.#opened.push(link);
    return { link, events };
  }

  /** Links that know each other and are connected. */
  async links(count: number, change: Partial<LinkOptions> = {}): Promise<readonly HeardLink[]> {
    const links: HeardLink[] = [];
    for (let index = 0; index < count; index += 1) {
      const made = await this.link(`machine-${index}`, change);
      for (const { link } of links) made.link.remember(link.id, link.addresses());
      links.push(made);
    }
    await until(
      () => links.every(({ link }) => link.peers().length === count - 1),
      "all are connected",
    );
    return links;
  }

  /** A bare libp2p node: it speaks our protocols, but no admission. */
  async node(name: string): Promise<Libp2p> {
    const options = loopbackOptions(name);
    const { libp2p } = await createNode({
      ...options,
      dht: false,
      limits: defaultLimits,
      gater: {},
      scoreOf: () => 0,
    });
    await libp2p.start();
    this.#opened.push({ close: async () => libp2p.stop() });
    return libp2p;
  }

  /** The two ends of a stream between bare nodes. */
  async streams(): Promise<readonly [Stream, Stream]> {
    const [one, other] = [await this.node("one"), await this.node("other")];
    const accepted = Promise.withResolvers<Stream>();
    await other.handle(protocolOf("test"), (stream) => accepted.resolve(stream));
    const connection = await one.dial(other.getMultiaddrs());
    return [await connection.newStream(protocolOf("test")), await accepted.promise];
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.splice(0).map((opened) => opened.close()));
  }
}

export interface HeardLink {
  readonly link: MeshLink;
  readonly events: readonly LinkEvent[];
}

/** Options of a link that stays on loopback. */
export function loopbackOptions(name: string): LinkOptions {
  return {
    seed: hash("sha256", name, "buffer"),
    mesh: "mesh",
    admission: admissionTo("mesh"),
    random: seededRandom(name.length),
    now: () => instantAt(performance.now()),
    listen: ["/ip4/127.0.0.1/tcp/0"],
    mdns: false,
  };
}

/** Shows the mesh's name for a certificate, and believes who shows the same. */
export function admissionTo(mesh: string): Admission {
  return {
    certificate: () => mesh,
    admit: (certificate) => (certificate === mesh ? undefined : "of another mesh"),
    isMember: () => true,
  };
}

/** Waits for something that depends on sockets; fails if it takes ten seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`Cannot go on: not true that ${what}`);
    await pause(5);
  }
}
