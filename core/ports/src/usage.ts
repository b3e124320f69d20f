/** What a machine and its pods used in a window of time that ended not long ago. */
export interface MachineUsage {
  /** The machine's name, as in `spec.nodeName`. */
  readonly machine: string;
  /** The end of the window by the machine's wall clock, in milliseconds since 1970. */
  readonly wallMs: number;
  readonly windowMs: number;
  /** Of the whole computer, whoever uses it. */
  readonly cpuNanocores: number;
  readonly memoryBytes: number;
  readonly pods: readonly PodUsage[];
}

/** What one pod used: its containers that ran during the whole window. */
export interface PodUsage {
  readonly uid: string;
  readonly containers: readonly ContainerUsage[];
}

export interface ContainerUsage {
  readonly name: string;
  readonly cpuNanocores: number;
  readonly memoryBytes: number;
}
