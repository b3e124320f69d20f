import type { Now } from "@beemesh/base";
import { type Condition, derivedUid, type KubeObject } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import { canonicalJson, isJsonObject } from "@beemesh/wire";
import { makeNode, type NodeFacts, type NodeHealth, nodeStatus } from "./node.ts";
import { timestampOf } from "./recorder.ts";
import { resourceNamed } from "./resource.ts";

const nodeResource = resourceNamed("", "nodes");

/** Keeps this machine's Node record true: written when what it says has changed, and only then. */
export class Announcer {
  facts: NodeFacts;
  health: NodeHealth = { runtime: "", disk: "", clock: "" };
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore, facts: NodeFacts) {
    this.#objects = objects;
    this.facts = facts;
  }

  /** The Node as stored, with what users wrote into it; undefined before the first announcement. */
  stored(): KubeObject | undefined {
    return this.#objects.get(nodeResource, "", this.facts.name);
  }

  announce(now: Now): void {
    const { facts, health } = this;
    const timestamp = timestampOf(now.wallMs);
    const before = this.stored();
    const node = makeNode(facts, before, { uid: derivedUid(`node/${facts.peer}`), timestamp });
    if (before === undefined || hasChanged(before, node)) this.#objects.putSpec(nodeResource, node);
    const status = nodeStatus(facts, health, conditionsOf(before), timestamp);
    if (canonicalJson(before?.status) === canonicalJson(status)) return;
    this.#objects.putStatus(nodeResource, { ...node, status });
  }
}

function hasChanged(before: KubeObject, node: KubeObject): boolean {
  return canonicalJson(before.metadata) !== canonicalJson(node.metadata);
}

function conditionsOf(node: KubeObject | undefined): readonly Condition[] {
  const conditions = isJsonObject(node?.status) ? node.status["conditions"] : undefined;
  if (!Array.isArray(conditions)) return [];
  return conditions;
}
