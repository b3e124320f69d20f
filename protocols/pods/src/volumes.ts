import type { Pod, Volume } from "@beemesh/model";
import type { FilePlan, VolumePlan } from "@beemesh/ports";
import { isJsonObject } from "@beemesh/wire";
import { amountOf } from "./amount.ts";
import { type ApiAccess, tokenWish } from "./api-access.ts";
import { base64OfText } from "./base64.ts";
import {
  type Dependency,
  dataOf,
  type Lookup,
  missing,
  type Resolved,
  resolved,
} from "./dependency.ts";
import { type DownwardFacts, fieldOf, resourceOf } from "./downward.ts";

/** What the volumes of a pod are computed from. */
export interface VolumeSource {
  readonly pod: Pod;
  readonly lookup: Lookup;
  readonly facts: DownwardFacts;
  /** Makes tokens; without it no volume can hold one. */
  readonly access?: ApiAccess | undefined;
}

/** Members as a manifest gives them. */
interface Members {
  readonly [name: string]: unknown;
}

/** Kubernetes' own default: readable for all, writable for the owner. */
const fileModeDefault = 0o644;

/** What a volume makes of its source, or which object it waits for. */
export function volumePlan(volume: Volume, source: VolumeSource): Resolved<VolumePlan> {
  const { name, emptyDir, hostPath } = volume;
  if (emptyDir !== undefined) {
    const sizeBytesMax = amountOf(emptyDir.sizeLimit ?? "");
    const inMemory = emptyDir.medium === "Memory";
    const size = sizeBytesMax === undefined ? {} : { sizeBytesMax };
    return resolved({ name, kind: "empty", inMemory, ...size, ...groupOf(source.pod) });
  }
  if (hostPath !== undefined) {
    return resolved({ name, kind: "host", path: hostPath.path, type: hostPath.type ?? "" });
  }
  const files = filesOf(volume, source, fileModeDefault);
  if (!files.ok) return files;
  return resolved({ name, kind: "files", files: files.value, ...groupOf(source.pod) });
}

/** The group of what is a pod's own; what is its machine's stays as it is. */
function groupOf({ spec: { securityContext } }: Pod): { readonly group?: number } {
  const group = securityContext?.fsGroup;
  return group === undefined ? {} : { group };
}

/** The objects that the files of a pod's volumes are made of. */
export function dependenciesOf({ metadata, spec }: Pod): readonly Dependency[] {
  const { namespace = "default" } = metadata;
  return (spec.volumes ?? []).flatMap((volume: Members) => {
    const { projected } = volume;
    const sources = isJsonObject(projected) ? listOf(projected["sources"]) : [volume];
    return sources.flatMap(({ configMap, secret }): Dependency[] => {
      if (isJsonObject(configMap)) {
        return [{ resource: "configmaps", namespace, name: textIn(configMap, "name") }];
      }
      if (!isJsonObject(secret)) return [];
      const name = textIn(secret, "secretName") || textIn(secret, "name");
      return [{ resource: "secrets", namespace, name }];
    });
  });
}

/** Files of one source; a volume and a projection name their sources alike. */
function filesOf(
  volume: Members,
  source: VolumeSource,
  modeDefault: number,
): Resolved<readonly FilePlan[]> {
  const { configMap, secret, downwardAPI, projected } = volume;
  const namespace = source.pod.metadata.namespace ?? "default";
  if (isJsonObject(configMap)) {
    const dependency = {
      resource: "configmaps",
      namespace,
      name: textIn(configMap, "name"),
    } as const;
    return filesOfData(configMap, dependency, source.lookup, modeDefault);
  }
  if (isJsonObject(secret)) {
    const name = textIn(secret, "secretName") || textIn(secret, "name");
    return filesOfData(
      secret,
      { resource: "secrets", namespace, name },
      source.lookup,
      modeDefault,
    );
  }
  if (isJsonObject(downwardAPI)) return filesOfFields(downwardAPI, source, modeDefault);
  if (isJsonObject(projected)) return filesOfProjection(projected, source);
  return missing("the volume's type is not supported here");
}

