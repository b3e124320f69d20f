/**
 * The rules of a schema that are written in CEL (`x-kubernetes-validations`).
 *
 * Source: k8s.io/apiextensions-apiserver, pkg/apiserver/schema/cel/validation.go.
 */
import { compile, type Declaration, Meter, type Program } from "@beemesh/cel";
import { type Cause, duplicate, forbidden, invalid, required } from "@beemesh/model";
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import { fieldPathText } from "./field-path.ts";
import { memberNode, type SchemaNode } from "./schema.ts";
import { formerItems, memberPath } from "./value-rules.ts";

/**
 * What the rules of one object may cost together. Kubernetes gives ten times as much; here a
 * step takes longer, and nobody else is answered meanwhile.
 */
const objectBudget = 1_000_000;

/** A rule that was compiled. */
export interface CompiledRule {
  readonly rule: JsonObject;
  readonly program: Program | undefined;
  /** Why there is no program. */
  readonly problem: string | undefined;
  readonly message: Program | undefined;
  readonly messageProblem: string | undefined;
}

const compiled = new WeakMap<JsonObject, readonly CompiledRule[]>();

/** The rules of a schema, compiled when they are first asked for. */
export function rulesOf(schema: JsonObject, isResource: boolean): readonly CompiledRule[] {
  const said = schema["x-kubernetes-validations"];
  if (!Array.isArray(said) || said.length === 0) return [];
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const rules = said.flatMap((rule: Json) =>
    isJsonObject(rule) ? [compiledRule(rule, schema, isResource)] : [],
  );
  compiled.set(schema, rules);
  return rules;
}

function compiledRule(rule: JsonObject, schema: JsonObject, isResource: boolean): CompiledRule {
  const self: Declaration = { schema, isResource };
  const variables = { self, oldSelf: self, ...optionalOldSelf(rule, self) };
  const main = compile(textOf(rule["rule"]), { variables, result: "bool" });
  const expression = textOf(rule["messageExpression"]);
  const message =
    expression === "" ? undefined : compile(expression, { variables, result: "string" });
  return {
    rule,
    program: main.ok ? main.program : undefined,
    problem: main.ok ? undefined : main.message,
    message: message?.ok === true ? message.program : undefined,
    messageProblem: message?.ok === false ? message.message : undefined,
  };
}

