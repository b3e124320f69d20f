import type { Value } from "./value.ts";

/** An expression as it was read. `at` is where the source says it, for messages. */
export type Node =
  | { readonly kind: "literal"; readonly at: number; readonly value: Value }
  | { readonly kind: "name"; readonly at: number; readonly name: string }
  | SelectNode
  | IndexNode
  | CallNode
  | ListNode
  | MapNode
  | LoopNode
  | BindNode;

/** `operand.field`, `operand.?field`, and what `has(operand.field)` asks. */
export interface SelectNode {
  readonly kind: "select";
  readonly at: number;
  readonly operand: Node;
  readonly field: string;
  readonly isOptional: boolean;
  readonly isTest: boolean;
}

/** `operand[index]` and `operand[?index]`. */
export interface IndexNode {
  readonly kind: "index";
  readonly at: number;
  readonly operand: Node;
  readonly index: Node;
  readonly isOptional: boolean;
}

/** A call of a function, a method of `target`, or an operator such as `_+_`. */
export interface CallNode {
  readonly kind: "call";
  readonly at: number;
  readonly name: string;
  readonly target: Node | undefined;
  readonly arguments: readonly Node[];
}

/** `[a, ?b]`. */
export interface ListNode {
  readonly kind: "list";
  readonly at: number;
  readonly items: readonly { readonly value: Node; readonly isOptional: boolean }[];
}

/** `{k: v, ?k: v}`. */
export interface MapNode {
  readonly kind: "map";
  readonly at: number;
  readonly entries: readonly {
    readonly key: Node;
    readonly value: Node;
    readonly isOptional: boolean;
  }[];
}

/** What a loop over a list or the keys of a map gives. */
export type LoopResult = "all" | "exists" | "existsOne" | "filter" | "list" | "map" | "entries";

/** A macro that visits each item: with one name the item, with two its index or key and itself. */
export interface LoopNode {
  readonly kind: "loop";
  readonly at: number;
  readonly result: LoopResult;
  readonly range: Node;
  readonly names: readonly [string] | readonly [string, string];
  /** Items for which it is false are left out. */
  readonly filter: Node | undefined;
  readonly body: Node;
}

/** `cel.bind`, and the macros of optional values that name what is in one. */
export interface BindNode {
  readonly kind: "bind";
  readonly at: number;
  readonly form: "plain" | "optMap" | "optFlatMap";
  readonly name: string;
  readonly value: Node;
  readonly body: Node;
}
