/**
 * The disk of a machine: entries and small facts in one SQLite database that one daemon at a time
 * may use.
 *
 * @module
 */

export { openDisk } from "./sqlite-disk.ts";
