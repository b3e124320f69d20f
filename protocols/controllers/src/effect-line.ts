import { unreachable } from "@beemesh/base";
import type { KubeObject, Resource } from "@beemesh/model";
import { isJsonObject } from "@beemesh/wire";
import type { ControllersEffect } from "./effect.ts";
import { replacesAnnotation } from "./settlement.ts";

/** An effect in one line. */
export function effectLine(effect: ControllersEffect): string {
  switch (effect.kind) {
    case "put":
      return `put ${nameOf(effect)} ${specLine(effect.object)}`;
    case "putStatus":
      return `putStatus ${nameOf(effect)} ${statusLine(effect.object.status)}`;
    case "remove":
      return `remove ${effect.resource.name}/${effect.ref.name}`;
    case "schedule":
      return `schedule ${effect.reason} ${namesOf(effect.pods).join(" ")}`;
    case "event":
      return `event ${effect.reason}: ${effect.message}`;
    case "admit":
      return `admit pods/${effect.pod.metadata.name} by ${effect.controller}`;
    case "measure":
      return `measure ${effect.machines.join(" ")}`;
    case "observe":
      return `observe ${effect.event} ${JSON.stringify(effect.facts)}`;
    case "wake":
      return `wake ${effect.at}`;
    default:
      return unreachable(effect);
  }
}

function namesOf(objects: readonly KubeObject[]): string[] {
  return objects.map(({ metadata }) => metadata.name);
}

function nameOf({ resource, object }: { resource: Resource; object: KubeObject }): string {
  return `${resource.name}/${object.metadata.name}`;
}

function statusLine(status: unknown): string {
  const { conditions, ...counts } = isJsonObject(status) ? status : {};
  const told = Array.isArray(conditions) ? conditions.filter((each) => isJsonObject(each)) : [];
  const lines = told.map(
    ({ type, status: is, reason }) => ` ${text(type)}=${text(is)} (${text(reason)})`,
  );
  return JSON.stringify(counts) + lines.join("");
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** What a golden trace shows of a specification. */
function specLine({ metadata, spec }: KubeObject): string {
  const { uid, annotations, deletionTimestamp } = metadata;
  const shown = annotations?.[replacesAnnotation];
  const replicas = isJsonObject(spec) ? spec["replicas"] : undefined;
  return [
    uid,
    ...(replicas === undefined ? [] : [`replicas ${JSON.stringify(replicas)}`]),
    ...(shown === undefined ? [] : [`replaces ${shown}`]),
    ...(deletionTimestamp === undefined ? [] : ["deleted"]),
  ].join(" ");
}
