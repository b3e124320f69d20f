/**
 * What a pod and its containers say about users, groups and rights.
 *
 * Source: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
 */

/** Of a container; each member wins over the pod's. */
export interface SecurityContext extends SharedSecurity {
  readonly allowPrivilegeEscalation?: boolean;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  readonly privileged?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
}

/** Of a pod. */
export interface PodSecurityContext extends SharedSecurity {
  /** The group of volumes, and one more group of every container. */
  readonly fsGroup?: number;
  readonly supplementalGroups?: readonly number[];
  /** Settings of the kernel for the pod's own namespaces. */
  readonly sysctls?: readonly Sysctl[];
}

/** One setting of the kernel, such as `net.ipv4.tcp_syncookies`. */
export interface Sysctl {
  readonly name: string;
  readonly value: string;
}

interface SharedSecurity {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly runAsNonRoot?: boolean;
  readonly seccompProfile?: {
    readonly type: "Localhost" | "RuntimeDefault" | "Unconfined";
    readonly localhostProfile?: string;
  };
}
