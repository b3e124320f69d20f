/** Amounts of resources by name, such as `cpu` and `requests.memory`, and how they are reckoned. */
import { entriesAt, formatQuantity, parseQuantity, type Quantity } from "@beemesh/model";

export type ResourceList = ReadonlyMap<string, Quantity>;

/** No resources. */
export const nothing: ResourceList = new Map();

/** One of something that is counted. */
export const one: Quantity = { nano: 1_000_000_000n, form: "decimal" };

/** The amounts at a path; what is no quantity is left out. */
export function resourcesAt(value: unknown, ...path: readonly string[]): ResourceList {
  const list = new Map<string, Quantity>();
  for (const [name, text] of entriesAt(value, ...path)) {
    const quantity = parseQuantity(text);
    if (quantity !== undefined) list.set(name, quantity);
  }
  return list;
}

/** Both together. What has no amount yet is written as the other is. */
export function sum(a: ResourceList, b: ResourceList): ResourceList {
  const total = new Map(a);
  for (const [name, quantity] of b) total.set(name, added(total.get(name), quantity));
  return total;
}

/** What `a` has beyond `b`; never less than nothing. */
export function beyond(a: ResourceList, b: ResourceList): ResourceList {
  const rest = new Map<string, Quantity>();
  for (const [name, { nano, form }] of a) {
    const left = nano - (b.get(name)?.nano ?? 0n);
    rest.set(name, { nano: left < 0n ? 0n : left, form });
  }
  return rest;
}

/** `a` without `b`, also below nothing: for totals that are kept by differences. */
export function without(a: ResourceList, b: ResourceList): ResourceList {
  const rest = new Map(a);
  for (const [name, { nano, form }] of b) {
    const had = rest.get(name);
    rest.set(name, { nano: (had?.nano ?? 0n) - nano, form: had?.form ?? form });
  }
  return rest;
}

/** Of each resource the greater amount. */
export function greatest(a: ResourceList, b: ResourceList): ResourceList {
  const most = new Map(a);
  for (const [name, quantity] of b) {
    const had = most.get(name);
    if (had === undefined || had.nano < quantity.nano) most.set(name, quantity);
  }
  return most;
}

/** Only the resources of these names. */
export function only(list: ResourceList, names: Iterable<string>): ResourceList {
  const wanted = new Set(names);
  return new Map([...list].filter(([name]) => wanted.has(name)));
}

/** Only what is more than nothing. */
export function nonZero(list: ResourceList): ResourceList {
  return new Map([...list].filter(([, { nano }]) => nano !== 0n));
}

/** As Kubernetes writes it in messages: `cpu=1,pods=2`, by name. */
export function resourcesText(list: ResourceList): string {
  return Object.entries(resourcesJson(list))
    .map(([name, text]) => `${name}=${text}`)
    .join(",");
}

/** As an object holds it, by name. */
export function resourcesJson(list: ResourceList): Readonly<Record<string, string>> {
  const names = [...list].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(names.map(([name, quantity]) => [name, formatQuantity(quantity)]));
}

function added(a: Quantity | undefined, b: Quantity): Quantity {
  if (a === undefined || a.nano === 0n) return b;
  return { nano: a.nano + b.nano, form: a.form };
}
