import {
  type CustomNames,
  customResourcesOf,
  definedResource,
  requestedNames,
} from "./custom-resource.ts";
import type { KubeObject } from "./object.ts";
import {
  apiVersionOf,
  findResource,
  type Resource,
  resourceOfKind,
  resources,
} from "./resource.ts";

/** Definitions that are known at most; each costs some kilobytes of schema. */
const definitionsMax = 5000;

/** Resources that are remembered as missing; of one it is known that some are. */
const missedMax = 100;

/** Why a name of a definition is not accepted. */
export interface NameConflict {
  readonly reason: string;
  readonly message: string;
}

/**
 * The resources that there are: those of the model, and those that CustomResourceDefinitions
 * make. Of two definitions that want the same name the older one has it, on every machine.
 */
export class ResourceBook {
  readonly #definitions = new Map<string, KubeObject>();
  /** By `<group>/<plural>`, the version that is kept first. */
  readonly #custom = new Map<string, readonly Resource[]>();
  readonly #conflicts = new Map<string, NameConflict>();
  readonly #missed = new Set<string>();
  #all: readonly Resource[] = resources;
  #edition = 0;

  /** Counts the changes of the book. */
  get edition(): number {
    return this.#edition;
  }

  /** Notes that there are records of a resource that is not known. */
  miss(group: string, name: string): void {
    if (this.#missed.size < missedMax) this.#missed.add(`${group}/${name}`);
  }

  /** Whether a resource that was missed is not known still: its definition is away. */
  get isLacking(): boolean {
    for (const key of this.#missed) if (this.#custom.has(key)) this.#missed.delete(key);
    return this.#missed.size > 0;
  }

  /** A row for each collection of records. */
  get all(): readonly Resource[] {
    return this.#all;
  }

  /** The rows of all versions of custom resources that are served. */
  get served(): readonly Resource[] {
    return [...this.#custom.values()].flat().filter(({ custom }) => custom?.isServed === true);
  }

  /** The resource of a collection; of a custom one in the version that is kept. */
  find(group: string, name: string): Resource | undefined {
    return findResource(group, name) ?? this.#custom.get(`${group}/${name}`)?.[0];
  }

  /** The resource that requests name by group, version and plural. */
  serving(group: string, version: string, name: string): Resource | undefined {
    const own = findResource(group, name);
    if (own !== undefined) return own.version === version ? own : undefined;
    return this.#custom
      .get(`${group}/${name}`)
      ?.find((resource) => resource.version === version && resource.custom?.isServed === true);
  }

  /** The resource of an object's `apiVersion` and `kind`, in whatever version of it. */
  ofKind(apiVersion: string, kind: string): Resource | undefined {
    const own = resourceOfKind(apiVersion, kind);
    if (own !== undefined || this.#custom.size === 0) return own;
    const versions = [...this.#custom.values()].find((each) =>
      each.some((resource) => resource.kind === kind && apiVersionOf(resource) === apiVersion),
    );
    return versions?.[0];
  }

  /** The resource of an object's `apiVersion` and `kind`, in that very version. */
  exactly(apiVersion: string, kind: string): Resource | undefined {
    const found = this.ofKind(apiVersion, kind);
    if (found?.custom === undefined) return found;
    return this.#custom
      .get(`${found.group}/${found.name}`)
      ?.find((resource) => apiVersionOf(resource) === apiVersion);
  }

  /** Why the names of a definition are not accepted; undefined if they are. */
  conflictOf(definition: string): NameConflict | undefined {
    return this.#conflicts.get(definition);
  }

  /** Takes in a definition. Gives the collections, as `<group>/<plural>`, that are others now. */
  learn(definition: KubeObject): readonly string[] {
    const { name } = definition.metadata;
    if (!this.#definitions.has(name) && this.#definitions.size >= definitionsMax) return [];
    this.#definitions.set(name, definition);
    return this.#revise(definedResource(definition).group);
  }

  /** Forgets a definition. Gives the collections that are others, or none, now. */
  forget(name: string): readonly string[] {
    const known = this.#definitions.get(name);
    if (known === undefined) return [];
    this.#definitions.delete(name);
    this.#conflicts.delete(name);
    return this.#revise(definedResource(known).group);
  }

  /** Says anew who has which names of a group. */
  #revise(group: string): readonly string[] {
    const before = new Map(this.#custom);
    for (const key of before.keys()) if (key.startsWith(`${group}/`)) this.#custom.delete(key);
    const taken = takenNames(group);
    const ofGroup = [...this.#definitions.values()]
      .filter((each) => definedResource(each).group === group)
      .toSorted(byAge);
    for (const definition of ofGroup) this.#accept(definition, taken, before);
    this.#all = [...resources, ...[...this.#custom.values()].flatMap(([first]) => first ?? [])];
    this.#edition += 1;
    const keys = new Set([...before.keys(), ...this.#custom.keys()]);
    return [...keys].filter((key) => before.get(key) !== this.#custom.get(key));
  }

  #accept(
    definition: KubeObject,
    taken: TakenNames,
    before: ReadonlyMap<string, readonly Resource[]>,
  ): void {
    const { name: own } = definition.metadata;
    const { group, name } = definedResource(definition);
    const names = requestedNames(definition);
    const conflict = conflictOf(names, taken);
    if (conflict !== undefined) {
      this.#conflicts.set(own, conflict);
      return;
    }
    this.#conflicts.delete(own);
    for (const each of resourceNames(names)) taken.resources.add(each);
    for (const each of [names.kind, names.listKind]) taken.kinds.add(each);
    const key = `${group}/${name}`;
    const known = before.get(key);
    const rows =
      known !== undefined && isSameDefinition(known, definition)
        ? known
        : customResourcesOf(definition);
    // The name of a record says what it defines; another one may not speak for it.
    if (rows.length > 0 && own === `${name}.${group}`) this.#custom.set(key, rows);
  }
}

/** Whether nothing has changed but the status, so that what was made of it holds. */
function isSameDefinition(rows: readonly Resource[], { spec, metadata }: KubeObject): boolean {
  const known = rows[0]?.custom?.definition;
  const isEnding = metadata.deletionTimestamp !== undefined;
  return (
    known?.spec === spec &&
    known?.metadata.uid === metadata.uid &&
    (known?.metadata.deletionTimestamp !== undefined) === isEnding
  );
}

interface TakenNames {
  readonly resources: Set<string>;
  readonly kinds: Set<string>;
}

/** The names in a group that are the API's own. */
function takenNames(group: string): TakenNames {
  const own = resources.filter((resource) => resource.group === group);
  return {
    resources: new Set(
      own.flatMap(({ name, singular, shortNames }) => [name, singular, ...shortNames]),
    ),
    kinds: new Set(own.flatMap(({ kind }) => [kind, `${kind}List`])),
  };
}

function resourceNames({ plural, singular, shortNames }: CustomNames): readonly string[] {
  return [plural, singular, ...shortNames];
}

/** What stands in the way, in the words of kube-apiserver's naming controller. */
function conflictOf(names: CustomNames, taken: TakenNames): NameConflict | undefined {
  const wanted: readonly (readonly [reason: string, name: string, taken: Set<string>])[] = [
    ["ListKindConflict", names.listKind, taken.kinds],
    ["KindConflict", names.kind, taken.kinds],
    ...names.shortNames.map((name) => ["ShortNamesConflict", name, taken.resources] as const),
    ["SingularConflict", names.singular, taken.resources],
    ["PluralConflict", names.plural, taken.resources],
  ];
  const [reason, name] = wanted.find(([, each, used]) => used.has(each)) ?? [];
  return reason === undefined
    ? undefined
    : { reason, message: `${JSON.stringify(name)} is already in use` };
}

function byAge(a: KubeObject, b: KubeObject): number {
  return ageKey(a) < ageKey(b) ? -1 : 1;
}

function ageKey({ metadata }: KubeObject): string {
  return `${metadata.creationTimestamp ?? "9"} ${metadata.name}`;
}