function optionalOldSelf(
  rule: JsonObject,
  self: Declaration,
): Readonly<Record<string, Declaration>> {
  return rule["optionalOldSelf"] === true ? { oldSelf: { optional: self } } : {};
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** What of an object breaks the rules of its schema. */
export function expressionCauses(
  node: SchemaNode,
  object: JsonObject,
  before: JsonObject | undefined,
): readonly Cause[] {
  const causes: Cause[] = [];
  const run = { causes, meter: new Meter(objectBudget), isOver: false };
  visit({ node, value: object, before, path: "", isResource: true }, run);
  return causes;
}

interface Place {
  readonly node: SchemaNode;
  readonly value: Json;
  readonly before: Json | undefined;
  readonly path: string;
  readonly isResource: boolean;
}

interface Run {
  readonly causes: Cause[];
  readonly meter: Meter;
  isOver: boolean;
}

function visit(place: Place, run: Run): void {
  const { node, value, isResource } = place;
  if (value === null || run.isOver || !hasRules(node)) return;
  for (const rule of rulesOf(node.schema, isResource)) {
    if (run.isOver) return;
    judge(rule, place, run);
  }
  if (isJsonObject(value)) visitMembers(value, place, run);
  else if (Array.isArray(value) && node.items !== undefined) {
    const { items } = node;
    const former = formerItems(node.schema, place.before);
    for (const [index, item] of value.entries()) {
      const below = { value: item, before: former(item), path: `${place.path}[${index}]` };
      visit({ node: items, ...below, isResource: items.isEmbedded }, run);
    }
  }
}

function visitMembers(object: JsonObject, { node, before, path }: Place, run: Run): void {
  for (const [member, inner] of Object.entries(object)) {
    const own = memberNode(node, member);
    if (own === undefined) continue;
    const former = isJsonObject(before) ? before[member] : undefined;
    const below = { value: inner, before: former, path: memberPath(path, member) };
    visit({ node: own, ...below, isResource: own.isEmbedded }, run);
  }
}

const ruled = new WeakMap<SchemaNode, boolean>();

/** Whether there is a rule at a node or below it, so that values without any cost nothing. */
function hasRules(node: SchemaNode): boolean {
  const known = ruled.get(node);
  if (known !== undefined) return known;
  const inner = [...node.members.values(), node.others, node.items];
  const found =
    Array.isArray(node.schema["x-kubernetes-validations"]) ||
    inner.some((each) => each !== undefined && hasRules(each));
  ruled.set(node, found);
  return found;
}

function judge(compiledOne: CompiledRule, place: Place, run: Run): void {
  const { program, rule, problem } = compiledOne;
  const { node, path } = place;
  if (program === undefined) {
    run.causes.push(invalid(path, node.type, `rule compile error: ${problem ?? ""}`));
    return;
  }
  const values = valuesFor(program, rule, place);
  if (values === undefined) return;
  const outcome = program.evaluate(values, run.meter);
  if (!outcome.ok) {
    run.isOver = outcome.isOverBudget;
    run.causes.push(invalid(path, node.type, failureText(outcome, rule)));
  } else if (outcome.value !== true) {
    run.causes.push(brokenCause(compiledOne, place, run.meter));
  }
}

/** What a rule is about; undefined if it is not to be asked. */
function valuesFor(
  program: Program,
  rule: JsonObject,
  { value, before }: Place,
): Readonly<Record<string, Json>> | undefined {
  const isOptional = rule["optionalOldSelf"] === true;
  if (before === undefined) {
    if (isOptional) return { self: value, oldSelf: null };
    return program.names("oldSelf") ? undefined : { self: value };
  }
  // What was wrong before and has not changed is not the writer's doing.
  const isSame = canonicalJson(before) === canonicalJson(value);
  return isSame && !program.names("oldSelf") ? undefined : { self: value, oldSelf: before };
}

const overBudget =
  "validation failed due to running out of cost budget, no further validation rules will be run";

function failureText(
  { message, isOverBudget }: { readonly message: string; readonly isOverBudget: boolean },
  rule: JsonObject,
): string {
  if (isOverBudget) return overBudget;
  const text = ruleText(rule);
  if (!message.startsWith("no such overload")) return `${message} evaluating rule: ${text}`;
  const why = "call arguments did not match a supported operator, function or macro signature";
  return `'${message}': ${why} for rule: ${text}`;
}

function ruleText(rule: JsonObject): string {
  return textOf(rule["message"]) || textOf(rule["rule"]).trim();
}

function brokenCause({ rule, message }: CompiledRule, place: Place, meter: Meter): Cause {
  const path = place.path + fieldPathText(textOf(rule["fieldPath"]));
  const field = path.replace(/^\./u, "");
  const detail = messageOf(message, place, meter) ?? defaultMessage(rule);
  const { type } = place.node;
  const make = causeMakers[textOf(rule["reason"])] ?? invalid;
  return make(field, type, detail);
}

const causeMakers: Readonly<
  Record<string, (field: string, type: string, detail: string) => Cause>
> = {
  FieldValueForbidden: (field, _, detail) => forbidden(field, detail),
  FieldValueRequired: (field, _, detail) => required(field, detail),
  FieldValueDuplicate: (field, type) => duplicate(field, type),
};

/** Longest message that an expression may make, in UTF-16 code units (Kubernetes: 5 KiB). */
const messageLengthMax = 5120;

function messageOf(program: Program | undefined, place: Place, meter: Meter): string | undefined {
  if (program === undefined) return undefined;
  const { value, before } = place;
  const values = { self: value, ...(before === undefined ? {} : { oldSelf: before }) };
  const outcome = program.evaluate(values, meter);
  if (!outcome.ok || typeof outcome.value !== "string") return undefined;
  const text = outcome.value.trim();
  return text === "" || text.includes("\n") || text.length > messageLengthMax ? undefined : text;
}

function defaultMessage(rule: JsonObject): string {
  const said = textOf(rule["message"]).trim();
  return said === "" ? `failed rule: ${textOf(rule["rule"]).trim()}` : said;
}
