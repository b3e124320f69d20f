/** Loads the files of tests that are named on the command line, so that one process runs them all. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

for (const path of process.argv.slice(2)) await import(pathToFileURL(resolve(path)).href);
