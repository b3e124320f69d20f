/** Events: what happened to an object, as records that `kubectl describe` and `events` read. */
import { hashOf } from "@beemesh/base";
import type { KubeObject } from "@beemesh/model";
import { formatTimestamp } from "./timestamp.ts";

export interface EventFacts {
  /** What it happened to. */
  readonly about: KubeObject;
  readonly type: "Normal" | "Warning";
  /** One word in PascalCase, such as `Scheduled`. */
  readonly reason: string;
  readonly message: string;
  /** Who says so, such as `beemesh-bidding`. */
  readonly component: string;
  /** The machine that says so. */
  readonly host: string;
  readonly uid: string;
  readonly wallMs: number;
  /** How often it has happened, with the first time; 1 and now if left out. */
  readonly count?: number;
  readonly firstWallMs?: number;
}

/** Characters of an event's message (k8s.io/api, NoteLengthLimit). */
const messageLengthMax = 1024;

/**
 * A well-formed core/v1 Event. Its name is computed of what happened, to what and where, so that
 * the same again is the same record with a higher count.
 */
export function makeEvent(facts: EventFacts): KubeObject {
  const { about, type, reason, message, component, host, uid, wallMs } = facts;
  const { name, namespace = "default", uid: aboutUid = "", resourceVersion } = about.metadata;
  const identity = [aboutUid, name, type, reason, message, component, host].join("\n");
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: {
      name: `${name}.${hashOf(identity).toString(16).padStart(14, "0")}`,
      namespace,
      uid,
      creationTimestamp: formatTimestamp(facts.firstWallMs ?? wallMs),
    },
    involvedObject: {
      apiVersion: about.apiVersion,
      kind: about.kind,
      name,
      ...(about.metadata.namespace === undefined ? {} : { namespace }),
      uid: aboutUid,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    type,
    reason,
    message: message.slice(0, messageLengthMax),
    source: { component, host },
    reportingComponent: component,
    reportingInstance: host,
    firstTimestamp: formatTimestamp(facts.firstWallMs ?? wallMs),
    lastTimestamp: formatTimestamp(wallMs),
    count: facts.count ?? 1,
    eventTime: null,
  };
}
