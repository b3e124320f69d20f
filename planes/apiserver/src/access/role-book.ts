/**
 * Who may do what, by the roles and bindings that this machine holds.
 *
 * A request costs what its own user has: bindings are found by their subjects, never walked.
 * Roles only ever allow, so a machine that does not hold all of a collection would only refuse
 * too much; but it could also not have heard that a binding was taken away. What is not all here
 * therefore counts for nothing.
 */
import {
  findResource,
  type KubeObject,
  matches,
  type Resource,
  type Selector,
  selectorOf,
} from "@beemesh/model";
import type { ObjectStore, User } from "@beemesh/ports";
import { fieldAt, listAt, textAt, textsAt } from "../field.ts";
import { rbacGroup } from "./default-roles.ts";
import { type Attributes, allows, type PolicyRule, rulesOf } from "./rule.ts";

/** What became of a question, and why: for reviews, and for whoever was refused. */
export interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
}

/** Whether all of a collection is here; `namespace` is empty for what has none. */
export type Knows = (resource: Resource, namespace: string) => boolean;

export interface RoleBookOptions {
  /** With the default roles among its objects. */
  readonly store: ObjectStore;
  readonly knows: Knows;
}

/** The group whose members may do everything, also where no record is known. */
export const mastersGroup = "system:masters";

/** Subjects of one binding that count; a record with more was made to be slow. */
const subjectsMax = 10_000;

interface Binding {
  readonly object: KubeObject;
  readonly roleKind: string;
  readonly roleName: string;
  readonly subjects: ReadonlySet<string>;
}

/** The bindings of one namespace, or those that hold everywhere. */
class Shelf {
  readonly #byName = new Map<string, Binding>();
  readonly #bySubject = new Map<string, Set<Binding>>();

  put(binding: Binding): void {
    const { name } = binding.object.metadata;
    this.drop(name);
    this.#byName.set(name, binding);
    for (const subject of binding.subjects) {
      const known = this.#bySubject.get(subject);
      if (known === undefined) this.#bySubject.set(subject, new Set([binding]));
      else known.add(binding);
    }
  }

  drop(name: string): void {
    const binding = this.#byName.get(name);
    this.#byName.delete(name);
    for (const subject of binding?.subjects ?? []) {
      const rest = this.#bySubject.get(subject);
      if (binding !== undefined) rest?.delete(binding);
      if (rest?.size === 0) this.#bySubject.delete(subject);
    }
  }

  /** Bindings of any of the subjects, each once. */
  of(subjects: readonly string[]): Set<Binding> {
    const found = new Set<Binding>();
    for (const subject of subjects) {
      for (const binding of this.#bySubject.get(subject) ?? []) found.add(binding);
    }
    return found;
  }

  get isEmpty(): boolean {
    return this.#byName.size === 0;
  }
}

/** The kinds of RBAC. */
interface Kinds {
  readonly roles: Resource;
  readonly roleBindings: Resource;
  readonly clusterRoles: Resource;
  readonly clusterRoleBindings: Resource;
}

/** The index of all roles and bindings of one machine. It listens to the store from now on. */
export class RoleBook {
  readonly #store: ObjectStore;
  readonly #knows: Knows;
  readonly #kinds: Kinds | undefined;
  readonly #everywhere = new Shelf();
  readonly #shelves = new Map<string, Shelf>();
  /** Rules of ClusterRoles as they hold; thrown away when any ClusterRole changes. */
  readonly #clusterRules = new Map<string, readonly PolicyRule[]>();
  #steps = 0;

