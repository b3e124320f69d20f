/**
 * The command line of `beemesh`.
 *
 * @module
 */

export { makeProgram } from "./program.ts";
