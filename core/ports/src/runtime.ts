import type { ContainerSecurity } from "./container-security.ts";
import type { Duplex, Readable, Writable } from "./stream.ts";

/** A pod that is ready to be made: every name resolved, every file known. */
export interface PodPlan {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly hostname: string;
  /** Of the host name; none if empty. */
  readonly domain?: string;
  /** More names, and addresses that they stand for. */
  readonly hostAliases?: readonly { readonly ip: string; readonly hostnames: readonly string[] }[];
  readonly resolver: ResolverPlan;
  readonly labels: Readonly<Record<string, string>>;
  readonly volumes: readonly VolumePlan[];
  readonly terminationGraceMs: number;
  /** Settings of the kernel for the pod's own namespaces, by name. */
  readonly sysctls?: Readonly<Record<string, string>>;
  /** What runs its containers, of those that the runtime has; its own choice if not given. */
  readonly handler?: string;
}

/** How programs of a pod look for names. */
export interface ResolverPlan {
  readonly nameservers: readonly string[];
  /** Where names with few dots are looked for, in this order. */
  readonly searches: readonly string[];
  /** As resolv.conf(5) writes them, such as `ndots:5`. */
  readonly options: readonly string[];
}

export type VolumePlan =
  | {
      readonly name: string;
      readonly kind: "empty";
      readonly inMemory: boolean;
      readonly sizeBytesMax?: number;
      /** What is written there belongs to this group. */
      readonly group?: number;
    }
  | { readonly name: string; readonly kind: "host"; readonly path: string; readonly type: string }
  | {
      readonly name: string;
      readonly kind: "files";
      readonly files: readonly FilePlan[];
      /** May read all of them, whatever their modes say. */
      readonly group?: number;
    };

export interface FilePlan {
  /** Relative, without `..`. */
  readonly path: string;
  /** base64. */
  readonly content: string;
  /** Permission bits, such as 0o644. */
  readonly mode: number;
}

/** What a container may use at most; undefined for no limit. */
export interface ContainerLimits {
  /** Thousandths of a core. */
  readonly cpuMillicoresMax?: number;
  readonly memoryBytesMax?: number;
}

export interface ContainerPlan extends ContainerLimits {
  readonly name: string;
  readonly image: string;
  readonly pull: "Always" | "IfNotPresent" | "Never";
  /** With which its registry may be asked for it, one after another; as nobody without any. */
  readonly credentials?: readonly RegistryCredentials[];
  /** Replaces the image's entry point if not empty. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly workingDir?: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly mounts: readonly {
    readonly volume: string;
    readonly path: string;
    readonly subPath?: string;
    readonly readOnly: boolean;
  }[];
  readonly ports: readonly { readonly containerPort: number; readonly protocol: string }[];
  readonly stdin: boolean;
  readonly tty: boolean;
  readonly security?: ContainerSecurity;
  /** Where it may write about its end, and whether the end of its log will do if it fails. */
  readonly termination?: { readonly path: string; readonly fallsBackToLogs: boolean };
  /** Another container of the pod, which runs: this one sees its processes. */
  readonly target?: string;
  /** What it shares with its machine: all processes, or the queues and memory between them. */
  readonly shares?: readonly ("pid" | "ipc")[];
}

/** Who asks a registry. */
export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
}

export interface PodSandbox {
  readonly uid: string;
  /** An address that names the pod; reachable only through {@link Runtime.connect}. */
  readonly ip: string;
}

/** A container that was found, with the newest attempt of each. */
export interface FoundContainer {
  readonly name: string;
  /** 0 for the first start, 1 for the first restart, … */
  readonly attempt: number;
  readonly id: string;
  readonly state: "created" | "running" | "exited";
  readonly startedAtMs?: number;
  readonly exit?: ContainerExit;
}

export interface FoundPod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly ip: string;
  readonly containers: readonly FoundContainer[];
}

export interface ContainerExit {
  readonly exitCode: number;
  readonly signal?: number;
  readonly outOfMemory: boolean;
  readonly finishedAtMs: number;
  /** What it has said about its end; absent if nothing. */
  readonly message?: string;
}

export interface StartedContainer {
  readonly id: string;
  readonly imageId: string;
  readonly startedAtMs: number;
}

export type RuntimeEvent =
  | {
      readonly kind: "exited";
      readonly uid: string;
      readonly container: string;
      readonly attempt: number;
      readonly exit: ContainerExit;
    }
  /** The pod is no longer there, and it was not us. */
  | { readonly kind: "vanished"; readonly uid: string }
  | { readonly kind: "health"; readonly ok: boolean; readonly message: string };

export interface LogOptions {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number;
  readonly sinceMs?: number;
  readonly limitBytes?: number;
}

export interface ExecOptions {
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly tty: boolean;
}

