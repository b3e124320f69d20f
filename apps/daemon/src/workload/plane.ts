import type { Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import type { Now } from "@beemesh/base";
import { issueWorkloadCertificate, type MemberDirectory, type SigningKey } from "@beemesh/identity";
import { DescriptorOutbox } from "@beemesh/kernel";
import { type Machine, type MachineEvent, nodeMarks } from "@beemesh/machine";
import type { MeshLink } from "@beemesh/mesh";
import { findResource } from "@beemesh/model";
import type { Runtime } from "@beemesh/ports";
import type { PodFacts, Refusal } from "@beemesh/workload";
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
import { Following } from "./following.ts";
import { gatherMetrics } from "./gathering.ts";
import { Incoming } from "./incoming.ts";
import { MachineCounsel } from "./machine-counsel.ts";
import type { OwnPlaces } from "./outside-address.ts";
import { OutsideDialer } from "./outside-dialer.ts";
import { Refusals, refusalText } from "./refusals.ts";
import { isLoopback } from "./socket-address.ts";
import { SocketPairs } from "./socket-pairs.ts";
import type { WorkloadPort } from "./workload-port.ts";

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
  readonly runtime: Runtime;
  readonly link: Pick<MeshLink, "openStream" | "handleStream" | "addresses">;
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

const nodeResource = findResource("", "nodes");

/** The machine's side of the workload plane: it puts the parts together. */
export class WorkloadPlane {
  readonly #options: WorkloadPlaneOptions;
  readonly #directory: Directory;
  readonly #attendants: Attendants;
  readonly #collector: Collector;
  readonly #contacts: Contacts;
  readonly #pairs: SocketPairs;
  readonly #outbox = new DescriptorOutbox();
  #stopSidecars: (() => void) | undefined;

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
    this.#collector = new Collector({
      url: options.tracesUrl,
      self: options.self,
      onDropped: (cause, count) => options.meters.spansDropped(cause, count),
    });
    const counsel = this.#counselOf(subscriptions, following);
    this.#attendants = new Attendants({
      outbox: this.#outbox,
      counsel,
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
    const { runtime, link, port, meters } = this.#options;
    await this.#pairs.open();
    const incoming = new Incoming({
      attendantOf: (uid) => this.#attendants.get(uid),
      carry: async (uid) => hostDuplex(await runtime.carry(uid)),
      onTurnedAway: (cause) => meters.turnedAway(cause),
    });
    await link.handleStream(streamName, (peer, stream) => incoming.takeStream(peer, stream));
    port.onRefused = (cause) => meters.turnedAway(cause);
    port.onConnection = (connection) => void incoming.take(connection);
    this.#stopSidecars = runtime.onSidecar(({ uid, channel, descriptors }) =>
      this.#attendants.attend({ uid, channel: hostDuplex(channel), descriptors }),
    );
  }

  /** Lets go of the sidecars; they, and what goes through them, go on. */
  close(): void {
    this.#stopSidecars?.();
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

  #dialer(): Dialer {
    const { self, machine, host, runtime, link, clock } = this.#options;
    return new Dialer({
      self,
      peerOf: (name) => machine.peerOf(name),
      addressesOf: (name) => workloadAddressesOf(machine, name),
      isLocal: isLoopback(host),
      carry: async (uid): Promise<Socket> => hostSocket(await runtime.carry(uid)),
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
      event: (pod, refusal) => dispatch({ kind: "occurrence", occurrence: eventOf(pod, refusal) }),
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

function eventOf({ namespace, name, uid }: PodFacts, refusal: Refusal) {
  return {
    object: { apiVersion: "v1", kind: "Pod", namespace, name, uid },
    type: "Warning",
    reason: "ConnectionRefused",
    message: refusalText(refusal),
  } as const;
}
