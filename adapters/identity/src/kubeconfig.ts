import type { ApiCredential } from "./api-credentials.ts";

/** A machine that kubectl can talk to. */
export interface KubeconfigMachine {
  /** Becomes the context `beemesh-<name>`. */
  readonly name: string;
  /** Such as `https://127.0.0.1:6443`. */
  readonly server: string;
  /** PEM of the machine's own authority. */
  readonly authority: string;
}

/**
 * The text of a kubeconfig: one user, and a cluster and context for each machine. The first
 * machine is the current context. It holds the user's private key: keep the file at 0600.
 */
export function writeKubeconfig(
  user: ApiCredential & { readonly name: string },
  machines: readonly KubeconfigMachine[],
): string {
  const userName = JSON.stringify(`beemesh-${user.name}`);
  const contextOf = (name: string): string => JSON.stringify(`beemesh-${name}`);
  const clusters = machines.flatMap(({ name, server, authority }) => [
    `- name: ${contextOf(name)}`,
    "  cluster:",
    `    server: ${JSON.stringify(server)}`,
    `    certificate-authority-data: ${base64(authority)}`,
  ]);
  const contexts = machines.flatMap(({ name }) => [
    `- name: ${contextOf(name)}`,
    "  context:",
    `    cluster: ${contextOf(name)}`,
    `    user: ${userName}`,
  ]);
  const [first] = machines;
  return `${[
    "apiVersion: v1",
    "kind: Config",
    ...(first === undefined ? [] : [`current-context: ${contextOf(first.name)}`]),
    machines.length === 0 ? "clusters: []" : "clusters:",
    ...clusters,
    machines.length === 0 ? "contexts: []" : "contexts:",
    ...contexts,
    "users:",
    `- name: ${userName}`,
    "  user:",
    `    client-certificate-data: ${base64(user.certificate)}`,
    `    client-key-data: ${base64(user.key)}`,
  ].join("\n")}\n`;
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
