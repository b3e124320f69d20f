/**
 * The formats of texts that schemas may ask for; others say nothing.
 *
 * Source: k8s.io/apiextensions-apiserver, pkg/apiserver/validation/formats.go.
 */
import { parseIpAddress, parseIpRange, parseTime } from "@beemesh/model";

const hostLabel = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
const hostname = new RegExp(`^${hostLabel}(?:[.]${hostLabel})*[.]?$`, "u");
const duration = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+)$/u;
const longDuration = /^[+-]?\d+\s*(?:days?|weeks?|d|w|hours?|minutes?|min|seconds?|sec)$/u;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u;

const checks: Readonly<Record<string, (text: string) => boolean>> = {
  byte: (text) => base64.test(text),
  cidr: (text) => parseIpRange(text) !== undefined,
  date: (text) => /^\d{4}-\d\d-\d\d$/u.test(text) && isTime(`${text}T00:00:00Z`),
  "date-time": isTime,
  datetime: isTime,
  duration: (text) => text.length < 200 && (duration.test(text) || longDuration.test(text)),
  email: (text) => /^[^\s@<>]+@[^\s@<>]+$/u.test(text),
  hexcolor: (text) => /^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/u.test(text),
  hostname: (text) => text.length <= 255 && hostname.test(text),
  ipv4: (text) => parseIpAddress(text)?.bits === 32,
  ipv6: (text) => parseIpAddress(text)?.bits === 128,
  mac: (text) => /^[0-9a-fA-F]{2}(?:([:-])[0-9a-fA-F]{2})(?:\1[0-9a-fA-F]{2}){4}$/u.test(text),
  uri: (text) => /^(?:[A-Za-z][A-Za-z0-9+.-]*:|\/)[^\s]*$/u.test(text),
  uuid: (text) => /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/iu.test(text),
};

function isTime(text: string): boolean {
  return parseTime(text) !== undefined;
}

/** Whether a text is not of the format. */
export function formatProblem(format: string, text: string): boolean {
  const check = Object.hasOwn(checks, format) ? checks[format] : undefined;
  return check !== undefined && !check(text);
}
