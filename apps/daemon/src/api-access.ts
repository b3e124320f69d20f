/** How programs in pods find the API, and how verifiers check what it signs. */
import type { ServiceTokens } from "@beemesh/identity";
import { type Machine, nodeMarks } from "@beemesh/machine";
import { apiServiceAddress, apiServicePort, findResource } from "@beemesh/model";
import type { ApiAccess } from "@beemesh/pods";
import type { Runtime, TokenAuthority } from "@beemesh/ports";
import type { DaemonConfig } from "./config.ts";

/** Tokens, with the keys of all machines in the key set that verifiers outside read. */
export function keysOfAll(tokens: ServiceTokens, { objects }: Machine): TokenAuthority {
  const nodes = findResource("", "nodes");
  return {
    sign: (claims) => tokens.sign(claims),
    open: (token) => tokens.open(token),
    keySet: () => {
      for (const { metadata } of nodes === undefined ? [] : objects.list(nodes).items) {
        tokens.learn(metadata.annotations?.[nodeMarks.tokenCertificate] ?? "");
      }
      return tokens.keySet();
    },
  };
}

/** Where pods find the API: behind their sidecar, or, where they have none, on loopback. */
export function apiPlace(
  { apiPort }: DaemonConfig,
  runtime: Runtime,
): Pick<ApiAccess, "host" | "port"> {
  return runtime.name === "process"
    ? { host: "127.0.0.1", port: apiPort }
    : { host: apiServiceAddress, port: apiServicePort };
}
