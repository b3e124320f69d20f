import { everything, type KubeObject, type Selector } from "@beemesh/model";
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { egressNamesOf, type NamePattern } from "./annotation.ts";
import { type Rule, readRules } from "./rule.ts";
import { readSelector } from "./selector.ts";

/** A NetworkPolicy that has been read. */
export interface Policy {
  readonly namespace: string;
  readonly name: string;
  /** The pods that it is about, of its namespace. */
  readonly pods: Selector;
  /** What may come in; undefined if it is not about what comes in. */
  readonly ingress: readonly Rule[] | undefined;
  /** What may go out; undefined if it is not about what goes out. */
  readonly egress: readonly Rule[] | undefined;
  /** Names outside the mesh that may be called. */
  readonly names: readonly NamePattern[];
}

/**
 * Reads a NetworkPolicy of any shape. What is malformed allows nothing: a rule, peer or port that
 * cannot be read matches nothing, and a policy of which it cannot be said whom it is about is
 * about all pods of its namespace, both ways, and allows nothing.
 */
export function readPolicy(object: KubeObject): Policy {
  const { name, namespace = "" } = object.metadata;
  const spec = object.spec ?? {};
  const pods = isJsonObject(spec) ? readPods(spec["podSelector"]) : undefined;
  const types = isJsonObject(spec) ? readTypes(spec) : undefined;
  if (!isJsonObject(spec) || pods === undefined || types === undefined) {
    return { namespace, name, pods: everything, ingress: [], egress: [], names: [] };
  }
  return {
    namespace,
    name,
    pods,
    ingress: types.ingress ? readRules(spec["ingress"], "from") : undefined,
    egress: types.egress ? readRules(spec["egress"], "to") : undefined,
    names: egressNamesOf(object),
  };
}

function readPods(json: Json | undefined): Selector | undefined {
  return (json ?? null) === null ? everything : readSelector(json);
}

interface Types {
  readonly ingress: boolean;
  readonly egress: boolean;
}

/** Without types a policy is about what comes in, and about what goes out if it has such rules. */
function readTypes({ policyTypes = null, egress }: JsonObject): Types | undefined {
  const types: readonly Json[] | undefined =
    policyTypes === null ? [] : Array.isArray(policyTypes) ? policyTypes : undefined;
  if (types === undefined) return undefined;
  if (!types.every((type) => type === "Ingress" || type === "Egress")) return undefined;
  if (types.length > 0) {
    return { ingress: types.includes("Ingress"), egress: types.includes("Egress") };
  }
  const isAboutEgress = Array.isArray(egress) ? egress.length > 0 : (egress ?? null) !== null;
  return { ingress: true, egress: isAboutEgress };
}