/** A process in a container, as its user sees it. Every stream ends when the process does. */
export interface ExecSession {
  readonly stdin: Writable | undefined;
  readonly stdout: Readable;
  /** Absent with a terminal, whose output is all in `stdout`. */
  readonly stderr: Readable | undefined;
  readonly exitCode: Promise<number>;
  resize(columns: number, rows: number): void;
  kill(): void;
}

export interface ContainerStats {
  readonly name: string;
  readonly cpuNanoseconds: number;
  readonly memoryBytes: number;
}

export type ProbePlan =
  | { readonly kind: "exec"; readonly container: string; readonly command: readonly string[] }
  | {
      readonly kind: "http";
      readonly port: number;
      readonly path: string;
      readonly tls: boolean;
      readonly headers: readonly { readonly name: string; readonly value: string }[];
      /** Whatever status comes is well; otherwise one from 200 to 399. */
      readonly anyStatus?: boolean;
    }
  | { readonly kind: "tcp"; readonly port: number }
  /** `grpc.health.v1.Health/Check` of a service; of the server as a whole if it is empty. */
  | {
      readonly kind: "grpc";
      readonly port: number;
      readonly service: string;
      readonly tls: boolean;
    };

/** A pod's sidecar that stands, and how the machine speaks with it. */
export interface SidecarLine {
  readonly uid: string;
  /** Lines of JSON both ways. It ends when the sidecar does; a new one then comes with its own. */
  readonly channel: Duplex;
  /** The path where the sidecar takes descriptors. */
  readonly descriptors: string;
}

/**
 * Runs pods on this machine. Every driver passes the one conformance suite in
 * `test/conformance/runtime.ts`. Methods throw BeeError `runtime-unavailable`, `image-missing`,
 * `image-pull-failed`, `pod-unknown`, `container-unknown`, `start-failed`, `user-refused`,
 * `resize-refused`.
 */
export interface Runtime {
  readonly name: "podman" | "process" | "simulated";
  /** What may run containers here, as RuntimeClasses name it. */
  readonly handlers: readonly string[];
  /** Version and condition of the engine, for the Node's status. */
  check(): Promise<{ readonly ok: boolean; readonly version: string; readonly message: string }>;
  /** The pods of this machine that are there, also those of an earlier life of the daemon. */
  list(): Promise<readonly FoundPod[]>;
  images(): Promise<readonly { readonly names: readonly string[]; readonly sizeBytes: number }[]>;
  createPod(plan: PodPlan): Promise<PodSandbox>;
  /** Pulls the image if it must, makes the container and starts it. */
  startContainer(uid: string, container: ContainerPlan, attempt: number): Promise<StartedContainer>;
  /**
   * Writes the files of a volume of the pod anew, each whole at once; others that are there go.
   * Containers see them where they have the volume.
   */
  writeFiles(uid: string, volume: string, files: readonly FilePlan[]): Promise<void>;
  /**
   * Sets limits of a container that runs and goes on; those that are not given stay.
   *
   * @throws {BeeError} `resize-refused` for limits that it cannot live by, such as less memory than
   *   it has.
   */
  resizeContainer(uid: string, container: string, limits: ContainerLimits): Promise<void>;
  /** TERM, then KILL when `graceMs` have passed. Nothing if it does not run. */
  stopContainer(uid: string, container: string, graceMs: number): Promise<void>;
  /**
   * Ends what a pod has besides its containers, such as its sidecar; their logs stay. For a pod
   * none of whose containers runs or will run again; one that is started all the same brings the
   * rest back. Nothing if the pod is not there.
   */
  retirePod(uid: string): Promise<void>;
  /** Stops what runs and removes every trace. Nothing if it is not there. */
  removePod(uid: string, graceMs: number): Promise<void>;
  onEvent(listener: (event: RuntimeEvent) => void): () => void;
  /** Lines as the container wrote them, each with its newline. Ends when the container does. */
  logs(uid: string, container: string, options: LogOptions): Promise<Readable>;
  exec(uid: string, container: string, options: ExecOptions): Promise<ExecSession>;
  attach(
    uid: string,
    container: string,
    options: Omit<ExecOptions, "command">,
  ): Promise<ExecSession>;
  stats(uid: string): Promise<readonly ContainerStats[]>;
  probe(
    uid: string,
    probe: ProbePlan,
    timeoutMs: number,
  ): Promise<{ readonly ok: boolean; readonly message: string }>;
  /** A TCP connection to a port inside the pod. */
  connect(uid: string, port: number): Promise<Duplex>;
  /**
   * Calls `listener` with the sidecar of every pod that has one, now and later, and with each new
   * one; returns how to stop that. The listener reads the channel. Drivers whose pods have no
   * sidecars never call.
   */
  onSidecar(listener: (sidecar: SidecarLine) => void): () => void;
  /** A connection to the pod's sidecar: the TLS of another sidecar follows. */
  carry(uid: string): Promise<Duplex>;
  close(): Promise<void>;
}
