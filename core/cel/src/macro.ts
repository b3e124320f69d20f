/**
 * The macros: calls whose arguments are not evaluated first.
 *
 * Sources: https://github.com/google/cel-spec/blob/master/doc/langdef.md#macros,
 * https://pkg.go.dev/github.com/google/cel-go/ext#TwoVarComprehensions
 */
import type { BindNode, CallNode, LoopNode, LoopResult, Node } from "./node.ts";
import { SyntaxFault } from "./token.ts";

/** What a call stands for; the call itself if it is of no macro. */
export function expandMacro(call: CallNode): Node {
  if (call.target === undefined) return call.name === "has" ? presence(call) : call;
  const { target } = call;
  if (target.kind === "name" && target.name === "cel" && call.name === "bind") {
    return bound(call, "plain", call.arguments);
  }
  if (call.name === "optMap" || call.name === "optFlatMap") {
    return call.arguments.length === 2 ? bound(call, call.name, [target]) : call;
  }
  return loop(call, target) ?? call;
}

function presence(call: CallNode): Node {
  const [field, ...rest] = call.arguments;
  if (field?.kind !== "select" || rest.length > 0) {
    throw new SyntaxFault(call.at, "invalid argument to has() macro");
  }
  return { ...field, isTest: true };
}

function bound(call: CallNode, form: BindNode["form"], values: readonly Node[]): Node {
  const [first, second, third] = call.arguments;
  const [value, body] = form === "plain" ? [second, third] : [values[0], second];
  if (value === undefined || body === undefined || call.arguments.length > 3) {
    throw new SyntaxFault(call.at, `found no matching overload for '${call.name}'`);
  }
  return { kind: "bind", at: call.at, form, name: nameOf(first, call), value, body };
}

/** The loops by name: what they give with one name, and with two. */
const one: Readonly<Record<string, LoopResult>> = {
  all: "all",
  exists: "exists",
  exists_one: "existsOne",
  existsOne: "existsOne",
  filter: "filter",
  map: "list",
};
const two: Readonly<Record<string, LoopResult>> = {
  all: "all",
  exists: "exists",
  exists_one: "existsOne",
  existsOne: "existsOne",
  transformList: "list",
  transformMap: "map",
  transformMapEntry: "entries",
};

function loop(call: CallNode, range: Node): LoopNode | undefined {
  const count = call.arguments.length;
  const isOne = count === 2 || (count === 3 && call.name === "map");
  const result = (isOne ? one : two)[call.name];
  if (result === undefined || !isLoopCount(count, isOne, result)) return undefined;
  const bodies = call.arguments.slice(isOne ? 1 : 2);
  const body = bodies.at(-1);
  if (body === undefined) return undefined;
  const [first, second] = call.arguments;
  return {
    kind: "loop",
    at: call.at,
    result,
    range,
    names: isOne ? [nameOf(first, call)] : [nameOf(first, call), nameOf(second, call)],
    filter: bodies.length === 2 ? bodies[0] : undefined,
    body,
  };
}

function isLoopCount(count: number, isOne: boolean, result: LoopResult): boolean {
  if (isOne) return true;
  return count === 3 || (count === 4 && ["list", "map", "entries"].includes(result));
}

function nameOf(node: Node | undefined, call: CallNode): string {
  if (node?.kind !== "name") {
    throw new SyntaxFault(node?.at ?? call.at, "argument must be a simple name");
  }
  return node.name;
}
