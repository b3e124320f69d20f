import { elapsedMs, type Instant } from "@beemesh/base";
import type { CollectionId } from "@beemesh/wire";
import { recentMax, recentMs } from "./limits.ts";
import { type RecordStamp, recordKey } from "./record.ts";

/**
 * What was written through this machine lately of what other writes depend on: namespaces,
 * definitions, roles, quotas. A client that has made a namespace writes into it at once; whoever
 * decides that must have heard of the namespace.
 */
export class Recent {
  readonly #lines = new Map<string, { readonly record: RecordStamp; readonly at: Instant }>();

  add(record: RecordStamp, now: Instant): void {
    const key = recordKey(record);
    this.#lines.delete(key);
    this.#lines.set(key, { record, at: now });
    this.#forget(now);
  }

  /** The newest of what was written, oldest first. */
  list(now: Instant): readonly RecordStamp[] {
    this.#forget(now);
    return [...this.#lines.values()].map(({ record }) => record);
  }

  #forget(now: Instant): void {
    for (const [key, { at }] of this.#lines) {
      if (this.#lines.size <= recentMax && elapsedMs(at, now) < recentMs) return;
      this.#lines.delete(key);
    }
  }
}

/** Namespaced kinds that writes to other kinds are judged by; all that has no namespace is one. */
const decisiveKinds: ReadonlySet<string> = new Set([
  "limitranges",
  "resourcequotas",
  "rolebindings.rbac.authorization.k8s.io",
  "roles.rbac.authorization.k8s.io",
  "serviceaccounts",
]);

/** Written all the time, and nothing else is judged by them. */
const chattyKinds: ReadonlySet<string> = new Set(["nodes"]);

/** Whether writes to other collections are judged by what is in this one. */
export function isDecisive(collection: CollectionId): boolean {
  const [kind = "", namespace] = collection.split("/");
  return namespace === "-" ? !chattyKinds.has(kind) : decisiveKinds.has(kind);
}
