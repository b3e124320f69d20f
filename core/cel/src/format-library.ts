/**
 * Named formats and versions in expressions.
 *
 * Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-format-library
 */
import {
  labelError,
  labelValueError,
  letterLabelError,
  qualifiedNameError,
  subdomainError,
} from "@beemesh/model";
import type { Arguments } from "./arguments.ts";
import { isBase64 } from "./bytes.ts";
import { Fault } from "./fault.ts";
import type { Library } from "./overload.ts";
import { momentOf } from "./time.ts";
import { parseUrl } from "./url.ts";
import { OpaqueValue, OptionalValue } from "./value.ts";
import { compareVersions, parseVersion, type Version } from "./version.ts";

type Check = (text: string) => string | undefined;
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu;

/** Names with something made up behind them may end where a name may not. */
function prefixCheck(check: Check): Check {
  return (text) => check(text.endsWith("-") ? `${text.slice(0, -1)}a` : text);
}

/** A check whose only word is what is wrong. */
function checkOf(problem: string, isRight: (text: string) => boolean): Check {
  return (text) => (isRight(text) ? undefined : problem);
}

const formats: Readonly<Record<string, Check>> = {
  dns1123Label: labelError,
  dns1123Subdomain: subdomainError,
  dns1035Label: letterLabelError,
  qualifiedName: qualifiedNameError,
  dns1123LabelPrefix: prefixCheck(labelError),
  dns1123SubdomainPrefix: prefixCheck(subdomainError),
  dns1035LabelPrefix: prefixCheck(letterLabelError),
  labelValue: labelValueError,
  uri: checkOf("invalid URI", (text) => parseUrl(text) !== undefined),
  uuid: checkOf("does not match the UUID format", (text) => uuid.test(text)),
  byte: checkOf("invalid base64", isBase64),
  date: checkOf("invalid date", (text) => text.length === 10 && momentOf(text) !== undefined),
  datetime: checkOf("invalid datetime", (text) => text.length > 10 && momentOf(text) !== undefined),
};

class FormatValue extends OpaqueValue {
  readonly type = "kubernetes.NamedFormat";
  readonly check: Check;
  readonly text: string;

  constructor(check: Check, name: string) {
    super();
    this.check = check;
    this.text = name;
  }
}

function named(name: string): FormatValue | undefined {
  const check = Object.hasOwn(formats, name) ? formats[name] : undefined;
  return check === undefined ? undefined : new FormatValue(check, name);
}

function validated(given: Arguments): OptionalValue {
  const problem = given.of(0, FormatValue).check(given.text(1));
  return new OptionalValue(problem === undefined ? undefined : [problem]);
}

const namedFormats: Library = {
  ...Object.fromEntries(
    Object.entries(formats).map(([name, check]) => [
      `format.${name}(): NamedFormat`,
      () => new FormatValue(check, name),
    ]),
  ),
  "format.named(string): optional<NamedFormat>": (given) => new OptionalValue(named(given.text(0))),
  "NamedFormat.validate(string): optional<list<string>>": validated,
};

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

const versions: Library = {
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

/** Named formats and versions in expressions. */
export const formatLibrary: Library = { ...namedFormats, ...versions };
