import type {
  ContainerLimits,
  ContainerPlan,
  PodPlan,
  ProbePlan,
  StartedContainer,
  VolumePlan,
} from "@beemesh/ports";

/** A volume of files, with what is in it from now on. */
export type FilesPlan = Extract<VolumePlan, { readonly kind: "files" }>;

/** Which question a probe asks of its container. */
export type ProbeKind = "startup" | "liveness" | "readiness";

/** Which hook of a container's life is run. */
export type HookKind = "postStart" | "preStop";

/**
 * What {@link Pods} asks of the runtime. Each command is answered by one {@link RuntimeReport};
 * one that is lost costs time, never correctness.
 */
export type RuntimeCommand =
  /** `Runtime.createPod(plan)`; answered by `podCreated` or `podFailed`. */
  | { readonly kind: "createPod"; readonly uid: string; readonly plan: PodPlan }
  /** `Runtime.startContainer`; answered by `containerStarted` or `containerFailed`. */
  | {
      readonly kind: "startContainer";
      readonly uid: string;
      readonly plan: ContainerPlan;
      readonly attempt: number;
    }
  /** `Runtime.stopContainer`; answered by `containerStopped`, after the `exited` event. */
  | {
      readonly kind: "stopContainer";
      readonly uid: string;
      readonly container: string;
      readonly graceMs: number;
    }
  /** `Runtime.resizeContainer`; answered by `containerResized`. */
  | {
      readonly kind: "resizeContainer";
      readonly uid: string;
      readonly container: string;
      readonly attempt: number;
      readonly limits: ContainerLimits;
    }
  /** `Runtime.writeFiles`, volume by volume; answered by `filesWritten` or `filesFailed`. */
  | { readonly kind: "writeFiles"; readonly uid: string; readonly volumes: readonly FilesPlan[] }
  /** `Runtime.retirePod`: nothing runs and nothing will; by `podRetired` or `podRetireFailed`. */
  | { readonly kind: "retirePod"; readonly uid: string }
  /** `Runtime.removePod`; answered by `podRemoved` or `podRemoveFailed`. */
  | { readonly kind: "removePod"; readonly uid: string; readonly graceMs: number }
  /** `Runtime.probe(uid, plan, timeoutMs)`; answered by `probed`. */
  | {
      readonly kind: "probe";
      readonly uid: string;
      readonly container: string;
      readonly attempt: number;
      readonly probe: ProbeKind;
      readonly plan: ProbePlan;
      readonly timeoutMs: number;
    }
  /** A hook is run the way a probe is: `Runtime.probe(uid, plan, timeoutMs)`; gives `hooked`. */
  | {
      readonly kind: "hook";
      readonly uid: string;
      readonly container: string;
      readonly attempt: number;
      readonly hook: HookKind;
      readonly plan: ProbePlan;
      readonly timeoutMs: number;
    };

/** What came of a {@link RuntimeCommand}. `code` is the code of the BeeError that it threw. */
export type RuntimeReport =
  | { readonly kind: "podCreated"; readonly uid: string; readonly ip: string }
  | {
      readonly kind: "podFailed";
      readonly uid: string;
      readonly code: string;
      readonly message: string;
    }
  | {
      readonly kind: "containerStarted";
      readonly uid: string;
      readonly container: string;
      readonly attempt: number;
      readonly started: StartedContainer;
    }
  | {
      readonly kind: "containerFailed";
      readonly uid: string;
      readonly container: string;
      readonly attempt: number;
      readonly code: string;
      readonly message: string;
    }
  | { readonly kind: "containerStopped"; readonly uid: string; readonly container: string }
  | {
      readonly kind: "containerResized";
      readonly uid: string;
      readonly container: string;
      readonly attempt: number;
      readonly ok: boolean;
      readonly message: string;
    }
  | { readonly kind: "filesWritten"; readonly uid: string }
  | { readonly kind: "filesFailed"; readonly uid: string; readonly message: string }
  | { readonly kind: "podRetired"; readonly uid: string }
  | { readonly kind: "podRetireFailed"; readonly uid: string; readonly message: string }
  | { readonly kind: "podRemoved"; readonly uid: string }
  | { readonly kind: "podRemoveFailed"; readonly uid: string; readonly message: string }
  | {
      readonly kind: "probed";
      readonly uid: string;
      readonly container: string;
      readonly attempt: number;
      readonly probe: ProbeKind;
      readonly ok: boolean;
      readonly message: string;
    }
  | {
      readonly kind: "hooked";
      readonly uid: string;
      readonly container: string;
      readonly attempt: number;
      readonly hook: HookKind;
      readonly ok: boolean;
      readonly message: string;
    };
