/**
 * Semantic versions in expressions.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-semver-library
 */
import type { Arguments } from "./arguments.ts";
import { Fault } from "./fault.ts";
import type { Library } from "./overload.ts";
import { OpaqueValue } from "./value.ts";
import { compareVersions, parseVersion, type Version } from "./version.ts";

class SemverValue extends OpaqueValue {
  readonly type = "kubernetes.Semver";
  readonly version: Version;
  readonly text: string;

  constructor(version: Version, text: string) {
    super();
    this.version = version;
    this.text = text;
  }
}

function semver(text: string, isLenient: boolean): SemverValue {
  const version = parseVersion(text, isLenient);
  if (version === undefined) throw new Fault(`semver parse error: "${text}"`);
  return new SemverValue(version, text);
}

function compared(given: Arguments): number {
  return compareVersions(given.of(0, SemverValue).version, given.of(1, SemverValue).version);
}

/** Semantic versions in expressions. */
export const versionLibrary: Library = {
  "semver(string): Semver": (given) => semver(given.text(0), false),
  "semver(string, bool): Semver": (given) => semver(given.text(0), given.bool(1)),
  "isSemver(string): bool": (given) => parseVersion(given.text(0), false) !== undefined,
  "isSemver(string, bool): bool": (given) =>
    parseVersion(given.text(0), given.bool(1)) !== undefined,
  "Semver.major(): int": (given) => given.of(0, SemverValue).version.numbers[0],
  "Semver.minor(): int": (given) => given.of(0, SemverValue).version.numbers[1],
  "Semver.patch(): int": (given) => given.of(0, SemverValue).version.numbers[2],
  "Semver.compareTo(Semver): int": (given) => BigInt(compared(given)),
  "Semver.isGreaterThan(Semver): bool": (given) => compared(given) > 0,
  "Semver.isLessThan(Semver): bool": (given) => compared(given) < 0,
};
