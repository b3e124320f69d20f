/** Semantic versions. Source: https://semver.org/spec/v2.0.0.html */

/** A version: its three numbers, and what stands behind `-`. */
export interface Version {
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly preRelease: readonly string[];
}

/** Longest text of a version. */
const versionLengthMax = 256;
const partText = "[0-9A-Za-z-]+";
const numberText = "(0|[1-9][0-9]*)";
const preText = `(?:-(${partText}(?:[.]${partText})*))?`;
const pattern = new RegExp(
  `^${[numberText, numberText, numberText].join("[.]")}${preText}(?:[+][0-9A-Za-z.-]+)?$`,
  "u",
);

/**
 * Reads a version; undefined for other text.
 *
 * @param isLenient - Whether `v1.2` is `1.2.0`, and `01` is `1`.
 */
export function parseVersion(text: string, isLenient: boolean): Version | undefined {
  if (text.length > versionLengthMax) return undefined;
  const [, major, minor, patch, pre] = pattern.exec(isLenient ? normalized(text) : text) ?? [];
  if (major === undefined) return undefined;
  const numbers = [BigInt(major), BigInt(minor ?? "0"), BigInt(patch ?? "0")] as const;
  return { numbers, preRelease: pre === undefined ? [] : pre.split(".") };
}

function normalized(text: string): string {
  const [, core = "", rest = ""] = /^v?([\d.]*)(.*)$/su.exec(text) ?? [];
  const numbers = core.split(".").map((part) => part.replace(/^0+(?=\d)/u, ""));
  return `${[...numbers, "0", "0"].slice(0, Math.max(3, numbers.length)).join(".")}${rest}`;
}

/** -1, 0 or 1: which version comes first. */
export function compareVersions(a: Version, b: Version): number {
  for (const [index, number] of a.numbers.entries()) {
    const other = b.numbers[index] ?? 0n;
    if (number !== other) return number < other ? -1 : 1;
  }
  if (a.preRelease.length === 0 || b.preRelease.length === 0) {
    return Math.sign(b.preRelease.length - a.preRelease.length);
  }
  for (const [index, part] of a.preRelease.entries()) {
    const order = compareParts(part, b.preRelease[index]);
    if (order !== 0) return order;
  }
  return a.preRelease.length < b.preRelease.length ? -1 : 0;
}

function compareParts(a: string, b: string | undefined): number {
  if (b === undefined) return 1;
  if (a === b) return 0;
  const areNumbers = [a, b].map((part) => /^\d+$/u.test(part));
  if (areNumbers[0] && areNumbers[1]) return BigInt(a) < BigInt(b) ? -1 : 1;
  if (areNumbers[0] !== areNumbers[1]) return areNumbers[0] ? -1 : 1;
  return a < b ? -1 : 1;
}
