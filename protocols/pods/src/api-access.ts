/**
 * How a pod reaches the API of its machine: a volume with a token of its ServiceAccount, and the
 * variables that say where the API is. The volume is not in the pod's record: the machine adds it
 * when it makes the pod, so that a record stays what its owner's template derives.
 *
 * Source: https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken
 * and https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 */
import type { Container, KubeObject, Pod } from "@beemesh/model";
import { isJsonObject } from "@beemesh/wire";
import type { Lookup } from "./dependency.ts";
import { variablesOf } from "./service-variables.ts";

/** A token that a volume asks for. */
export interface TokenWish {
  /** Empty for the API itself. */
  readonly audience: string;
  readonly expirationSeconds: number;
}

/** What a machine offers its pods of the API. */
export interface ApiAccess {
  /** Where a pod finds the API. */
  readonly host: string;
  readonly port: number;
  /** PEM of the authority of this machine's API. */
  readonly rootCa: string;
  /** A token of the pod's ServiceAccount; undefined while the account is not there. */
  token(pod: Pod, wish: TokenWish): string | undefined;
}

const mountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
const volumeName = "kube-api-access";
const rootCaName = "kube-root-ca.crt";

/** What kube-apiserver asks for, so that clients can tell its tokens from others. */
const expirationSecondsDefault = 3607;

/** A volume with a token is written anew when so much of the token's life is over, as there. */
const renewalShare = 0.8;
/** And once a day at the latest. */
const renewalMsMax = 24 * 3_600_000;

/** The pod with the volume, if it and its account want it. */
export function withApiAccess(pod: Pod, lookup: Lookup, access: ApiAccess | undefined): Pod {
  const { volumes = [], initContainers, containers } = pod.spec;
  const isTaken = volumes.some(({ name }) => name === volumeName);
  if (access === undefined || isTaken || !isAutomounted(pod, lookup)) return pod;
  const mounted = (container: Container): Container => {
    const { volumeMounts = [] } = container;
    if (volumeMounts.some((mount) => mount.mountPath === mountPath)) return container;
    const mount = { name: volumeName, mountPath, readOnly: true };
    return { ...container, volumeMounts: [...volumeMounts, mount] };
  };
  const projected = {
    defaultMode: 0o644,
    sources: [
      { serviceAccountToken: { expirationSeconds: expirationSecondsDefault, path: "token" } },
      { configMap: { name: rootCaName, items: [{ key: "ca.crt", path: "ca.crt" }] } },
      {
        downwardAPI: {
          items: [{ path: "namespace", fieldRef: { fieldPath: "metadata.namespace" } }],
        },
      },
    ],
  };
  return {
    ...pod,
    spec: {
      ...pod.spec,
      volumes: [...volumes, { name: volumeName, projected }],
      ...(initContainers && { initContainers: initContainers.map(mounted) }),
      containers: containers.map(mounted),
    },
  };
}

function isAutomounted({ metadata, spec }: Pod, lookup: Lookup): boolean {
  if (spec.automountServiceAccountToken !== undefined) return spec.automountServiceAccountToken;
  const name = spec.serviceAccountName ?? "default";
  const account = lookup("serviceaccounts", metadata.namespace ?? "default", name);
  return account?.["automountServiceAccountToken"] !== false;
}

/** A lookup that knows the map with this machine's authority, which nobody has written. */
export function withRootCa(lookup: Lookup, access: ApiAccess | undefined): Lookup {
  if (access === undefined) return lookup;
  return (resource, namespace, name): KubeObject | undefined => {
    if (resource !== "configmaps" || name !== rootCaName) return lookup(resource, namespace, name);
    const data = { "ca.crt": access.rootCa };
    return { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name }, data };
  };
}

/** What every container is told of where the API is. */
export function apiVariables(
  access: ApiAccess | undefined,
): readonly (readonly [string, string])[] {
  if (access === undefined) return [];
  const { host, port } = access;
  return variablesOf("KUBERNETES", host, [{ name: "https", port, protocol: "TCP" }]);
}

/** The tokens that a pod's volumes hold. */
export function tokenWishes(pod: Pod): readonly TokenWish[] {
  return (pod.spec.volumes ?? []).flatMap((volume) => {
    const { projected }: Readonly<Record<string, unknown>> = { ...volume };
    const sources = isJsonObject(projected) ? projected["sources"] : undefined;
    return (Array.isArray(sources) ? sources : []).flatMap((source: unknown) => {
      const wish = isJsonObject(source) ? source["serviceAccountToken"] : undefined;
      return isJsonObject(wish) ? [tokenWish(wish)] : [];
    });
  });
}

/** Reads one source of a projected volume. */
export function tokenWish(source: Readonly<Record<string, unknown>>): TokenWish {
  const { audience, expirationSeconds } = source;
  return {
    audience: typeof audience === "string" ? audience : "",
    expirationSeconds: typeof expirationSeconds === "number" ? expirationSeconds : 3600,
  };
}

/** How long after they were written the tokens of a pod's volumes are renewed; none: never. */
export function renewalMsOf(pod: Pod): number | undefined {
  const lives = tokenWishes(pod).map(({ expirationSeconds }) => expirationSeconds);
  if (lives.length === 0) return undefined;
  return Math.min(renewalMsMax, Math.min(...lives) * 1000 * renewalShare);
}
