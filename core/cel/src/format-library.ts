/**
 * Named formats in expressions.
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
import type { Library } from "./overload.ts";
import { momentOf } from "./time.ts";
import { parseUrl } from "./url.ts";
import { OpaqueValue, OptionalValue } from "./value.ts";

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

/** Named formats in expressions. */
export const formatLibrary: Library = {
  ...Object.fromEntries(
    Object.entries(formats).map(([name, check]) => [
      `format.${name}(): NamedFormat`,
      () => new FormatValue(check, name),
    ]),
  ),
  "format.named(string): optional<NamedFormat>": (given) => new OptionalValue(named(given.text(0))),
  "NamedFormat.validate(string): optional<list<string>>": validated,
};
