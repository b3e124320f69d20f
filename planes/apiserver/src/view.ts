/**
 * Objects as clients see them: what is stored, and what this machine adds of its own knowledge.
 *
 * - A node whose machine does not answer is not ready, whatever it last said of itself, and has
 *   the taint that says so.
 * - What no reporter has spoken about yet has the status that Kubernetes starts with.
 */
import type { Now } from "@beemesh/base";
import {
  findResource,
  formatTime,
  isDefinition,
  isPod,
  type KubeObject,
  qosClassOf,
  type Resource,
} from "@beemesh/model";
import type { ObjectStore, Revision } from "@beemesh/ports";
import type { PolicyRule } from "./access/rule.ts";
import { asVersion } from "./custom/conversion.ts";
import { shownDefinition } from "./custom/definition.ts";
import { fieldAt, listAt, mapAt, textAt } from "./field.ts";
import { withShownTaints } from "./node-taint.ts";
import { formatTimestamp } from "./timestamp.ts";

/** What is known of a machine's life, and since when by this machine's log. */
interface Liveness {
  readonly isAlive: boolean;
  readonly revision: Revision;
  readonly since: string;
}

export interface ViewOptions {
  readonly store: ObjectStore;
  /** Whether the machine of the node with this name answers. */
  readonly isAlive: (node: string) => boolean;
  /** The rules of a ClusterRole, with those that it gathers of others. */
  readonly rulesOf: (role: KubeObject) => readonly PolicyRule[];
}

/** How often a kubelet renews its lease, by default. */
const renewMs = 10_000;

/** Conditions that nobody can vouch for once a machine is silent. */
const livingConditions = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/** Kinds of the core group whose objects are Pending until somebody says otherwise. */
const beginPending: ReadonlySet<string> = new Set(["persistentvolumeclaims", "persistentvolumes"]);

export class View {
  readonly #options: ViewOptions;
  readonly #nodes: Resource | undefined = findResource("", "nodes");
  /** By name of node; only of nodes whose machine has changed its state under our eyes. */
  readonly #livenesses = new Map<string, Liveness>();

  constructor(options: ViewOptions) {
    this.#options = options;
  }

  /** Whether the machine of the node with this name answers. */
  isAlive(node: string): boolean {
    return this.#options.isAlive(node);
  }

  /**
   * When the machine of a node was last heard of, as exactly as clients are told: a kubelet renews
   * its lease every ten seconds. Undefined if it was silent before this machine began to look.
   */
  heardOf(node: string, wallMs: number): string | undefined {
    if (!this.#options.isAlive(node)) {
      return this.#livenesses.get(node)?.since.replace("Z", ".000000Z");
    }
    return formatTime(wallMs - (wallMs % renewMs), 6);
  }

  /** The object as clients see it. */
  show(resource: Resource, object: KubeObject): KubeObject {
    if (resource.custom !== undefined) return asVersion(resource, object);
    if (isDefinition(resource)) {
      const conflict = this.#options.store.resources.conflictOf(object.metadata.name);
      return shownDefinition(object, conflict);
    }
    if (resource.name === "clusterroles") return this.#clusterRole(object);
    if (!resource.hasStatus) return object;
    if (resource.group !== "") return { ...object, status: object.status ?? {} };
    return this.#ofCore(resource, object);
  }

  /** An object of the core group that has a status. */
  #ofCore(resource: Resource, object: KubeObject): KubeObject {
    if (resource.name === "nodes") return this.#node(object);
    if (resource.name === "pods") return withFirstPhase(object);
    if (beginPending.has(resource.name)) return withStatus(object, { phase: "Pending" });
    if (resource.name === "services") return withStatus(object, { loadBalancer: {} });
    if (resource.name === "namespaces") {
      const isLeaving = object.metadata.deletionTimestamp !== undefined;
      const phase = isLeaving ? "Terminating" : "Active";
      return { ...object, status: { ...mapAt(object, "status"), phase } };
    }
    return withStatus(object, {});
  }

  /** Nodes whose machine has died or come back since the last call, as they look now. */
  changedNodes(now: Now): readonly KubeObject[] {
    const nodes = this.#nodes;
    if (nodes === undefined) return [];
    const { items } = this.#options.store.list(nodes);
    const names = new Set(items.map(({ metadata }) => metadata.name));
    for (const name of this.#livenesses.keys()) {
      if (!names.has(name)) this.#livenesses.delete(name);
    }
    return items
      .filter(({ metadata }) => this.#notice(metadata.name, now))
      .map((node) => this.show(nodes, node));
  }

  /**
   * Nodes whose look has changed at `since` or later without a change of their record: a watch
   * that starts there has yet to hear of them.
   */
  changedNodesSince(since: Revision): readonly string[] {
    return [...this.#livenesses]
      .filter(([, { revision }]) => BigInt(revision) >= BigInt(since))
      .map(([name]) => name);
  }

  #clusterRole(role: KubeObject): KubeObject {
    if (fieldAt(role, "aggregationRule") === undefined) return role;
    const rules = this.#options.rulesOf(role).map((rule) => {
      const members = Object.entries(rule).filter(([, values]) => values.length > 0);
      return Object.fromEntries(members);
    });
    return { ...role, rules };
  }

  #notice(name: string, now: Now): boolean {
    const isAlive = this.#options.isAlive(name);
    const was = this.#livenesses.get(name)?.isAlive ?? true;
    if (isAlive === was) return false;
    const { revision } = this.#options.store;
    this.#livenesses.set(name, { isAlive, revision, since: formatTimestamp(now.wallMs) });
    return true;
  }

  #node(stored: KubeObject): KubeObject {
    const { name } = stored.metadata;
    const liveness = this.#livenesses.get(name);
    const isAlive = this.#options.isAlive(name);
    const node = withShownTaints(stored, { isAlive, since: liveness?.since });
    const resourceVersion = newer(node.metadata.resourceVersion ?? "0", liveness?.revision ?? "0");
    const metadata = { ...node.metadata, resourceVersion };
    const status = mapAt(node, "status");
    if (isAlive) return { ...node, metadata, status };
    const conditions = listAt(status, "conditions").map((condition) =>
      livingConditions.includes(textAt(condition, "type"))
        ? unknownCondition(condition, liveness?.since)
        : condition,
    );
    const hasReady = conditions.some((condition) => textAt(condition, "type") === "Ready");
    if (!hasReady) conditions.push(unknownCondition({ type: "Ready" }, liveness?.since));
    return { ...node, metadata, status: { ...status, conditions } };
  }
}

function unknownCondition(condition: unknown, since: string | undefined): unknown {
  return {
    ...mapAt(condition),
    status: "Unknown",
    reason: "NodeStatusUnknown",
    message: "Machine does not answer",
    lastTransitionTime: since ?? fieldAt(condition, "lastTransitionTime") ?? null,
  };
}

/** A pod that no machine has spoken about yet waits, and is promised what it asks for. */
function withFirstPhase(object: KubeObject): KubeObject {
  if (!isPod(object) || object.status?.qosClass !== undefined) return object;
  return withStatus(object, { phase: "Pending", qosClass: qosClassOf(object) });
}

function withStatus(object: KubeObject, initial: object): KubeObject {
  return { ...object, status: { ...initial, ...mapAt(object, "status") } };
}

function newer(a: Revision, b: Revision): Revision {
  return BigInt(a) >= BigInt(b) ? a : b;
}
