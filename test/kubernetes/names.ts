/** The names of the conformance tests of Kubernetes 1.35: what there is to show. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const file = join(import.meta.dirname, "names-1.35.txt");

/** All of them, as the file has them: the group that keeps one, then what it shows. */
export const names: readonly string[] = readFileSync(file, "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));
