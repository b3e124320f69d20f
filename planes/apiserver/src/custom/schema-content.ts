/** What a schema promises must hold: its defaults fit it, and its rules in CEL can be compiled. */
import { type Cause, invalid } from "@beemesh/model";
import type { JsonObject } from "@beemesh/wire";
import { rulesOf } from "./expression-rules.ts";
import { listCauses } from "./list-rules.ts";
import { prune } from "./pruning.ts";
import { readSchema, type SchemaNode } from "./schema.ts";
import { valueCauses } from "./value-rules.ts";

/** What is wrong with the defaults and the rules of a structural schema. */
export function contentCauses(schema: JsonObject, path: string): readonly Cause[] {
  return nodeCauses(readSchema(schema), path, { isRoot: true, oldSelf: undefined });
}

interface Place {
  readonly isRoot: boolean;
  /** Where a value before can no longer be told from another; undefined if it can. */
  readonly oldSelf: string | undefined;
}

function nodeCauses(node: SchemaNode, path: string, place: Place): readonly Cause[] {
  const { members, others, items } = node;
  const isList = items !== undefined && node.listType !== "map";
  const below = { isRoot: false, oldSelf: place.oldSelf };
  const inItems = { isRoot: false, oldSelf: place.oldSelf ?? (isList ? path : undefined) };
  return [
    ...defaultCauses(node, path),
    ...ruleCauses(node, path, place),
    ...[...members].flatMap(([name, inner]) =>
      nodeCauses(inner, `${path}.properties[${name}]`, below),
    ),
    ...(others === undefined ? [] : nodeCauses(others, `${path}.additionalProperties`, below)),
    ...(items === undefined ? [] : nodeCauses(items, `${path}.items`, inItems)),
  ];
}

function defaultCauses(node: SchemaNode, path: string): readonly Cause[] {
  const { fallback, schema } = node;
  if (fallback === undefined) return [];
  const field = `${path}.default`;
  const holder: SchemaNode = { ...readSchema({ type: "object" }), members: new Map([["x", node]]) };
  const { unknown } = prune(holder, { x: fallback });
  if (unknown.length > 0) return [invalid(field, fallback, "must not have unknown fields")];
  const found = [
    ...valueCauses(schema, fallback, { path: field }),
    ...listCauses(node, fallback, field),
  ];
  return found.slice(0, 1);
}

function ruleCauses(node: SchemaNode, path: string, { isRoot, oldSelf }: Place): readonly Cause[] {
  const isResource = isRoot || node.isEmbedded;
  return rulesOf(node.schema, isResource).flatMap((compiled, index) => {
    const field = `${path}.x-kubernetes-validations[${index}]`;
    const { rule, problem, messageProblem, program } = compiled;
    if (problem !== undefined) return [invalid(`${field}.rule`, rule["rule"], problem)];
    const usesOld = program?.names("oldSelf") === true;
    if (usesOld && oldSelf !== undefined) {
      const where = `the uncorrelatable portion of the schema within ${oldSelf}`;
      const why = `oldSelf cannot be used on ${where}`;
      return [invalid(`${field}.rule`, rule["rule"], why)];
    }
    if (rule["optionalOldSelf"] !== undefined && !usesOld) {
      const why = "may not be set if oldSelf is not used in rule";
      return [invalid(`${field}.optionalOldSelf`, rule["optionalOldSelf"], why)];
    }
    if (messageProblem === undefined) return [];
    return [invalid(`${field}.messageExpression`, rule["messageExpression"], messageProblem)];
  });
}
