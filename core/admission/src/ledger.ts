/**
 * What each quota's namespace has taken, kept up with every change that the store tells of. What
 * a question costs does not grow with the namespace; a namespace without quotas costs nothing.
 */
import { findResource, type KubeObject, type Resource } from "@beemesh/model";
import type { Change, ObjectStore } from "@beemesh/ports";
import { canonicalJson } from "@beemesh/wire";
import { type Balance, hardOf, shareOf } from "./quota.ts";
import type { Counted } from "./quota-usage.ts";
import { nothing, type ResourceList, sum, without } from "./resource-list.ts";

/** One quota's account. */
interface Account {
  readonly quota: KubeObject;
  /** What the quota counts, as text: another text is another account. */
  readonly terms: string;
  used: ResourceList;
  /** What was promised to objects that are on their way. */
  promised: ResourceList;
  /** What each object takes, by its key; nothing for those that take nothing. */
  readonly shares: Map<string, ResourceList>;
}

/** The accounts of all quotas that were asked for. It listens to the store from the first on. */
export class Ledger {
  readonly #store: Pick<ObjectStore, "list" | "onChange" | "resources">;
  readonly #quotas: Resource | undefined = findResource("", "resourcequotas");
  readonly #accounts = new Map<string, Map<string, Account>>();
  #stop: (() => void) | undefined;
  #hasPromised = false;

  constructor(store: Pick<ObjectStore, "list" | "onChange" | "resources">) {
    this.#store = store;
  }

  close(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#accounts.clear();
  }

  /** The quotas of a namespace, and what is taken of each. */
  balancesOf(namespace: string): readonly Balance[] {
    if (this.#quotas === undefined || namespace === "") return [];
    const { items } = this.#store.list(this.#quotas, namespace);
    if (items.length === 0) {
      this.#accounts.delete(namespace);
      return [];
    }
    return items.map((quota) => {
      const { used, promised } = this.#account(namespace, quota);
      return { quota, used: promised.size === 0 ? used : sum(used, promised) };
    });
  }

  /** What is taken of a quota by what is there. */
  takenOf(quota: KubeObject): ResourceList {
    return this.#account(quota.metadata.namespace ?? "", quota).used;
  }

  /** Counts an object that is about to be written as if it were there, until {@link settle}. */
  promise(resource: Counted, object: KubeObject): void {
    for (const account of this.#accounts.get(object.metadata.namespace ?? "")?.values() ?? []) {
      account.promised = sum(account.promised, shareOf(account.quota, resource, object));
      this.#hasPromised = true;
    }
  }

  /** What was promised is written now, or will not be. */
  settle(): void {
    if (!this.#hasPromised) return;
    this.#hasPromised = false;
    for (const accounts of this.#accounts.values()) {
      for (const account of accounts.values()) account.promised = nothing;
    }
  }

  #account(namespace: string, quota: KubeObject): Account {
    this.#stop ??= this.#store.onChange((change) => this.#apply(change));
    const terms = termsOf(quota);
    const { uid = quota.metadata.name } = quota.metadata;
    const known = this.#accounts.get(namespace)?.get(uid);
    if (known?.terms === terms) return known;
    const account: Account = {
      quota,
      terms,
      used: zeroOf(quota),
      promised: nothing,
      shares: new Map(),
    };
    for (const resource of this.#store.resources.all.filter((each) => each.namespaced)) {
      for (const object of this.#store.list(resource, namespace).items) {
        charge(account, resource, object);
      }
    }
    const accounts = this.#accounts.get(namespace) ?? new Map<string, Account>();
    this.#accounts.set(namespace, accounts.set(uid, account));
    return account;
  }

  #apply({ kind, resource, object }: Change): void {
    const { namespace = "", uid = "" } = object.metadata;
    const accounts = this.#accounts.get(namespace);
    if (accounts === undefined) return;
    if (resource === this.#quotas && kind === "deleted") accounts.delete(uid);
    for (const account of accounts.values()) {
      discharge(account, keyOf(resource, object));
      if (kind !== "deleted") charge(account, resource, object);
    }
  }
}

function termsOf({ spec }: KubeObject): string {
  return canonicalJson(spec ?? {});
}

function zeroOf(quota: KubeObject): ResourceList {
  return new Map([...hardOf(quota)].map(([name, { form }]) => [name, { nano: 0n, form }]));
}

function keyOf({ group, name }: Resource, { metadata }: KubeObject): string {
  return `${name}.${group}/${metadata.name}`;
}

function charge(account: Account, resource: Resource, object: KubeObject): void {
  const share = shareOf(account.quota, resource, object);
  if (share.size === 0) return;
  account.shares.set(keyOf(resource, object), share);
  account.used = sum(account.used, share);
}

function discharge(account: Account, key: string): void {
  const share = account.shares.get(key);
  if (share === undefined) return;
  account.shares.delete(key);
  account.used = without(account.used, share);
}
