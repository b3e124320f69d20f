/**
 * The words of an expression.
 *
 * Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax
 */
import { utf8Bytes } from "./bytes.ts";
import { Fault } from "./fault.ts";

/** One word, and where it begins. */
export interface Token {
  readonly kind: "name" | "int" | "uint" | "double" | "string" | "bytes" | "sign" | "end";
  readonly text: string;
  readonly at: number;
}

/** A fault at a place of the source. */
export class SyntaxFault extends Fault {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

const blank = /(?:[\s\n]|\/\/[^\n]*)+/uy;
const word = /[_a-zA-Z][_a-zA-Z0-9]*/uy;
const number =
  /0x[0-9a-fA-F]+u?|(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)|\d+u?/uy;
const quoted = /(?:[bB][rR]?|[rR][bB]?)?(?:"""|'''|"|')/uy;
const signs = /&&|\|\||[!=<>]=|[-+*/%!<>?:.,()[\]{}]/uy;
const backtick = /`[a-zA-Z0-9_.\-/ ]+`/uy;

/** Words that name nothing. */
export const reservedWords: readonly string[] = [
  ..."as break const continue else for function if import".split(" "),
  ..."let loop package namespace return var void while".split(" "),
];

/** The words of a source, the last of them its end. */
export function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = blankEnd(source, 0);
  while (at < source.length) {
    const token = tokenAt(source, at);
    tokens.push(token.token);
    at = blankEnd(source, token.end);
  }
  tokens.push({ kind: "end", text: "<EOF>", at: source.length });
  return tokens;
}

function blankEnd(source: string, at: number): number {
  return at + (matchAt(blank, source, at)?.length ?? 0);
}

interface Found {
  readonly token: Token;
  readonly end: number;
}

function tokenAt(source: string, at: number): Found {
  const opening = matchAt(quoted, source, at);
  if (opening !== undefined) return stringAt(source, at, opening);
  const name = matchAt(word, source, at);
  if (name !== undefined) return found("name", name, at);
  const digits = matchAt(number, source, at);
  if (digits !== undefined) return found(kindOfNumber(digits), digits, at);
  const field = matchAt(backtick, source, at);
  if (field !== undefined) {
    return { token: { kind: "name", text: field.slice(1, -1), at }, end: at + field.length };
  }
  const sign = matchAt(signs, source, at);
  if (sign !== undefined) return found("sign", sign, at);
  throw new SyntaxFault(at, `Syntax error: token recognition error at: '${source[at] ?? ""}'`);
}

function found(kind: Token["kind"], text: string, at: number): Found {
  return { token: { kind, text, at }, end: at + text.length };
}

function kindOfNumber(digits: string): Token["kind"] {
  if (digits.endsWith("u")) return "uint";
  return /^0x|^\d+$/u.test(digits) ? "int" : "double";
}

function matchAt(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}

function stringAt(source: string, at: number, opening: string): Found {
  const prefix = /^[a-zA-Z]*/u.exec(opening)?.[0].toLowerCase() ?? "";
  const quote = opening.slice(prefix.length);
  const isRaw = prefix.includes("r");
  const isBytes = prefix.includes("b");
  let text = "";
  let next = at + opening.length;
  while (!source.startsWith(quote, next)) {
    const unit = characterAt(source, next);
    if (unit === undefined || (unit === "\n" && quote.length === 1)) {
      throw new SyntaxFault(at, `Syntax error: token recognition error at: '${opening}'`);
    }
    if (unit === "\\" && !isRaw) {
      const escape = escapeAt(source, next, isBytes);
      text += escape.text;
      next = escape.end;
    } else {
      text += isBytes ? byteUnits(unit) : unit;
      next += unit.length;
    }
  }
  return {
    token: { kind: isBytes ? "bytes" : "string", text, at },
    end: next + quote.length,
  };
}

function characterAt(source: string, at: number): string | undefined {
  const code = source.codePointAt(at);
  return code === undefined ? undefined : String.fromCodePoint(code);
}

/** Bytes are kept as text whose code units they are; text outside escapes is UTF-8. */
function byteUnits(character: string): string {
  return String.fromCharCode(...utf8Bytes(character));
}

const plainEscapes: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "`": "`",
  "?": "?",
};
const numbered = /\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2}))/uy;

function escapeAt(
  source: string,
  at: number,
  isBytes: boolean,
): { readonly text: string; readonly end: number } {
  const plain = plainEscapes[source[at + 1] ?? ""];
  if (plain !== undefined) return { text: plain, end: at + 2 };
  const all = matchAt(numbered, source, at);
  const isCharacter = /^\\[uU]/u.test(all ?? "");
  if (all === undefined || (isBytes && isCharacter)) {
    throw new SyntaxFault(at, "Syntax error: invalid escape sequence");
  }
  const isOctal = /^\\[0-7]/u.test(all);
  const code = isOctal ? Number.parseInt(all.slice(1), 8) : Number.parseInt(all.slice(2), 16);
  if (code > 0x10_ffff || (code >= 0xd800 && code <= 0xdfff)) {
    throw new SyntaxFault(at, "Syntax error: invalid unicode code point");
  }
  return { text: String.fromCodePoint(code), end: at + all.length };
}
