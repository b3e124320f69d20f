import type { Container, EnvFromSource, EnvVar, KubeObject, Pod } from "@beemesh/model";
import { type ApiAccess, apiVariables } from "./api-access.ts";
import { textOfBase64 } from "./base64.ts";
import {
  type Dependency,
  dataOf,
  type Lookup,
  missing,
  type Resolved,
  resolved,
  textOf,
} from "./dependency.ts";
import { type DownwardFacts, fieldOf, resourceOf } from "./downward.ts";
import { expand } from "./expansion.ts";
import { serviceVariables } from "./service-variables.ts";

/** What the environment of a container is computed from. */
export interface EnvironmentSource {
  readonly pod: Pod;
  readonly container: Container;
  readonly lookup: Lookup;
  readonly facts: DownwardFacts;
  /** Where the API is, for containers to know. */
  readonly access?: ApiAccess | undefined;
  /** Of the pod's namespace, if the container is to know of them. */
  readonly services: readonly KubeObject[];
}

/**
 * The variables of a container: where Services and the API are, then those of `envFrom`, then those
 * of `env`. What comes later wins, and `env` may speak as `$(NAME)` of where things are, and of
 * what stands before it in `env`.
 */
export function environmentOf(source: EnvironmentSource): Resolved<ReadonlyMap<string, string>> {
  const places = [...serviceVariables(source.services), ...apiVariables(source.access)];
  const variables = new Map<string, string>(places);
  for (const from of source.container.envFrom ?? []) {
    const added = variablesFrom(from, source);
    if (!added.ok) return added;
    for (const [name, value] of added.value) variables.set(name, value);
  }
  const own = new Map<string, string>(places);
  for (const variable of source.container.env ?? []) {
    const value = valueOf(variable, own, source);
    if (!value.ok) return value;
    if (value.value === undefined) continue;
    own.set(variable.name, value.value);
    variables.set(variable.name, value.value);
  }
  return resolved(variables);
}

function variablesFrom(
  { prefix = "", configMapRef, secretRef }: EnvFromSource,
  { pod, lookup }: EnvironmentSource,
): Resolved<readonly (readonly [string, string])[]> {
  const reference = configMapRef ?? secretRef;
  if (reference === undefined) return resolved([]);
  const resource = configMapRef === undefined ? "secrets" : "configmaps";
  const data = dataOf(lookup, dependencyOf(pod, resource, reference.name));
  if (!data.ok) return reference.optional === true ? resolved([]) : data;
  return resolved(
    [...data.value].flatMap(([key, content]) => {
      const text = textOfBase64(content);
      return text === undefined || key.includes("=") ? [] : [[prefix + key, text] as const];
    }),
  );
}

function valueOf(
  { value, valueFrom }: EnvVar,
  own: ReadonlyMap<string, string>,
  source: EnvironmentSource,
): Resolved<string | undefined> {
  if (valueFrom === undefined || (value ?? "") !== "") return resolved(expand(value ?? "", own));
  const { configMapKeyRef, secretKeyRef } = valueFrom;
  const selector = configMapKeyRef ?? secretKeyRef;
  if (selector === undefined) return downwardValue(valueFrom, source);
  const resource = configMapKeyRef === undefined ? "secrets" : "configmaps";
  const dependency = dependencyOf(source.pod, resource, selector.name);
  const text = textOf(source.lookup, dependency, selector.key);
  return text.ok || selector.optional !== true ? text : resolved(undefined);
}

function downwardValue(
  { fieldRef, resourceFieldRef }: NonNullable<EnvVar["valueFrom"]>,
  { pod, container, facts }: EnvironmentSource,
): Resolved<string> {
  if (fieldRef !== undefined) {
    const { fieldPath } = fieldRef;
    const field = fieldOf(pod, fieldPath, facts);
    return field === undefined ? missing(`unsupported field ${fieldPath}`) : resolved(field);
  }
  if (resourceFieldRef === undefined) return resolved("");
  const { resource, containerName = container.name } = resourceFieldRef;
  const whose = pod.spec.containers.find(({ name }) => name === containerName) ?? container;
  const amount = resourceOf(whose, resourceFieldRef, facts);
  return amount === undefined ? missing(`unsupported resource ${resource}`) : resolved(amount);
}

function dependencyOf(pod: Pod, resource: Dependency["resource"], name: string): Dependency {
  return { resource, namespace: pod.metadata.namespace ?? "default", name };
}