  constructor({ store, knows }: RoleBookOptions) {
    this.#store = store;
    this.#knows = knows;
    this.#kinds = kindsOf();
    if (this.#kinds === undefined) return;
    const { roleBindings, clusterRoleBindings, clusterRoles } = this.#kinds;
    for (const resource of [roleBindings, clusterRoleBindings]) {
      for (const object of store.list(resource).items) this.#put(object);
    }
    store.onChange(({ kind, resource, object }) => {
      if (resource.group !== rbacGroup) return;
      if (resource.name === clusterRoles.name) this.#clusterRules.clear();
      else if (resource.name !== roleBindings.name && resource.name !== clusterRoleBindings.name) {
        return;
      } else if (kind === "deleted") this.#drop(object);
      else this.#put(object);
    });
  }

  /** Bindings and rules that were looked at since the start: the cost of all decisions. */
  get steps(): number {
    return this.#steps;
  }

  /** Whether `user` may do what `wanted` says. */
  decide(user: User, wanted: Attributes): Decision {
    if (user.groups.includes(mastersGroup)) return { allowed: true, reason: "" };
    const { grants, fault } = this.#grantsOf(user, wanted.path === "" ? wanted.namespace : "");
    for (const { rules, text } of grants) {
      for (const rule of rules) {
        this.#steps += 1;
        if (allows(rule, wanted)) return { allowed: true, reason: `RBAC: allowed by ${text}` };
      }
    }
    return { allowed: false, reason: fault === "" ? "" : `RBAC: ${fault}` };
  }

  /** All that `user` may do in a namespace, and everywhere; with what is not known. */
  rulesFor(
    user: User,
    namespace: string,
  ): { readonly rules: readonly PolicyRule[]; readonly fault: string } {
    const { grants, fault } = this.#grantsOf(user, namespace);
    const all = [...grants].flatMap(({ rules }) => rules);
    return { rules: user.groups.includes(mastersGroup) ? [...everything, ...all] : all, fault };
  }

  /** The rules of the role that a binding in `namespace` (empty: everywhere) refers to. */
  rulesOfReference(
    kind: string,
    name: string,
    namespace: string,
  ): readonly PolicyRule[] | undefined {
    const kinds = this.#kinds;
    if (kinds === undefined) return undefined;
    if (kind === "ClusterRole") return this.#rulesOfClusterRole(name);
    const role = namespace === "" ? undefined : this.#store.get(kinds.roles, namespace, name);
    return role && rulesOf(role);
  }

  /** The rules that a ClusterRole has gathered, or its own if it gathers none. */
  rulesOfObject(role: KubeObject): readonly PolicyRule[] {
    const selectors = listAt(role, "aggregationRule", "clusterRoleSelectors");
    return selectors.length === 0 ? rulesOf(role) : this.#gather(role, new Set());
  }

  #grantsOf(
    user: User,
    namespace: string,
  ): { readonly grants: Iterable<Grant>; readonly fault: string } {
    const kinds = this.#kinds;
    if (kinds === undefined) return { grants: [], fault: "there are no roles" };
    const subjects = [`User ${user.name}`, ...user.groups.map((group) => `Group ${group}`)];
    if (!this.#knows(kinds.clusterRoles, "")) {
      return { grants: [], fault: unknown("cluster roles") };
    }
    const faults: string[] = [];
    const grants: Grant[] = [];
    if (this.#knows(kinds.clusterRoleBindings, "")) {
      grants.push(...this.#grantsIn(this.#everywhere, subjects, faults));
    } else faults.push(unknown("cluster role bindings"));
    if (namespace !== "") {
      const isKnown =
        this.#knows(kinds.roles, namespace) && this.#knows(kinds.roleBindings, namespace);
      const shelf = this.#shelves.get(namespace);
      if (!isKnown) faults.push(unknown(`roles of namespace "${namespace}"`));
      else if (shelf !== undefined) grants.push(...this.#grantsIn(shelf, subjects, faults));
    }
    return { grants, fault: faults.length === 1 ? (faults[0] ?? "") : listText(faults) };
  }

  *#grantsIn(shelf: Shelf, subjects: readonly string[], faults: string[]): Generator<Grant> {
    for (const { object, roleKind, roleName } of shelf.of(subjects)) {
      this.#steps += 1;
      const { name, namespace = "" } = object.metadata;
      const rules = this.rulesOfReference(roleKind, roleName, namespace);
      if (rules === undefined) {
        faults.push(`${roleKind.toLowerCase()}.${rbacGroup} "${roleName}" not found`);
        continue;
      }
      const binding = namespace === "" ? `"${name}"` : `"${name}/${namespace}"`;
      yield { rules, text: `${object.kind} ${binding} of ${roleKind} "${roleName}"` };
    }
  }

  #rulesOfClusterRole(name: string): readonly PolicyRule[] | undefined {
    const known = this.#clusterRules.get(name);
    if (known !== undefined) return known;
    const role = this.#kinds && this.#store.get(this.#kinds.clusterRoles, "", name);
    if (role === undefined) return undefined;
    const rules = this.rulesOfObject(role);
    this.#clusterRules.set(name, rules);
    return rules;
  }

