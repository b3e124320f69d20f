import { hashOf, type Now } from "@beemesh/base";
import { derivedUid, formatTime, type KubeObject } from "@beemesh/model";
import { resourceNamed } from "./resource.ts";

/** What an Event of Kubernetes speaks of. */
interface Involved {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
  readonly fieldPath?: string;
}

/** Something worth telling a person, in Kubernetes' words. */
export interface Occurrence {
  readonly object: Involved;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

/** Repetitions within this time are not written: a crash loop must not fill the registry. */
const quietMs = 10_000;

/** Occurrences remembered to fold repetitions; the oldest is forgotten. */
const rememberedMax = 1024;

/** The resource of Events. */
export const eventResource = resourceNamed("", "events");

interface Remembered {
  count: number;
  firstMs: number;
  writtenMs: number;
}

/**
 * Writes Events of Kubernetes: one object for each object, reason and message, whose count goes
 * up when the same happens again.
 *
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
export class Recorder {
  readonly #component: string;
  readonly #host: string;
  readonly #remembered = new Map<string, Remembered>();

  constructor(options: { readonly component: string; readonly host: string }) {
    this.#component = options.component;
    this.#host = options.host;
  }

  /** The Event to write for an occurrence; undefined if it was written only just now. */
  record(occurrence: Occurrence, now: Now): KubeObject | undefined {
    const { object, type, reason, message } = occurrence;
    const key = [
      object.kind,
      object.namespace,
      object.name,
      object.uid,
      type,
      reason,
      message,
    ].join("\n");
    const before = this.#remembered.get(key);
    const remembered = before ?? { count: 0, firstMs: now.wallMs, writtenMs: -Infinity };
    remembered.count += 1;
    this.#remembered.delete(key);
    this.#remembered.set(key, remembered);
    this.#forgetOldest();
    if (now.wallMs - remembered.writtenMs < quietMs && now.wallMs >= remembered.writtenMs)
      return undefined;
    remembered.writtenMs = now.wallMs;
    return this.#object(occurrence, key, remembered);
  }

  #forgetOldest(): void {
    if (this.#remembered.size <= rememberedMax) return;
    const [oldest] = this.#remembered.keys();
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }

  #object(
    { object, type, reason, message }: Occurrence,
    key: string,
    seen: Remembered,
  ): KubeObject {
    const namespace = object.namespace ?? "default";
    const suffix = hashOf(`${this.#host}\n${key}`).toString(16);
    const firstTimestamp = timestampOf(seen.firstMs);
    return {
      apiVersion: "v1",
      kind: "Event",
      metadata: {
        name: `${object.name.slice(0, 230)}.${suffix}`,
        namespace,
        uid: derivedUid(`${this.#host}\n${key}`),
        creationTimestamp: firstTimestamp,
      },
      involvedObject: { ...object },
      type,
      reason,
      message,
      count: seen.count,
      firstTimestamp,
      lastTimestamp: timestampOf(seen.writtenMs),
      source: { component: this.#component, host: this.#host },
      reportingComponent: this.#component,
      reportingInstance: this.#host,
    };
  }
}

/** RFC 3339 with whole seconds, as Kubernetes writes times. */
export function timestampOf(wallMs: number): string {
  // A clock that has jumped out of all years still has to be written down.
  return formatTime(wallMs) ?? "1970-01-01T00:00:00Z";
}
