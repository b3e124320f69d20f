/** The fields that a value has: what who applies it is to own. */
import type { Json } from "@beemesh/wire";
import { pathText } from "./field-path.ts";
import { type FieldPath, type FieldSet, isEmpty, itself } from "./field-set.ts";
import { isHollow, itemElement, type ListShape, type Shape, see } from "./shape.ts";

/**
 * The fields of a value. Members that the schema names are only the way to what is below them,
 * unless there is nothing below; keys of maps and items of lists are fields of their own.
 */
export function extentOf(shape: Shape, value: Json): FieldSet {
  const seen = see(shape, value);
  if (seen.kind === "leaf") return itself;
  const children = new Map<string, FieldSet>();
  for (const [element, { shape: inner, isDeclared, values }] of seen.children) {
    const [first] = values;
    const extent = extentOf(inner, first);
    const isField = extent.isMember || !isDeclared || isEmptyObject(first);
    const whole = { ...extent, isMember: isField };
    if (!isEmpty(whole)) children.set(element, whole);
  }
  return { isMember: false, children };
}

function isEmptyObject(value: Json): boolean {
  return !Array.isArray(value) && isHollow(value);
}

/** More problems than these are not told of. */
const problemsMax = 10;

/**
 * Why a configuration cannot be applied: lists that name an item twice, or that hold an item
 * without the keys that tell it apart. Each is a path and what is wrong there; at most 10.
 */
export function problemsOf(shape: Shape, value: Json, at: FieldPath = []): readonly string[] {
  if (shape.kind === "list") {
    return Array.isArray(value) ? listProblems(shape, value, at).slice(0, problemsMax) : [];
  }
  const seen = see(shape, value);
  if (seen.kind === "leaf") return [];
  return [...seen.children]
    .flatMap(([element, { shape: inner, values }]) =>
      problemsOf(inner, values[0], [...at, element]),
    )
    .slice(0, problemsMax);
}

function listProblems(shape: ListShape, list: readonly Json[], at: FieldPath): readonly string[] {
  const seen = new Set<string>();
  return list.flatMap((item, index) => {
    const element = itemElement(shape, item);
    if (element === undefined) {
      const keys = shape.keys.map((key) => `"${key}"`).join(", ");
      const what = shape.keys.length === 0 ? "is no plain value" : `omits all key fields [${keys}]`;
      return [`${pathText(at)}: element ${index}: the list has an element that ${what}`];
    }
    if (seen.has(element)) {
      return [`${pathText(at)}: duplicate entries for key ${pathText([element])}`];
    }
    seen.add(element);
    return problemsOf(shape.item, item, [...at, element]);
  });
}
