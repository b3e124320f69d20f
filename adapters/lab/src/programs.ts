/**
 * Programs of others that tests and benchmarks run against ours: databases, proxies, load. What
 * this computer lacks of them is taken out of Debian's packages into `.cache/programs`; nothing is
 * installed, so nothing is started or left behind.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, globSync, mkdirSync } from "node:fs";
import { join } from "node:path";

/** A program that is there. */
export interface Program {
  readonly path: string;
  /** What it needs in its environment to find its libraries. */
  readonly env: Readonly<Record<string, string>>;
}

/** Debian's package of each program. */
const packages = {
  curl: "curl",
  etcd: "etcd-server",
  haproxy: "haproxy",
  initdb: "postgresql-15",
  kubectl: "kubernetes-client",
  postgres: "postgresql-15",
  psql: "postgresql-client-15",
  "redis-cli": "redis-tools",
  "redis-server": "redis-server",
  stunnel4: "stunnel4",
  wrk: "wrk",
} as const;

export type ProgramName = keyof typeof packages;

const cache = join(import.meta.dirname, "../../../.cache/programs");
const root = join(cache, "root");
const folders = ["usr/lib/postgresql/*/bin", "usr/bin", "usr/sbin", "usr/local/bin"];

/** Longest that Debian's servers may take for some 20 MB, in milliseconds. */
const fetchMsMax = 120_000;

/**
 * Finds programs, and fetches what is missing. Undefined for those that this computer cannot have:
 * it is no Debian, or has no way to Debian's packages.
 */
export function findPrograms<Name extends ProgramName>(
  ...names: readonly Name[]
): Readonly<Record<Name, Program | undefined>> {
  const missing = names.filter((name) => find(name) === undefined);
  if (missing.length > 0) fetchPackages(missing);
  const found = names.map((name) => [name, find(name)] as const);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one for each of the names
  return Object.fromEntries(found) as Readonly<Record<Name, Program | undefined>>;
}

/**
 * Debian's own version of a program, fetched if need be, whatever else this computer has of that
 * name; where there is none, what this computer has.
 */
export function findPackaged(name: ProgramName): Program | undefined {
  if (unpacked(name) === undefined) fetchPackages([name]);
  return unpacked(name) ?? find(name);
}

/** Why a test cannot run that needs all of these; false if it can. */
export function lackOf(found: Readonly<Record<string, Program | undefined>>): string | false {
  const missing = Object.keys(found).filter((name) => found[name] === undefined);
  return missing.length > 0 && `needs ${missing.join(", ")} (Debian: apt-get install)`;
}

function find(name: ProgramName): Program | undefined {
  const system = searched("/", name);
  return system === undefined ? unpacked(name) : { path: system, env: {} };
}

function unpacked(name: ProgramName): Program | undefined {
  const own = searched(root, name);
  if (own === undefined) return undefined;
  const libraries = globSync(`${root}/usr/lib/{,*-linux-gnu,postgresql/*/lib}`);
  return { path: own, env: { LD_LIBRARY_PATH: libraries.join(":") } };
}

function searched(under: string, name: string): string | undefined {
  return folders
    .flatMap((folder) => globSync(join(under, folder, name)))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function fetchPackages(names: readonly ProgramName[]): void {
  if (!existsSync("/usr/bin/apt-get") || process.getuid?.() !== 0) return;
  const archives = join(cache, "archives");
  mkdirSync(join(archives, "partial"), { recursive: true });
  mkdirSync(root, { recursive: true });
  const wanted = names.map((name) => packages[name]);
  const quiet = ["--yes", "--quiet=2", "--download-only", "--no-install-recommends"];
  // It takes no lock of the system's, for it changes nothing there.
  const settings = ["-o", "Debug::NoLocking=1", "-o", `Dir::Cache::archives=${archives}`];
  const get = ["install", ...quiet, ...settings, ...new Set(wanted)];
  const options = { stdio: "ignore", timeout: fetchMsMax } as const;
  if (spawnSync("apt-get", get, options).status !== 0) {
    spawnSync("apt-get", ["update", "--quiet=2"], options);
    spawnSync("apt-get", get, options);
  }
  for (const archive of globSync(join(archives, "*.deb"))) {
    spawnSync("dpkg-deb", ["--extract", archive, root], options);
  }
}
