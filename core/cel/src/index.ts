/**
 * The Common Expression Language (CEL) as Kubernetes has it: rules that strangers write, compiled
 * against the types of what they are about, and evaluated at a bounded cost. Regular expressions
 * are RE2's, which need no more time than the text is long.
 *
 * @module
 */

export {
  type AccessAnswer,
  type AccessQuestion,
  type Authorizer,
  authorizerValue,
  requestResourceValue,
} from "./authorizer.ts";
export { type Declaration, escapedName, typeOfSchema } from "./declaration.ts";
export { Meter } from "./fault.ts";
export { isMatch, patternError } from "./pattern.ts";
export {
  type Compilation,
  callBudgetMax,
  compile,
  type Environment,
  type Given,
  jsonOf,
  Lazy,
  type Outcome,
  type Program,
} from "./program.ts";
export type { CelType } from "./type.ts";
export type { Value } from "./value.ts";
