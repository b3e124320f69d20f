/** All watches that are open: hands them changes and time, and keeps their number in bounds. */
import type { Instant, Now } from "@beemesh/base";
import type { KubeObject, Resource } from "@beemesh/model";
import type { Change } from "@beemesh/ports";
import { EventLines } from "./event-line.ts";
import type { Watch, WatchRequest } from "./watch.ts";

export interface WatchLimits {
  /** Of one user: an informer for each kind in some hundred clients. */
  readonly perUserMax: number;
  /** Of all users: each holds a connection and some kilobytes. */
  readonly max: number;
}

export const watchLimits: WatchLimits = { perUserMax: 2000, max: 10_000 };

export class WatchSet {
  readonly #limits: WatchLimits;
  /** By what they watch, so that a change asks those alone that it may concern. */
  readonly #watches = new Map<string, Set<Watch>>();
  readonly #countByUser = new Map<string, number>();
  readonly #lines = new EventLines();
  #count = 0;
  #nowMs = 0;

  constructor(limits: WatchLimits) {
    this.#limits = limits;
  }

  /** Tells the time: changes come without one, and tables show ages. */
  notice(now: Now): void {
    this.#nowMs = now.wallMs;
  }

  /** Whether `user` may open one more. */
  hasRoom(user: string): boolean {
    const { max, perUserMax } = this.#limits;
    return this.#count < max && (this.#countByUser.get(user) ?? 0) < perUserMax;
  }

  /** Starts a watch; the returned function stops it. */
  open(watch: Watch): () => void {
    const key = keyOf(watch.request);
    const ofKey = this.#watches.get(key) ?? new Set();
    this.#watches.set(key, ofKey.add(watch));
    this.#recount(watch.request.user, 1);
    watch.begin();
    if (!watch.isOpen) this.#drop(watch);
    return () => {
      watch.close();
      this.#drop(watch);
    };
  }

  /** Hands a change to all who watch its collection. */
  deliver(change: Change): void {
    const { resource, object } = change;
    this.#forEach(resource, object, (watch) => watch.deliver(change, this.#nowMs, this.#lines));
    this.#lines.clear();
  }

  /** Hands out an object that looks different although its record is the same. */
  refresh(resource: Resource, shown: KubeObject): void {
    this.#forEach(resource, shown, (watch) => watch.refresh(shown, this.#nowMs));
  }

  /** Sends bookmarks and ends what is over; when to call again, if anything is open. */
  tick(now: Now): Instant | undefined {
    this.notice(now);
    let wake: Instant | undefined;
    for (const ofKey of this.#watches.values()) {
      for (const watch of ofKey) {
        if (now.at >= watch.wakeAt) watch.tick(now);
        if (!watch.isOpen) this.#drop(watch);
        else if (wake === undefined || watch.wakeAt < wake) wake = watch.wakeAt;
      }
    }
    return wake;
  }

  #forEach(resource: Resource, object: KubeObject, tell: (watch: Watch) => void): void {
    const { namespace: own = "", name } = object.metadata;
    const keys = (own === "" ? [""] : [own, ""]).flatMap((namespace) =>
      [name, ""].map((onlyName) => keyOf({ resource, namespace, onlyName })),
    );
    for (const key of keys) {
      // A set may lose the member that is being visited.
      for (const watch of this.#watches.get(key) ?? []) {
        tell(watch);
        if (!watch.isOpen) this.#drop(watch);
      }
    }
  }

  #drop(watch: Watch): void {
    const key = keyOf(watch.request);
    const ofKey = this.#watches.get(key);
    if (ofKey?.delete(watch) !== true) return;
    if (ofKey.size === 0) this.#watches.delete(key);
    this.#recount(watch.request.user, -1);
  }

  #recount(user: string, change: 1 | -1): void {
    this.#count += change;
    const count = (this.#countByUser.get(user) ?? 0) + change;
    if (count === 0) this.#countByUser.delete(user);
    else this.#countByUser.set(user, count);
  }
}

type Watched = Pick<WatchRequest, "resource" | "namespace" | "onlyName">;

function keyOf({ resource, namespace, onlyName }: Watched): string {
  return `${resource.name}.${resource.group}/${namespace}/${onlyName}`;
}
