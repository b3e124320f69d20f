import type { Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import type { Now } from "@beemesh/base";
import { issueWorkloadCertificate, type MemberDirectory, type SigningKey } from "@beemesh/identity";
import { DescriptorOutbox } from "@beemesh/kernel";
import { type Machine, type MachineEvent, nodeMarks } from "@beemesh/machine";
import type { MeshLink } from "@beemesh/mesh";
import { findResource } from "@beemesh/model";
import type { Runtime, SidecarLine } from "@beemesh/ports";
import type { Sidecars } from "@beemesh/runtime";
import type { PeerId } from "@beemesh/wire";
import { ingressCaller, type PodFacts, type Refusal, spiffeIdOf } from "@beemesh/workload";
import { certificateLifetimeMs } from "@beemesh/workload-identity";
import { Directory, Subscriptions } from "@beemesh/workload-plane";
import { hostDuplex, hostSocket } from "../host-duplex.ts";
import type { Log } from "../log.ts";
import type { Meters } from "../meters.ts";
import type { Reading } from "../reading.ts";
import { Attendants } from "./attendants.ts";
import { Collector } from "./collector.ts";
import { type ConnectionsPage, connectionsPage } from "./connections-page.ts";
import { Contacts } from "./contacts.ts";
import { Dialer } from "./dialer.ts";
import { Discovery } from "./discovery.ts";
import { Following } from "./following.ts";
import { gatherMetrics } from "./gathering.ts";
import { Incoming } from "./incoming.ts";
import { MachineCounsel } from "./machine-counsel.ts";
import type { OwnPlaces } from "./outside-address.ts";
import { OutsideDialer } from "./outside-dialer.ts";
import { Refusals, refusalText } from "./refusals.ts";
import { isLoopback } from "./socket-address.ts";
import { SocketPairs } from "./socket-pairs.ts";
import { announcedAddresses, type WorkloadPort } from "./workload-port.ts";

/** What the workload plane of one machine is made of. */
export interface WorkloadPlaneOptions {
  /** The machine's name. */
  readonly self: string;
  /** The machine's key, which certifies its workloads. */
  readonly key: SigningKey;
  readonly mesh: string;
  /** Where the daemon's own sockets are. */
  readonly folder: string;
  /** The address that the workload port listens on. */
  readonly host: string;
  readonly port: WorkloadPort;
  readonly machine: Machine;
  readonly members: Pick<MemberDirectory, "mayAuthor">;
  readonly runtime: Pick<Runtime, "carry" | "onSidecar">;
  /** Sidecars of programs outside containers; none where they cannot run. */
  readonly sidecars: Pick<Sidecars, "has" | "carry" | "onLine"> | undefined;
  readonly link: Pick<
    MeshLink,
    "openStream" | "handleStream" | "addresses" | "provide" | "find" | "penalize"
  >;
  readonly reading: Reading;
  readonly meters: Meters;
  readonly log: Log;
  readonly clock: () => Now;
  readonly dispatch: (event: MachineEvent) => void;
  /** Where spans are posted to; empty for nowhere. */
  readonly tracesUrl: string;
  /** Ports of the API and of the classic interface; 0 while they do not listen. */
  readonly ownPorts: () => { readonly api: number; readonly http: number };
}

/** The protocol's name of streams between machines that carry what TCP cannot. */
const streamName = "workload";

/** The one of streams that ask how pods can be reached. */
const peerRefsName = "peer-refs";

/** What no honest machine gives; the rest may be a matter of time, or of a record that is late. */
const lies: ReadonlySet<string> = new Set([
  "malformed",
  "of another machine",
  "of another mesh",
  "of another pod",
  "signature wrong",
]);

/** How often it is looked what this machine's pods have to say to others. */
const offerMs = 15_000;

/** How long a sidecar may take to sign. */
const vouchMsMax = 2000;

const nodeResource = findResource("", "nodes");

/** The machine's side of the workload plane: it puts the parts together. */
export class WorkloadPlane {
  readonly #options: WorkloadPlaneOptions;
  readonly #directory: Directory;
  readonly #attendants: Attendants;
  readonly #collector: Collector;
  readonly #counsel: MachineCounsel;
  readonly #contacts: Contacts;
  readonly #pairs: SocketPairs;
  readonly #discovery: Discovery;
  #offering: NodeJS.Timeout | undefined;
  readonly #outbox = new DescriptorOutbox();
  #stopSidecars: readonly (() => void)[] = [];

  constructor(options: WorkloadPlaneOptions) {
    this.#options = options;
    const { machine, clock, log } = options;
    const { objects } = machine;
    this.#directory = new Directory({
      objects,
      mesh: options.mesh,
      peerOf: (name) => machine.peerOf(name),
      mayAuthor: (peer, namespace) => options.members.mayAuthor(peer, namespace),
    });
    const subscriptions = new Subscriptions(this.#directory);
    const following = followingOf(options);
    this.#contacts = new Contacts(() => clock().wallMs);
    this.#pairs = new SocketPairs(join(options.folder, "pairs.sock"));
    this.#discovery = this.#makeDiscovery();
    this.#collector = new Collector({
      url: options.tracesUrl,
      self: options.self,
      onDropped: (cause, count) => options.meters.spansDropped(cause, count),
    });
    this.#counsel = this.#counselOf(subscriptions, following);
    this.#attendants = new Attendants({
      outbox: this.#outbox,
      counsel: this.#counsel,
      clockOffsetMs: () => machine.clockOffsetMs(clock()),
      tracesUrl: this.#collector.told,
      nowMs: () => clock().at,
      directory: this.#directory,
      subscriptions,
      following,
      objects,
      onEnd: (uid, fault) => log.debug("Channel to a sidecar ended", { uid, fault }),
    });
  }

  /** Attends to the sidecars that there are, and takes connections for them. */
  async open(): Promise<void> {
    const { runtime, sidecars, link, port, meters } = this.#options;
    await this.#pairs.open();
    const incoming = new Incoming({
      attendantOf: (uid) => this.#attendants.get(uid),
      carry: (uid) => this.#carry(uid),
      onTurnedAway: (cause) => meters.turnedAway(cause),
    });
    await link.handleStream(streamName, (peer, stream) => incoming.takeStream(peer, stream));
    await link.handleStream(peerRefsName, (_peer, stream) => this.#discovery.serve(stream));
    this.#offering = setInterval(() => void this.#discovery.offer(), offerMs);
    port.onRefused = (cause) => meters.turnedAway(cause);
    port.onConnection = (connection) => void incoming.take(connection);
    const attend = ({ uid, channel, descriptors }: SidecarLine): void =>
      this.#attendants.attend({ uid, channel: hostDuplex(channel), descriptors });
    const stopPods = runtime.onSidecar(attend);
    const stopPrograms = sidecars?.onLine(attend) ?? (() => undefined);
    this.#stopSidecars = [stopPods, stopPrograms];
  }

  /** Lets go of the sidecars; they, and what goes through them, go on. */
  close(): void {
    clearInterval(this.#offering);
    for (const stop of this.#stopSidecars) stop();
    this.#attendants.close();
    this.#collector.close();
    this.#directory.close();
    this.#pairs.close();
    this.#outbox.close();
  }

  /** The metrics of this machine and of its sidecars. */
  async metrics(): Promise<string> {
    return gatherMetrics(this.#options.meters.text(), await this.#attendants.collect());
  }

  /**
   * Whether the ingress of a machine may enter a pod or program of this one, by the answer that its
   * sidecar would get. What is refused is counted and told like what a sidecar refuses.
   */
  async admitIngress(
    uid: string,
    issuer: PeerId,
    port: number,
  ): Promise<{ readonly allowed: boolean; readonly reason: string }> {
    const { mesh } = this.#options;
    const caller = ingressCaller(issuer);
    const verdict = await this.#counsel.admit(uid, caller, { protocol: "tcp", port });
    const pod = this.#directory.factsOf(uid);
    if (verdict.allowed || pod === undefined) return verdict;
    const { reason } = verdict;
    this.#counsel.refused(uid, {
      direction: "in",
      source: spiffeIdOf({ mesh, ...caller }),
      target: spiffeIdOf(pod),
      protocol: "tcp",
      port,
      cause: "policy",
      reason,
    });
    return verdict;
  }

  /** Who talked to whom lately. */
  connections(): ConnectionsPage {
    const { self, machine } = this.#options;
    const factsOf = (uid: string): PodFacts | undefined => this.#directory.factsOf(uid);
    const known = { objects: machine.objects, factsOf };
    return connectionsPage(self, this.#contacts.recent(), known);
  }

  #counselOf(subscriptions: Subscriptions, following: Following): MachineCounsel {
    const { key, members, machine, clock, ownPorts, meters, log, dispatch } = this.#options;
    return new MachineCounsel({
      directory: this.#directory,
      subscriptions,
      following,
      discovery: this.#discovery,
      dialer: this.#dialer(),
      outsideDialer: new OutsideDialer({ own: () => ownPlacesOf(this.#options) }),
      refusals: this.#refusals(),
      certify: ({ pod, ...claim }) =>
        issueWorkloadCertificate({ key, uid: pod.uid, identity: pod, ...claim }),
      mayAuthor: (peer, namespace) => members.mayAuthor(peer, namespace),
      meshNowMs: () => clock().wallMs + machine.clockOffsetMs(clock()),
      apiPort: () => ownPorts().api,
      onConnected: (contact, path) => {
        this.#contacts.note(contact);
        if (path !== "") meters.connected(path);
      },
      onLost: ({ uid, name: pod }, uids) => {
        log.info("Sidecar misses replicas", { pod, lost: uids.length });
        dispatch({ kind: "lost", by: uid, uids });
      },
      onTraced: (pod, spans) => this.#collector.take(pod, spans),
      lifetimeMs: certificateLifetimeMs,
    });
  }

  #makeDiscovery(): Discovery {
    const { self, key, mesh, host, port, link, members, machine, clock, meters } = this.#options;
    return new Discovery({
      peer: key.id,
      node: self,
      mesh,
      addresses: () => announcedAddresses(host, port.port),
      provide: (service) => link.provide("workload", service),
      find: (service, countMax) => link.find("workload", service, countMax),
      openStream: (peer) => link.openStream(peer, peerRefsName),
      mayAuthor: (peer, namespace) => members.mayAuthor(peer, namespace),
      pods: () => this.#attendants.uids(),
      standingOf: (uid) => this.#directory.standingOf(uid),
      vouch: async (uid, claim) => this.#attendants.get(uid)?.vouch(claim, vouchMsMax),
      onJudged: (peer, fault) => {
        meters.judgedPeerRef(fault === "" ? "good" : fault);
        if (lies.has(fault)) link.penalize(peer, `PeerRef: ${fault}`);
      },
      meshNowMs: () => clock().wallMs + machine.clockOffsetMs(clock()),
      nowMs: () => clock().at,
    });
  }

  /** A way to a sidecar of this machine, of a pod or of a program outside containers. */
  async #carry(uid: string): Promise<Socket> {
    const { runtime, sidecars } = this.#options;
    const isProgram = sidecars?.has(uid) === true;
    return hostSocket(await (isProgram ? sidecars.carry(uid) : runtime.carry(uid)));
  }

  #dialer(): Dialer {
    const { self, machine, host, link, clock } = this.#options;
    return new Dialer({
      self,
      peerOf: (name) => machine.peerOf(name),
      addressesOf: (name) => workloadAddressesOf(machine, name),
      found: (name) => this.#discovery.machineOf(name),
      isLocal: isLoopback(host),
      carry: (uid) => this.#carry(uid),
      openStream: (peer) => link.openStream(peer, streamName),
      pair: () => this.#pairs.make(),
      nowMs: () => clock().at,
    });
  }

  #refusals(): Refusals {
    const { meters, log, dispatch, clock } = this.#options;
    return new Refusals({
      count: (refusal) => meters.refused(refusal),
      log: ({ namespace, name }, { source, target, cause, reason, port, protocol }, times) =>
        log.warn("Refused a connection", {
          pod: `${namespace}/${name}`,
          source,
          target,
          protocol,
          port,
          cause,
          reason,
          times,
        }),
      event: (pod, refusal) => {
        const isProgram = this.#directory.kindOf(pod.uid) === "ExternalWorkload";
        const who = isProgram ? programKind : podKind;
        dispatch({ kind: "occurrence", occurrence: eventOf(who, pod, refusal) });
      },
      nowMs: () => clock().at,
    });
  }
}

