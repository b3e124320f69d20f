/**
 * The process that stands in a pod's network namespace and is the pod's only way in and out.
 *
 * It is one of every pod, so it is kept light: `main.ts` and what it imports use nothing but
 * Node's own modules and packages of this repository.
 *
 * @module
 */

export { doorLimits } from "./door.ts";

/** The file to run in a pod's network namespace. */
export const sidecarProgram: string = `${import.meta.dirname}/main.ts`;
