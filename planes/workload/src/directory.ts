import { apiServiceAddress } from "@beemesh/model";
import { isEgressIsolated, type PolicyVerdict } from "@beemesh/policy";
import type { Change, ObjectStore } from "@beemesh/ports";
import type { PeerId } from "@beemesh/wire";
import type {
  AdmittedProtocol,
  Caller,
  PeerRefService,
  PodFacts,
  Route,
  TransportProtocol,
} from "@beemesh/workload";
import { type Admission, admissionOf } from "./admission.ts";
import { Catalog } from "./catalog.ts";
import { type Impact, impactOf } from "./impact.ts";
import { type NamesAnswer, namesFor } from "./names.ts";
import { RecentSet } from "./recent-set.ts";
import { type Replicas, replicasOf } from "./replicas.ts";
import { mayLeave, routeFor } from "./routes.ts";
import { StandIns } from "./stand-ins.ts";
import { standingOf } from "./standing.ts";
import { callerOf, type Surroundings } from "./surroundings.ts";
import type { WorkloadRecord } from "./workload-record.ts";

/** What a {@link Directory} is made of. */
export interface DirectoryOptions {
  readonly objects: ObjectStore;
  /** The mesh's key. */
  readonly mesh: string;
  /** Kubernetes' own, `cluster.local`, if not given. */
  readonly clusterDomain?: string;
  /** Where addresses of Services come from; 10.96.0.0/12 if not given. */
  readonly serviceCidr?: string;
  /** The key of a machine, by the name of its Node. */
  readonly peerOf: (machine: string) => PeerId | undefined;
  /** Whether a machine may sign for a namespace, and so for its workloads. */
  readonly mayAuthor: (peer: PeerId, namespace: string) => boolean;
}

/** Pods whose verdicts are remembered to have been given; beyond it any pod may be one of them. */
const judgedMax = 8192;

/**
 * What a machine tells its sidecars of names, routes and callers, by the records that it has. It
 * follows the store from the day it is made; `close` ends that. Each question takes what it asks
 * about, however many Services there are.
 */
export class Directory {
  readonly #options: DirectoryOptions;
  readonly #around: Surroundings;
  readonly #judged = new RecentSet(judgedMax);
  readonly #stop: () => void;
  /** Whether verdicts were given that are no longer remembered. */
  #hasForgotten = false;

  constructor(options: DirectoryOptions) {
    const { objects, clusterDomain, serviceCidr } = options;
    const catalog = new Catalog(objects);
    this.#options = options;
    this.#around = {
      catalog,
      standIns: new StandIns(),
      clusterDomain: clusterDomain ?? "cluster.local",
      serviceCidr: serviceCidr ?? "10.96.0.0/12",
      apiIp: apiServiceAddress,
    };
    this.#stop = objects.onChange((change) => catalog.apply(change));
  }

  close(): void {
    this.#stop();
  }

  /** Who a sidecar stands for; undefined if no pod or program of this uid is known. */
  factsOf(uid: string): PodFacts | undefined {
    const record = this.#around.catalog.workload(uid);
    if (record === undefined) return undefined;
    const { namespace, name, serviceAccount, machine } = record;
    return { uid, namespace, name, serviceAccount, machine, mesh: this.#options.mesh };
  }

  /** What kind of object a uid is of; undefined if no pod or program of it is known. */
  kindOf(uid: string): WorkloadRecord["kind"] | undefined {
    return this.#around.catalog.workload(uid)?.kind;
  }

  /**
   * What a name is for a pod.
   *
   * @param name - Absolute, lower case, without the last dot.
   * @param type - `A`, `AAAA`, `SRV`, `CNAME`, or any other, of which there are no records.
   */
  names(pod: PodFacts, name: string, type: string): NamesAnswer {
    return namesFor(this.#around, pod, name, type);
  }

  /** Where a connection of a pod to an address goes. Its key is `<protocol> <ip> <port>`. */
  route(pod: PodFacts, protocol: TransportProtocol, ip: string, port: number): Route {
    return routeFor(this.#around, pod, { protocol, ip, port });
  }

  /**
   * Whether a pod may call a host outside the mesh, a name or an address: what is asked again
   * before the machine dials for a sidecar.
   */
  mayLeave(
    pod: PodFacts,
    call: {
      readonly protocol: TransportProtocol;
      readonly host: string;
      readonly port: number;
    },
  ): PolicyVerdict {
    return mayLeave(this.#around, pod, call);
  }

  /** Whether who showed a certificate may enter a pod at a port. */
  admit(pod: PodFacts, caller: Caller, protocol: AdmittedProtocol, port: number): Admission {
    const forgets = [caller.uid, pod.uid].map((uid) => this.#judged.add(uid));
    this.#hasForgotten ||= forgets.includes(true);
    return admissionOf(this.#around.catalog, this.#options, pod, { caller, protocol, port });
  }

  /** The other replicas of a pod's workload; undefined if it has no owner that controls it. */
  replicasOf(uid: string): Replicas | undefined {
    return replicasOf(this.#around.catalog, uid);
  }

  /**
   * What a pod can say of itself to others, and the addresses of the Services that it stands
   * behind; undefined if it is not known or has no address.
   */
  standingOf(uid: string):
    | {
        readonly ip: string;
        readonly services: readonly PeerRefService[];
        readonly serviceIps: readonly string[];
      }
    | undefined {
    const { catalog } = this.#around;
    const ip = catalog.workload(uid)?.ips[0];
    if (ip === undefined) return undefined;
    const services = standingOf(catalog, uid);
    const serviceIps = services.flatMap(({ service }) => catalog.service(service)?.ips ?? []);
    return { ip, services, serviceIps };
  }

  /** Whether a pod may call pods of which no record is known: unless its policies forbid any. */
  mayCallUnknown(pod: PodFacts): boolean {
    const { catalog } = this.#around;
    return !isEgressIsolated(catalog.policies(pod.namespace), callerOf(catalog, pod));
  }

  /**
   * What a change concerns of what was told. To be asked after the directory has heard of the
   * change: by a listener of the store that was added after the directory was made.
   */
  affectedBy(change: Change): Impact {
    const isJudged = (uid: string): boolean => this.#hasForgotten || this.#judged.has(uid);
    return impactOf(change, this.#around.catalog, isJudged);
  }
}
