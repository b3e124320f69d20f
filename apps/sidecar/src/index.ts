/**
 * The process that stands in a pod's network namespace and is the pod's only way in and out.
 *
 * It is one of every pod, so it is kept light: `main.ts` and what it imports use nothing but
 * Node's own modules, and it is run as one bundle (`tools/bundle.ts`).
 *
 * @module
 */

import { join } from "node:path";
import { freshBundle } from "@beemesh/bundle";

/** The file to run in a pod's network namespace: the bundle if it is fresh, else the source. */
export function sidecarProgram(): string {
  const root = join(import.meta.dirname, "../../..");
  return freshBundle(root, "sidecar") ?? join(import.meta.dirname, "main.ts");
}
