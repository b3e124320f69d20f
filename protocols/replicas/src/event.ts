import type { Instant } from "@beemesh/base";
import type { Endpoint } from "@beemesh/workload";
import type { WatchMessage } from "./message.ts";

/** What a sidecar tells its watch. Who sent something is known by certificate. */
export type WatchEvent =
  /** The machine tells who the replicas of the workload are; this one may be among them. */
  | {
      readonly kind: "replicas";
      readonly workload: string;
      readonly self: string;
      readonly replicas: readonly Endpoint[];
    }
  /** Answers `probe`: whether the replica's sidecar took the message. */
  | { readonly kind: "probed"; readonly uid: string; readonly ok: boolean }
  /** The message of another replica, by `probe` or by `send`. */
  | { readonly kind: "message"; readonly from: string; readonly message: WatchMessage }
  /** Any other sign of life: a connection of this replica, or an answer of its application. */
  | { readonly kind: "heard"; readonly uid: string }
  | { readonly kind: "tick" };

/** What a watch wants done, in order. */
export type WatchEffect =
  /** Bring a message to a replica's sidecar, and say by `probed` whether it was taken. */
  | { readonly kind: "probe"; readonly uid: string; readonly message: WatchMessage }
  /** Bring a message to a replica's sidecar. It may be lost. */
  | { readonly kind: "send"; readonly uid: string; readonly message: WatchMessage }
  /** These are lost, and it is for this one to ask the machine for their clones. */
  | { readonly kind: "lost"; readonly uids: readonly string[] }
  /** Tick at this instant at the latest. */
  | { readonly kind: "wake"; readonly at: Instant }
  /** For logs and metrics: `replica.doubted`, `replica.lost`, `replica.back`. */
  | { readonly kind: "observe"; readonly event: string; readonly uid: string };
