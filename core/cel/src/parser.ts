/**
 * Reads expressions, and opens their macros.
 *
 * Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax
 */
import { expandMacro } from "./macro.ts";
import type { CallNode, ListNode, MapNode, Node } from "./node.ts";
import { reservedWords, SyntaxFault, type Token, tokensOf } from "./token.ts";
import { int, Uint } from "./value.ts";

/** Longest source of an expression, in UTF-16 code units; as cel-go's parser has it. */
export const sourceLengthMax = 100_000;

/**
 * Expressions inside each other. Each level is some calls of the reader, the checker and the
 * evaluator on one stack; no rule that anybody wrote comes near.
 */
const nestingMax = 100;

const reserved = new Set(reservedWords);

/** Operators of two sides, the loosest first. */
const levels: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["==", "!=", "<", "<=", ">", ">=", "in"],
  ["+", "-"],
  ["*", "/", "%"],
];

/** The expression that a source says; throws a `SyntaxFault` if it says none. */
export function parse(source: string): Node {
  const parser = new Parser(tokensOf(source));
  return parser.whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Node {
    const node = this.#expression();
    if (this.#peek.kind !== "end") throw this.#unexpected("<EOF>");
    return node;
  }

  get #peek(): Token {
    const last = this.#tokens.at(-1) ?? { kind: "end", text: "<EOF>", at: 0 };
    return this.#tokens[this.#next] ?? last;
  }

  #expression(): Node {
    return this.#nested(() => {
      const condition = this.#binary(0);
      const at = this.#peek.at;
      if (!this.#takes("?")) return condition;
      const yes = this.#binary(0);
      this.#expect(":");
      return call(at, "_?_:_", [condition, yes, this.#expression()]);
    });
  }

  #nested(read: () => Node): Node {
    this.#depth += 1;
    if (this.#depth > nestingMax) {
      throw tooDeep(this.#peek.at);
    }
    const node = read();
    this.#depth -= 1;
    return node;
  }

  #binary(level: number): Node {
    const operators = levels[level];
    if (operators === undefined) return this.#unary();
    // `||` and `&&` of many sides are made a balanced tree, so that a long rule is not a deep one.
    if (level < 2) return this.#balanced(level, operators[0] ?? "");
    let left = this.#binary(level + 1);
    for (let length = 1; operators.includes(this.#peek.text) && this.#isSign(); length += 1) {
      const token = this.#take();
      if (length > nestingMax)
        throw new SyntaxFault(token.at, "expression recursion limit exceeded");
      left = call(token.at, operatorName(token.text), [left, this.#binary(level + 1)]);
    }
    return left;
  }

  #balanced(level: number, operator: string): Node {
    const sides = [this.#binary(level + 1)];
    const places: number[] = [];
    while (this.#peek.text === operator && this.#peek.kind === "sign") {
      places.push(this.#take().at);
      sides.push(this.#binary(level + 1));
    }
    return balance(operatorName(operator), sides, places);
  }

  #isSign(): boolean {
    return this.#peek.kind === "sign" || (this.#peek.kind === "name" && this.#peek.text === "in");
  }

  #unary(): Node {
    const token = this.#peek;
    if (token.kind !== "sign" || (token.text !== "!" && token.text !== "-")) return this.#member();
    return this.#nested(() => {
      this.#next += 1;
      if (token.text === "-" && (this.#peek.kind === "int" || this.#peek.kind === "double")) {
        return this.#member("-");
      }
      return call(token.at, token.text === "!" ? "!_" : "-_", [this.#unary()]);
    });
  }

  #member(sign = ""): Node {
    let node = this.#primary(sign);
    for (let length = 0; ; length += 1) {
      if (length > nestingMax) {
        throw tooDeep(this.#peek.at);
      }
      const { at } = this.#peek;
      if (this.#takes(".")) node = this.#selection(node, at);
      else if (this.#takes("[")) node = this.#index(node, at);
      else return node;
    }
  }

  #selection(operand: Node, at: number): Node {
    const isOptional = this.#takes("?");
    const field = this.#identifier();
    if (!isOptional && this.#takes("(")) {
      return expandMacro({
        kind: "call",
        at,
        name: field,
        target: operand,
        arguments: this.#arguments(")"),
      });
    }
    return { kind: "select", at, operand, field, isOptional, isTest: false };
  }

  #index(operand: Node, at: number): Node {
    const isOptional = this.#takes("?");
    const index = this.#expression();
    this.#expect("]");
    return { kind: "index", at, operand, index, isOptional };
  }

  #primary(sign: string): Node {
    const token = this.#take();
    if (token.kind === "sign") return this.#bracketed(token);
    if (token.kind === "name") return this.#named(token);
    const { at } = token;
    if (token.kind === "string") return { kind: "literal", at, value: token.text };
    if (token.kind === "bytes") return { kind: "literal", at, value: bytesOf(token.text) };
    if (token.kind === "double") return { kind: "literal", at, value: Number(sign + token.text) };
    if (token.kind === "end") throw this.#unexpectedToken(token, "an expression");
    return { kind: "literal", at, value: wholeNumber(token, sign) };
  }

  #bracketed(token: Token): Node {
    if (token.text === "(") {
      const node = this.#expression();
      this.#expect(")");
      return node;
    }
    if (token.text === "[") return this.#list(token.at);
    if (token.text === "{") return this.#map(token.at);
    // A leading dot names the same: there are no containers here.
    if (token.text === ".") return this.#named(this.#take());
    throw this.#unexpectedToken(token, "an expression");
  }

  #named(token: Token): Node {
    const { at, text: name } = token;
    if (token.kind !== "name" || name === "in" || reserved.has(name)) {
      throw this.#unexpectedToken(token, "an identifier");
    }
    if (name === "true" || name === "false") return { kind: "literal", at, value: name === "true" };
    if (name === "null") return { kind: "literal", at, value: null };
    if (!this.#takes("(")) return { kind: "name", at, name };
    return expandMacro({
      kind: "call",
      at,
      name,
      target: undefined,
      arguments: this.#arguments(")"),
    });
  }

  #arguments(end: string): readonly Node[] {
    const found: Node[] = [];
    while (!this.#takes(end)) {
      if (found.length > 0) this.#expect(",");
      found.push(this.#expression());
    }
    return found;
  }

  #list(at: number): ListNode {
    const items: { readonly value: Node; readonly isOptional: boolean }[] = [];
    while (!this.#takes("]")) {
      if (items.length > 0) this.#expect(",");
      if (items.length > 0 && this.#takes("]")) break;
      const isOptional = this.#takes("?");
      items.push({ value: this.#expression(), isOptional });
    }
    return { kind: "list", at, items };
  }

  #map(at: number): MapNode {
    const entries: { readonly key: Node; readonly value: Node; readonly isOptional: boolean }[] =
      [];
    while (!this.#takes("}")) {
      if (entries.length > 0) this.#expect(",");
      if (entries.length > 0 && this.#takes("}")) break;
      const isOptional = this.#takes("?");
      const key = this.#expression();
      this.#expect(":");
      entries.push({ key, value: this.#expression(), isOptional });
    }
    return { kind: "map", at, entries };
  }

  #identifier(): string {
    const token = this.#take();
    if (token.kind !== "name") throw this.#unexpectedToken(token, "an identifier");
    return token.text;
  }

  #take(): Token {
    const token = this.#peek;
    this.#next += 1;
    return token;
  }

  #takes(sign: string): boolean {
    if (this.#peek.kind !== "sign" || this.#peek.text !== sign) return false;
    this.#next += 1;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#takes(sign)) throw this.#unexpected(`'${sign}'`);
  }

  #unexpected(wanted: string): SyntaxFault {
    return this.#unexpectedToken(this.#peek, wanted);
  }

  #unexpectedToken({ at, text }: Token, wanted: string): SyntaxFault {
    return new SyntaxFault(at, `Syntax error: mismatched input '${text}' expecting ${wanted}`);
  }
}

function tooDeep(at: number): SyntaxFault {
  return new SyntaxFault(at, "expression recursion limit exceeded");
}

function call(at: number, name: string, operands: readonly Node[]): CallNode {
  return { kind: "call", at, name, target: undefined, arguments: operands };
}

function operatorName(operator: string): string {
  return operator === "in" ? "@in" : `_${operator}_`;
}

function balance(name: string, sides: readonly Node[], places: readonly number[]): Node {
  const [only] = sides;
  if (only !== undefined && sides.length === 1) return only;
  const middle = sides.length >> 1;
  const left = balance(name, sides.slice(0, middle), places.slice(0, middle - 1));
  const right = balance(name, sides.slice(middle), places.slice(middle));
  return call(places[middle - 1] ?? 0, name, [left, right]);
}

function wholeNumber({ kind, text, at }: Token, sign: string): bigint | Uint {
  const digits = BigInt(kind === "uint" ? text.slice(0, -1) : text);
  try {
    return kind === "uint" ? new Uint(digits) : int(sign === "-" ? -digits : digits);
  } catch {
    throw new SyntaxFault(at, `Syntax error: invalid ${kind} literal`);
  }
}

function bytesOf(units: string): Uint8Array {
  return Uint8Array.from(units, (unit) => unit.charCodeAt(0));
}
