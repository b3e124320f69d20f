/** Where the numbers of a scale stand in a workload, whatever its kind. */
import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { textAt } from "./members.ts";
import type { KubeObject } from "./object.ts";
import type { Resource } from "./resource.ts";

export interface ScalePaths {
  /** Replicas that are wanted. */
  readonly wanted: readonly string[];
  /** Replicas that there are. */
  readonly actual: readonly string[];
  /** Where a selector stands as text; undefined where it is an object at `spec.selector`. */
  readonly selector: readonly string[] | undefined;
}

/** The paths of a resource that has a scale; a definition says it of what it defines. */
export function scalePathsOf({ custom }: Pick<Resource, "custom">): ScalePaths {
  const plain = { wanted: ["spec", "replicas"], actual: ["status", "replicas"] };
  if (custom === undefined) return { ...plain, selector: undefined };
  const said = (member: string): readonly string[] =>
    textAt(custom.version, "subresources", "scale", member)
      .split(".")
      .filter((step) => step !== "");
  return {
    wanted: said("specReplicasPath"),
    actual: said("statusReplicasPath"),
    selector: said("labelSelectorPath"),
  };
}

/** The object with so many replicas wanted. */
export function withReplicas(
  object: KubeObject,
  { wanted }: Pick<ScalePaths, "wanted">,
  count: number,
): KubeObject {
  const [first = "spec", ...rest] = wanted;
  return { ...object, [first]: withMember(object[first], rest, count) };
}

function withMember(value: unknown, [first, ...rest]: readonly string[], count: number): Json {
  if (first === undefined) return count;
  const whole: JsonObject = isJsonObject(value) ? value : {};
  const inner = Object.hasOwn(whole, first) ? whole[first] : undefined;
  return { ...whole, [first]: withMember(inner, rest, count) };
}
