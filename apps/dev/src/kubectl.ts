import { accessSync, constants, readdirSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { run } from "@beemesh/lab";

/** A kubectl on this computer. */
export interface Kubectl {
  readonly path: string;
  /** As it names itself, such as `v1.33.1`. */
  readonly version: string;
}

/**
 * Finds the newest real kubectl: one on the PATH, or a versioned one (`kubectl.1.33`) beside what
 * that links to, where the one on the PATH only dispatches to them.
 */
export async function findKubectl(pathVariable: string): Promise<Kubectl | undefined> {
  const first = pathVariable
    .split(delimiter)
    .map((folder) => join(folder, "kubectl"))
    .find(isExecutable);
  if (first === undefined) return undefined;
  const folder = dirname(realpathSync(first));
  const versioned = readdirSync(folder)
    .filter((name) => /^kubectl\.1\.\d+$/u.test(name))
    .toSorted((a, b) => minorOf(b) - minorOf(a))
    .map((name) => join(folder, name));
  for (const path of [...versioned, first]) {
    const version = await versionOf(path);
    if (version !== undefined) return { path, version };
  }
  return undefined;
}

function minorOf(name: string): number {
  return Number(name.split(".").at(-1));
}

async function versionOf(path: string): Promise<string | undefined> {
  const { code, stdout } = await run([path, "version", "--client"], { timeoutMs: 20_000 });
  return code === 0 ? /v\d+\.\d+\.\d+/u.exec(stdout)?.[0] : undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
