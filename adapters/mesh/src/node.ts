import { hash } from "node:crypto";
import type { PeerId } from "@beemesh/wire";
import { noise } from "@chainsafe/libp2p-noise";
import { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import { type GossipSub, gossipsub, StrictSign } from "@libp2p/gossipsub";
import { type Identify, identify } from "@libp2p/identify";
import type { ConnectionGater, Libp2p } from "@libp2p/interface";
import type { KadDHT } from "@libp2p/kad-dht";
import { tcp } from "@libp2p/tcp";
import { createLibp2p, type Libp2pInit } from "libp2p";
import { loadQuic, yamux } from "./chainsafe.js";
import { type HashTable, type LinkLimits, type LinkOptions, protocolPrefix } from "./options.ts";
import { spareWindowUpdates } from "./window-updates.ts";

/** What libp2p hands to the services of a node. */
type Components = Parameters<NonNullable<Libp2pInit["services"]>[string]>[0];

/** libp2p's table of protocols. */
export type Registrar = Components["registrar"];

export interface Node {
  readonly libp2p: Libp2p;
  readonly registrar: Registrar;
  readonly pubsub: GossipSub;
  readonly identify: Identify;
  /** Absent if the link takes no part in hash tables. */
  readonly tables: Readonly<Record<HashTable, KadDHT>> | undefined;
}

export interface NodeOptions extends LinkOptions {
  readonly limits: LinkLimits;
  readonly gater: ConnectionGater;
  /** Negative for a peer that misbehaves; 0 otherwise. */
  readonly scoreOf: (peer: PeerId) => number;
}

/** Where machines listen if nothing else is said. */
const defaultListen = ["/ip4/0.0.0.0/tcp/7946", "/ip6/::/tcp/7946"];

/** The kernel asks after a connection that has been idle this long. */
const keepAliveMs = 60_000;

/** Pub/sub looks after its mesh this often; with nothing to say it sends nothing. */
const heartbeatMs = 2000;

/** Neighbours in the hash table are looked up again this often; idle traffic hangs on it. */
const selfQueryMs = 10 * 60_000;

/** Each hash table pings whom it takes in, both at once, and takes in only who answers. */
const pingsMax = 4;

/** Who is on the local network is asked at the start and then this often. */
const mdnsMs = 5 * 60_000;

/** More than one stream's window would only buffer what its reader has not taken. */
const windowBytesMax = 2 * 1024 * 1024;

/** Room for the envelope of pub/sub around a message. */
const envelopeBytes = 64 * 1024;

type Services = NonNullable<Libp2pInit["services"]>;

/** Makes a libp2p node that is not started yet. */
export async function createNode(options: NodeOptions): Promise<Node> {
  let registrar: Registrar | undefined;
  const libp2p = await createLibp2p({
    start: false,
    privateKey: await generateKeyPairFromSeed("Ed25519", options.seed),
    nodeInfo: { name: "beemesh", version: "1", userAgent: "beemesh" },
    addresses: {
      listen: [...(options.listen ?? defaultListen)],
      announce: [...(options.announce ?? [])],
    },
    transports: await transportsOf(options),
    connectionEncrypters: await encryptersOf(options),
    streamMuxers: [muxer()],
    connectionGater: options.gater,
    connectionManager: connectionsOf(options.limits),
    connectionMonitor: { enabled: false },
    peerDiscovery: await discoveryOf(options),
    services: {
      // Not a service: a look at what the other services are given.
      parts: (components) => {
        registrar = components.registrar;
        return {};
      },
      identify: identify({
        protocolPrefix,
        runOnConnectionOpen: false,
        maxInboundStreams: 8,
        maxOutboundStreams: 8,
      }),
      pubsub: pubsubOf(options),
      ...(await dhtOf(options)),
    },
  });
  return parts(libp2p, registrar);
}

// Services are known by the names that they were given just above.
/* oxlint-disable typescript/no-unsafe-type-assertion */
function parts(libp2p: Libp2p, registrar: Registrar | undefined): Node {
  const { services } = libp2p;
  return {
    libp2p,
    registrar: registrar as Registrar,
    pubsub: services["pubsub"] as GossipSub,
    identify: services["identify"] as Identify,
    tables:
      services["dht"] === undefined
        ? undefined
        : { machine: services["dht"] as KadDHT, workload: services["workloadDht"] as KadDHT },
  };
}
/* oxlint-enable typescript/no-unsafe-type-assertion */

async function transportsOf(options: NodeOptions): Promise<NonNullable<Libp2pInit["transports"]>> {
  const socket = { noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs };
  // `timeout` is net.connect's: how long the TCP handshake may take.
  const dialing = { ...socket, timeout: options.limits.connectMsMax };
  const transports: NonNullable<Libp2pInit["transports"]> = [
    tcp({
      // A connection may be silent for as long as nobody has anything to say.
      inboundSocketInactivityTimeout: 0,
      outboundSocketInactivityTimeout: 0,
      listenOpts: socket,
      dialOpts: dialing,
    }),
  ];
  if (options.listen?.some((address) => address.includes("/quic-v1")) === true) {
    // QUIC comes as a native binding, which not every machine can load.
    const quic = await loadQuic().catch(() => undefined);
    if (quic !== undefined) transports.push(quic);
  }
  return transports;
}

async function encryptersOf(
  options: NodeOptions,
): Promise<NonNullable<Libp2pInit["connectionEncrypters"]>> {
  if (options.tls !== true) return [noise()];
  const { tls } = await import("@libp2p/tls");
  return [tls(), noise()];
}

function muxer(): NonNullable<Libp2pInit["streamMuxers"]>[number] {
  spareWindowUpdates();
  const streamOptions = { maxStreamWindowSize: windowBytesMax };
  return yamux({ enableKeepAlive: false, streamOptions });
}

function connectionsOf({
  admissionMsMax,
  connectionsMax,
}: LinkLimits): NonNullable<Libp2pInit["connectionManager"]> {
  return {
    maxConnections: connectionsMax,
    // Many machines may stand behind one address, and all come back at once.
    inboundConnectionThreshold: 100,
    maxIncomingPendingConnections: 100,
    maxParallelDials: 64,
    dialTimeout: admissionMsMax,
    addressDialTimeout: admissionMsMax,
    inboundUpgradeTimeout: admissionMsMax,
    // The redialer does this, and in its own order.
    reconnectRetries: 0,
    addressSorter: () => 0,
  };
}

async function discoveryOf(
  options: NodeOptions,
): Promise<NonNullable<Libp2pInit["peerDiscovery"]>> {
  if (options.mdns === false) return [];
  const { mdns } = await import("@libp2p/mdns");
  return [mdns({ interval: mdnsMs, serviceTag: serviceTagOf(options.mesh) })];
}

/** The service name of a mesh: it tells members from strangers, and strangers nothing. */
export function serviceTagOf(mesh: string): string {
  // RFC 6335 allows 15 characters.
  return `_bee-${hash("sha256", mesh).slice(0, 11)}._udp.local`;
}

function pubsubOf(options: NodeOptions): Services[string] {
  const sizeBytesMax = options.limits.messageBytesMax + envelopeBytes;
  return gossipsub({
    globalSignaturePolicy: StrictSign,
    fallbackToFloodsub: false,
    floodPublish: true,
    emitSelf: false,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    heartbeatInterval: heartbeatMs,
    maxInboundDataLength: sizeBytesMax,
    maxOutboundBufferSize: 4 * sizeBytesMax,
    scoreParams: {
      appSpecificScore: (peer) => options.scoreOf(peer),
      appSpecificWeight: 1,
      // Members stand behind the same router, or run on the same computer in tests.
      IPColocationFactorWeight: 0,
      // A machine that restarts may graft at a bad moment; that alone is no offence.
      behaviourPenaltyWeight: -1,
      behaviourPenaltyThreshold: 6,
    },
  });
}

async function dhtOf(options: NodeOptions): Promise<Services> {
  if (options.dht === false) return {};
  const [{ kadDHT, passthroughMapper }, { ping }] = await Promise.all([
    import("@libp2p/kad-dht"),
    import("@libp2p/ping"),
  ]);
  const tableOf = (name: HashTable): Services[string] => {
    const table = kadDHT({
      protocol: `/beemesh/${name}/kad/1.0.0`,
      logPrefix: `libp2p:kad-dht-${name}`,
      datastorePrefix: `/dht-${name}`,
      metricsPrefix: `libp2p_kad_dht_${name}`,
      clientMode: false,
      peerInfoMapper: passthroughMapper,
      allowQueryWithZeroPeers: true,
      querySelfInterval: selfQueryMs,
      alpha: 3,
    });
    // It asks for the service `ping`, which the type of services cannot say stands beside it.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it does
    return (components) => table(components as unknown as Parameters<typeof table>[0]);
  };
  return {
    ping: ping({ protocolPrefix, maxInboundStreams: pingsMax, maxOutboundStreams: pingsMax }),
    dht: tableOf("machine"),
    workloadDht: tableOf("workload"),
  };
}