  /** The rules of all roles with a label that is asked for, and of those that these gather. */
  #gather(role: KubeObject, seen: Set<string>): readonly PolicyRule[] {
    seen.add(role.metadata.name);
    const selectors = listAt(role, "aggregationRule", "clusterRoleSelectors").flatMap(selectorIn);
    const roles = this.#kinds === undefined ? [] : this.#store.list(this.#kinds.clusterRoles).items;
    const rules = new Map<string, PolicyRule>();
    for (const other of roles) {
      const isMeant = selectors.some((selector) => matches(selector, other.metadata.labels));
      if (!isMeant || seen.has(other.metadata.name)) continue;
      const isGathering = fieldAt(other, "aggregationRule") !== undefined;
      const found = isGathering ? this.#gather(other, seen) : rulesOf(other);
      for (const rule of found) rules.set(JSON.stringify(rule), rule);
    }
    return [...rules.values()];
  }

  #put(object: KubeObject): void {
    const { namespace = "", name } = object.metadata;
    const { kind: roleKind, name: roleName } = referenceOf(object);
    const subjects = new Set(
      listAt(object, "subjects")
        .slice(0, subjectsMax)
        .flatMap((subject) => subjectKey(subject, namespace)),
    );
    const shelf = this.#shelfOf(namespace);
    shelf.drop(name);
    shelf.put({ object, roleKind, roleName, subjects });
  }

  #drop({ metadata }: KubeObject): void {
    const { namespace = "", name } = metadata;
    const shelf = this.#shelfOf(namespace);
    shelf.drop(name);
    if (namespace !== "" && shelf.isEmpty) this.#shelves.delete(namespace);
  }

  #shelfOf(namespace: string): Shelf {
    if (namespace === "") return this.#everywhere;
    const shelf = this.#shelves.get(namespace) ?? new Shelf();
    this.#shelves.set(namespace, shelf);
    return shelf;
  }
}

/** Rules that somebody has by one binding. */
interface Grant {
  readonly rules: readonly PolicyRule[];
  readonly text: string;
}

const everything: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"], resourceNames: [], nonResourceURLs: [] },
  { verbs: ["*"], apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: ["*"] },
];

function kindsOf(): Kinds | undefined {
  const roles = findResource(rbacGroup, "roles");
  const roleBindings = findResource(rbacGroup, "rolebindings");
  const clusterRoles = findResource(rbacGroup, "clusterroles");
  const clusterRoleBindings = findResource(rbacGroup, "clusterrolebindings");
  if (!roles || !roleBindings || !clusterRoles || !clusterRoleBindings) return undefined;
  return { roles, roleBindings, clusterRoles, clusterRoleBindings };
}

/** The role that a binding is of. */
export function referenceOf(binding: unknown): { readonly kind: string; readonly name: string } {
  return { kind: textAt(binding, "roleRef", "kind"), name: textAt(binding, "roleRef", "name") };
}

/** How a subject is found: an account by the name of its user. */
function subjectKey(subject: unknown, home: string): readonly string[] {
  const [kind, name] = [textAt(subject, "kind"), textAt(subject, "name")];
  if (name === "") return [];
  if (kind === "User" || kind === "Group") return [`${kind} ${name}`];
  if (kind !== "ServiceAccount") return [];
  const namespace = textAt(subject, "namespace") || home;
  return namespace === "" ? [] : [`User ${accountUser(namespace, name)}`];
}

/** The user that a ServiceAccount is. */
export function accountUser(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** A selector that says nothing selects nothing here; one that cannot be read neither. */
function selectorIn(value: unknown): readonly Selector[] {
  const matchLabels = textsAt(value, "matchLabels");
  const asked = listAt(value, "matchExpressions");
  const matchExpressions = asked.flatMap((expression) => {
    const operator = operators.find((each) => each === textAt(expression, "operator"));
    const values = listAt(expression, "values").filter((each) => typeof each === "string");
    return operator === undefined ? [] : [{ key: textAt(expression, "key"), operator, values }];
  });
  const isEmpty = Object.keys(matchLabels).length === 0 && asked.length === 0;
  if (isEmpty || matchExpressions.length < asked.length) return [];
  return [selectorOf({ matchLabels, matchExpressions })];
}

const operators = ["In", "NotIn", "Exists", "DoesNotExist"] as const;

function unknown(what: string): string {
  return `the ${what} are not all on this machine yet`;
}

function listText(faults: readonly string[]): string {
  return faults.length === 0 ? "" : `[${faults.join(", ")}]`;
}
