/**
 * Server-side apply: who owns which field of an object, what applying a configuration makes of
 * it, and where two owners disagree. Knows types only by their shapes.
 *
 * @module
 */

export { joinAccounts, splitAccount } from "./account.ts";
export { accountLengthMax, editsMax, formatEdits, ownStamp, parseEdits } from "./edit-account.ts";
export { coversEdits, type EditTree, editStamps, joinedEdits, wholeEdit } from "./edit-tree.ts";
export { editsAfter } from "./editing.ts";
export { problemsOf } from "./extent.ts";
export { pathText } from "./field-path.ts";
export {
  formatManagers,
  hasUnprintable,
  type Manager,
  type ManagerProblem,
  managerLengthMax,
  managerText,
  readManagers,
} from "./manager.ts";
export { shapeOfOpenApi } from "./open-api.ts";
export { reunitedManagers, reunitedValue } from "./reunion.ts";
export {
  deduced,
  type ListShape,
  leaf,
  type Member,
  mapOf,
  type Shape,
  structOf,
} from "./shape.ts";
export {
  type Application,
  applyConfiguration,
  type Conflict,
  lastAppliedAnnotation,
  trackUpdate,
  type Write,
  type Writer,
} from "./tracking.ts";