function followingOf({ machine, reading }: WorkloadPlaneOptions): Following {
  return new Following({
    follow: (collection) => machine.follow(collection),
    bring: (collections) => reading.bringAll(collections),
    holds: (collection) => machine.holds(collection),
    namespaces: () => reading.namespaces(),
  });
}

/** What a machine's Node says of where its workload port is. */
function workloadAddressesOf({ objects }: Machine, name: string): string {
  const node = nodeResource && objects.get(nodeResource, "", name);
  return node?.metadata.annotations?.[nodeMarks.workloadAddresses] ?? "";
}

function ownPlacesOf({ port, link, ownPorts }: WorkloadPlaneOptions): OwnPlaces {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const meshPorts = link.addresses().map((address) => Number(/\/tcp\/(\d+)/u.exec(address)?.[1]));
  const { api, http } = ownPorts();
  return {
    addresses: addresses.map(({ address }) => address),
    ports: [port.port, api, http, ...meshPorts],
  };
}

const podKind = { apiVersion: "v1", kind: "Pod" };
const programKind = { apiVersion: "beemesh.io/v1", kind: "ExternalWorkload" };

function eventOf(who: typeof podKind, { namespace, name, uid }: PodFacts, refusal: Refusal) {
  return {
    object: { ...who, namespace, name, uid },
    type: "Warning",
    reason: "ConnectionRefused",
    message: refusalText(refusal),
  } as const;
}
