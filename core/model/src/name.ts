/**
 * Names, keys and labels: which text Kubernetes takes. Each function answers what is wrong, in
 * its words, or undefined.
 *
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
 */

const labelText = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomainText = `${labelText}(\\.${labelText})*`;
const wildcardText = `\\*\\.${subdomainText}`;
const pathText = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const letterLabelText = "[a-z]([-a-z0-9]*[a-z0-9])?";
const qualifiedText = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const labelValueText = `(${qualifiedText})?`;
const configKeyText = "[-._a-zA-Z0-9]+";

const labelPattern = whole(labelText);
const subdomainPattern = whole(subdomainText);
const wildcardPattern = whole(wildcardText);
const pathPattern = whole(pathText);
const letterLabelPattern = whole(letterLabelText);
const qualifiedPattern = whole(qualifiedText);
const labelValuePattern = whole(labelValueText);
const configKeyPattern = whole(configKeyText);
const environmentPattern = /^[ -<>-~]+$/u;

/** What is wrong with a lower-case DNS label of at most 63 characters. */
export function labelError(text: string): string | undefined {
  if (text.length > 63) return "must be no more than 63 bytes";
  if (labelPattern.test(text)) return undefined;
  const rule =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and " +
    "must start and end with an alphanumeric character";
  return explained(rule, "'my-name',  or '123-abc'", labelText);
}

/** What is wrong with a lower-case DNS name of at most 253 characters. */
export function subdomainError(text: string): string | undefined {
  if (text.length > 253) return "must be no more than 253 bytes";
  if (subdomainPattern.test(text)) return undefined;
  const rule =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or " +
    "'.', and must start and end with an alphanumeric character";
  return explained(rule, "'example.com'", subdomainText);
}

/** What is wrong with a lower-case DNS name whose first label is `*`. */
export function wildcardError(text: string): string | undefined {
  if (text.length > 253) return "must be no more than 253 bytes";
  if (wildcardPattern.test(text)) return undefined;
  const rule =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, " +
    "which must consist of lower case alphanumeric characters, '-' or '.' and end with an " +
    "alphanumeric character";
  return explained(rule, "'*.example.com'", wildcardText);
}

/** What is wrong with a path below a DNS name, such as `acme.io/foo`. */
export function domainPathError(text: string): string | undefined {
  const cut = text.indexOf("/");
  const [domain, path] = [text.slice(0, cut), text.slice(cut + 1)];
  if (cut <= 0 || path === "") {
    return 'must be a domain-prefixed path (such as "acme.io/foo")';
  }
  const domainError = subdomainError(domain);
  if (domainError !== undefined) return domainError;
  if (pathPattern.test(path)) return undefined;
  return explained("Invalid path", "'example.com/path'", pathText);
}

/** What is wrong with a DNS label that starts with a letter, as names of services do. */
export function letterLabelError(text: string): string | undefined {
  if (text.length > 63) return "must be no more than 63 bytes";
  if (letterLabelPattern.test(text)) return undefined;
  const rule =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an " +
    "alphabetic character, and end with an alphanumeric character";
  return explained(rule, "'my-name',  or 'abc-123'", letterLabelText);
}

/** What is wrong with a key of a label or annotation: `[prefix/]name`. */
export function qualifiedNameError(text: string): string | undefined {
  const parts = text.split("/");
  const name = parts.at(-1) ?? "";
  if (parts.length > 2) {
    const rule =
      "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must " +
      "start and end with an alphanumeric character";
    const form = explained(rule, "'MyName',  or 'my.name',  or '123-abc'", qualifiedText);
    return `${form} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`;
  }
  const prefixError = parts.length === 2 ? subdomainError(parts[0] ?? "") : undefined;
  if (parts[0] === "") return "prefix part must be non-empty";
  if (prefixError !== undefined) return `prefix part ${prefixError}`;
  if (name === "") return "name part must be non-empty";
  if (name.length > 63) return "name part must be no more than 63 bytes";
  if (qualifiedPattern.test(name)) return undefined;
  const rule =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end " +
    "with an alphanumeric character";
  return explained(rule, "'MyName',  or 'my.name',  or '123-abc'", qualifiedText);
}

/** What is wrong with the value of a label. */
export function labelValueError(text: string): string | undefined {
  if (text.length > 63) return "must be no more than 63 bytes";
  if (labelValuePattern.test(text)) return undefined;
  const rule =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or " +
    "'.', and must start and end with an alphanumeric character";
  return explained(rule, "'MyValue',  or 'my_value',  or '12345'", labelValueText);
}

/** What is wrong with the name of a port: 1 to 15 of a-z, 0-9 and '-', at least one letter. */
export function portNameError(text: string): string | undefined {
  if (text.length > 15) return "must be no more than 15 characters";
  if (!/^[-a-z0-9]+$/u.test(text)) {
    return "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)";
  }
  if (!/[a-z]/u.test(text)) return "must contain at least one letter (a-z)";
  if (text.includes("--")) return "must not contain consecutive hyphens";
  return /^-|-$/u.test(text) ? "must not begin or end with a hyphen" : undefined;
}

/** What is wrong with the name of an environment variable. */
export function environmentNameError(text: string): string | undefined {
  return environmentPattern.test(text)
    ? undefined
    : "a valid environment variable name must consist only of printable ASCII characters " +
        "other than '='";
}

/** What is wrong with a key of a ConfigMap or Secret. */
export function configKeyError(text: string): string | undefined {
  if (text.length > 253) return "must be no more than 253 bytes";
  if (text === "." || text === "..") return `must not be '${text}'`;
  if (text.startsWith("..")) return "must not start with '..'";
  if (configKeyPattern.test(text)) return undefined;
  const rule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
  return explained(rule, "'key.name',  or 'KEY_NAME',  or 'key-name'", configKeyText);
}

function whole(pattern: string): RegExp {
  return new RegExp(`^${pattern}$`, "u");
}

function explained(rule: string, examples: string, pattern: string): string {
  return `${rule} (e.g. ${examples}, regex used for validation is '${pattern}')`;
}

/**
 * What is wrong with a name that only has to be one segment of a path, as those of roles.
 *
 * Source: k8s.io/apimachinery, api/validation/path.
 */
export function segmentError(text: string): string | undefined {
  if (text.length > 253) return "must be no more than 253 characters";
  if (text === "." || text === "..") return `may not be '${text}'`;
  // Kubernetes takes these; a record of the mesh cannot be named so.
  if (/[\p{C}\s]/u.test(text)) return "may not contain spaces or control characters";
  const wrong = ["/", "%", "~"].find((part) => text.includes(part));
  return wrong === undefined ? undefined : `may not contain '${wrong}'`;
}
