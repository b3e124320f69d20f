import type { Pod } from "@beemesh/model";
import type { RegistryCredentials } from "@beemesh/ports";
import { isJsonObject, type JsonObject, parseJson } from "@beemesh/wire";
import { textOfBase64 } from "./base64.ts";
import { dataOf, type Lookup } from "./dependency.ts";

/** A Secret holds 1 MiB; what stands in it is a list of registries, and of what each one takes. */
const configLimits = { lengthMax: 1024 * 1024, depthMax: 8 };

/** A registry is not asked oftener than this for one image: it would take us for a guesser. */
const credentialsMax = 8;

/** What a user of no registry in particular means. */
const hub = "docker.io";

/** The hub's own name for itself in files of credentials. */
const hubKey = "index.docker.io";

/** An image without its tag, by where it lies. */
interface Place {
  readonly host: string;
  readonly path: string;
}

/** Who may pull, by the place that it is for. */
interface Entry extends RegistryCredentials {
  readonly key: string;
}

/**
 * With which credentials an image may be pulled for a pod: those for its place in the Secrets that
 * the pod names, or its ServiceAccount if the pod names none; the most special place first.
 *
 * Source: https://kubernetes.io/docs/concepts/containers/images/#config-json
 */
export function pullCredentials(
  pod: Pod,
  image: string,
  lookup: Lookup,
): readonly RegistryCredentials[] {
  const place = placeOf(image);
  return namesOf(pod, lookup)
    .flatMap((name) => entriesOf(lookup, pod.metadata.namespace ?? "default", name))
    .filter(({ key }) => isFor(key, place))
    .toSorted((a, b) => (a.key < b.key ? 1 : -1))
    .slice(0, credentialsMax)
    .map(({ username, password }) => ({ username, password }));
}

/** The Secrets for pulling that the pod names and that are not there. */
export function missingPullSecrets(pod: Pod, lookup: Lookup): readonly string[] {
  const { namespace = "default" } = pod.metadata;
  return namesOf(pod, lookup).filter((name) => lookup("secrets", namespace, name) === undefined);
}

function namesOf({ metadata, spec }: Pod, lookup: Lookup): readonly string[] {
  const { serviceAccountName = "default", imagePullSecrets = [] } = spec;
  const own = imagePullSecrets.flatMap(({ name = "" }) => (name === "" ? [] : [name]));
  if (own.length > 0) return own;
  const account = lookup("serviceaccounts", metadata.namespace ?? "default", serviceAccountName);
  const listed = account?.["imagePullSecrets"];
  return (Array.isArray(listed) ? listed : []).flatMap((each: unknown) => {
    const name = isJsonObject(each) ? each["name"] : undefined;
    return typeof name === "string" && name !== "" ? [name] : [];
  });
}

function entriesOf(lookup: Lookup, namespace: string, name: string): readonly Entry[] {
  const data = dataOf(lookup, { resource: "secrets", namespace, name });
  if (!data.ok) return [];
  const [plain, old] = [data.value.get(".dockerconfigjson"), data.value.get(".dockercfg")];
  const config = objectOf(plain ?? old);
  const auths = plain === undefined ? config : config["auths"];
  return isJsonObject(auths) ? Object.entries(auths).flatMap(entryOf) : [];
}

function objectOf(encoded: string | undefined): JsonObject {
  const value = parseJson(textOfBase64(encoded ?? "") ?? "", configLimits);
  return isJsonObject(value) ? value : {};
}

function entryOf([key, value]: [string, unknown]): readonly Entry[] {
  if (!isJsonObject(value)) return [];
  const { auth, username, password } = value;
  const both = typeof auth === "string" ? textOfBase64(auth) : undefined;
  const cut = both?.indexOf(":") ?? -1;
  if (both !== undefined && cut > 0) {
    return [{ key: keyOf(key), username: both.slice(0, cut), password: both.slice(cut + 1) }];
  }
  if (typeof username !== "string" || typeof password !== "string") return [];
  return [{ key: keyOf(key), username, password }];
}

/** Without what says how to get there: `https://`, and the version of the registry's interface. */
function keyOf(text: string): string {
  return text
    .replace(/^https?:\/\//u, "")
    .replace(/^([^/]*)\/v[12](?=\/|$)/u, "$1")
    .replace(/\/+$/u, "");
}

function placeOf(image: string): Place {
  const name = image.replace(/@.*$/u, "").replace(/:[^:/]*$/u, "");
  const [first = "", ...rest] = name.split("/");
  const hasHost = rest.length > 0 && (/[.:]/u.test(first) || first === "localhost");
  if (hasHost) return { host: first === hubKey ? hub : first, path: rest.join("/") };
  return { host: hub, path: rest.length === 0 ? `library/${name}` : name };
}

/** Whether an entry is for a place: its host label by label, and a beginning of its path. */
function isFor(key: string, { host, path }: Place): boolean {
  const [named = "", ...rest] = key.split("/");
  const [wanted, present] = [(named === hubKey ? hub : named).split(/[.:]/u), host.split(/[.:]/u)];
  const isHost =
    wanted.length === present.length &&
    named.includes(":") === host.includes(":") &&
    wanted.every((label, index) => globOf(label).test(present[index] ?? ""));
  return isHost && path.startsWith(rest.join("/"));
}

/** A label in which `*` stands for anything. */
function globOf(label: string): RegExp {
  const literals = label.split("*").map((part) => part.replaceAll(/[^\w-]/gu, String.raw`\$&`));
  return new RegExp(`^${literals.join("[^.]*")}$`, "u");
}
