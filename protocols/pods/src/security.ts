import type { Container, Pod, SecurityContext } from "@beemesh/model";
import type { ContainerSecurity } from "@beemesh/ports";
import { type Missing, type Resolved, resolved } from "./dependency.ts";

/**
 * As whom a container runs and what it may do; undefined if neither it nor its pod says. What the
 * container says wins.
 *
 * Source: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
 */
export function securityOf(
  pod: Pod,
  container: Container,
): Resolved<ContainerSecurity | undefined> {
  const ofPod = pod.spec.securityContext ?? {};
  const own = container.securityContext ?? {};
  const context: SecurityContext = { ...ofPod, ...own };
  const { runAsUser, runAsGroup, runAsNonRoot, seccompProfile } = context;
  const refusal = refusalOf(pod, container, context);
  if (refusal !== undefined) return { ok: false, missing: refusal };
  const security: ContainerSecurity = {
    ...(runAsUser === undefined ? {} : { uid: runAsUser }),
    ...(runAsGroup === undefined ? {} : { gid: runAsGroup }),
    ...groupsOf(pod),
    ...(runAsNonRoot === true ? { nonRoot: true } : {}),
    ...(seccompProfile?.type === "Unconfined" ? { seccompUnconfined: true } : {}),
    ...rightsOf(container),
  };
  return resolved(Object.keys(security).length === 0 ? undefined : security);
}

/** Rights that only a container has, and no pod. */
function rightsOf({ securityContext = {} }: Container): ContainerSecurity {
  const { allowPrivilegeEscalation, capabilities, privileged, readOnlyRootFilesystem } =
    securityContext;
  const { add = [], drop = [] } = capabilities ?? {};
  return {
    ...(readOnlyRootFilesystem === true ? { readOnlyRoot: true } : {}),
    ...(allowPrivilegeEscalation === false ? { noNewPrivileges: true } : {}),
    ...(privileged === true ? { privileged: true } : {}),
    ...(add.length === 0 ? {} : { addCapabilities: add }),
    ...(drop.length === 0 ? {} : { dropCapabilities: drop }),
  };
}

function groupsOf({ spec: { securityContext } }: Pod): Pick<ContainerSecurity, "groups"> {
  const { fsGroup, supplementalGroups = [] } = securityContext ?? {};
  const groups = [...(fsGroup === undefined ? [] : [fsGroup]), ...supplementalGroups];
  return groups.length === 0 ? {} : { groups };
}

/** What a kubelet would not start, as it says it. Whom an image names, only the runtime knows. */
function refusalOf(
  pod: Pod,
  container: Container,
  { runAsUser, runAsNonRoot, seccompProfile }: SecurityContext,
): Missing | undefined {
  if (runAsNonRoot === true && runAsUser === 0) {
    return { message: `container's runAsUser breaks non-root policy ${placeOf(pod, container)}` };
  }
  if (seccompProfile?.type !== "Localhost") return undefined;
  const { localhostProfile: name = "" } = seccompProfile;
  return { message: `cannot load seccomp profile "${name}": machines keep none of their own` };
}

/** Which container of which pod, as the kubelet ends a message about users. */
export function placeOf({ metadata }: Pod, { name }: Pick<Container, "name">): string {
  const { name: podName, namespace = "default", uid = "" } = metadata;
  return `(pod: "${podName}_${namespace}(${uid})", container: ${name})`;
}