function filesOfData(
  { items, defaultMode, optional }: Members,
  dependency: Dependency,
  lookup: Lookup,
  modeDefault: number,
): Resolved<readonly FilePlan[]> {
  const data = dataOf(lookup, dependency);
  if (!data.ok) return optional === true ? resolved([]) : data;
  const wanted = Array.isArray(items)
    ? listOf(items)
    : [...data.value.keys()].map((key): Members => ({ key, path: key }));
  const files: FilePlan[] = [];
  for (const item of wanted) {
    const key = textIn(item, "key");
    const path = textIn(item, "path");
    const content = data.value.get(key);
    if (content !== undefined && isInside(path)) {
      files.push({ path, content, mode: modeOf(item["mode"], modeOf(defaultMode, modeDefault)) });
    } else if (optional !== true) {
      return missing(`references non-existent config key: ${key}`, dependency);
    }
  }
  return resolved(files);
}

function filesOfFields(
  { items, defaultMode }: Members,
  { pod, facts }: VolumeSource,
  modeDefault: number,
): Resolved<readonly FilePlan[]> {
  const files = listOf(items).flatMap((item): FilePlan[] => {
    const { path, mode } = item;
    const text = fieldText(item, pod, facts);
    if (text === undefined || typeof path !== "string" || !isInside(path)) return [];
    return [
      { path, content: base64OfText(text), mode: modeOf(mode, modeOf(defaultMode, modeDefault)) },
    ];
  });
  return resolved(files);
}

/** What a field of the pod, or an amount of one of its containers, says. */
function fieldText(
  { fieldRef, resourceFieldRef }: Members,
  pod: Pod,
  facts: DownwardFacts,
): string | undefined {
  if (isJsonObject(fieldRef)) return fieldOf(pod, textIn(fieldRef, "fieldPath"), facts);
  if (!isJsonObject(resourceFieldRef)) return undefined;
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const whose = containers.find(({ name }) => name === resourceFieldRef["containerName"]);
  return whose && resourceOf(whose, resourceFieldRef, facts);
}

/** Several sources in one directory. */
function filesOfProjection(
  { sources, defaultMode }: Members,
  source: VolumeSource,
): Resolved<readonly FilePlan[]> {
  const files: FilePlan[] = [];
  for (const projection of listOf(sources)) {
    const mode = modeOf(defaultMode, fileModeDefault);
    const { serviceAccountToken } = projection;
    const part = isJsonObject(serviceAccountToken)
      ? fileOfToken(serviceAccountToken, source, mode)
      : filesOf(projection, source, mode);
    if (!part.ok) return part;
    files.push(...part.value);
  }
  return resolved(files);
}

function fileOfToken(
  projection: Members,
  { pod, access }: VolumeSource,
  mode: number,
): Resolved<readonly FilePlan[]> {
  const path = textIn(projection, "path");
  if (!isInside(path)) return missing(`the token's path "${path}" leads out of its volume`);
  if (access === undefined) return missing("this machine makes no tokens of ServiceAccounts");
  const token = access.token(pod, tokenWish(projection));
  if (token !== undefined) return resolved([{ path, content: base64OfText(token), mode }]);
  const { serviceAccountName: name = "default" } = pod.spec;
  const { namespace = "default" } = pod.metadata;
  const message = `failed to fetch token: serviceaccounts "${name}" not found`;
  return missing(message, { resource: "serviceaccounts", namespace, name });
}

/** A path that cannot lead out of its volume. */
function isInside(path: string): boolean {
  return path !== "" && !path.startsWith("/") && !path.split("/").includes("..");
}

function modeOf(mode: unknown, otherwise: number): number {
  return typeof mode === "number" ? mode : otherwise;
}

function listOf(value: unknown): Members[] {
  return Array.isArray(value) ? value.filter((item) => isJsonObject(item)) : [];
}

function textIn(members: Members, name: string): string {
  const value = members[name];
  return typeof value === "string" ? value : "";
}
