/** The kubectl of this computer, for tests that ask a machine as people do. */
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

/**
 * The versions beside the first `kubectl` of the path, oldest first: some are dispatchers to those.
 * That one alone if it is none; none if there is none.
 */
export const kubectls: readonly string[] = findKubectls();

/** The oldest and the newest of them. */
export const outerKubectls: readonly string[] = [
  ...new Set([...kubectls.slice(0, 1), ...kubectls.slice(-1)]),
];

function findKubectls(): readonly string[] {
  const first = (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "kubectl"))
    .find((path) => existsSync(path));
  if (first === undefined) return [];
  const home = dirname(realpathSync(first));
  const minor = (name: string): number => Number(name.slice("kubectl.1.".length));
  const versions = readdirSync(home)
    .filter((name) => /^kubectl\.1\.\d+$/u.test(name))
    .toSorted((a, b) => minor(a) - minor(b));
  return versions.length === 0 ? [first] : versions.map((name) => join(home, name));
}
