import { isJsonObject, type Json, type JsonObject } from "@beemesh/wire";
import type { Client } from "./client.ts";

/** A pod as one machine's API shows it, the parts that people look at. */
export interface SeenPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  readonly phase: string;
  readonly isReady: boolean;
  readonly isDeleting: boolean;
  readonly restarts: number;
  /** When its first container was last started, RFC 3339; empty before. */
  readonly startedAt: string;
}

/** A machine as one machine's API shows it. */
export interface SeenNode {
  readonly name: string;
  readonly isReady: boolean;
  readonly address: string;
  readonly runtime: string;
}

/** The pods that a machine's API lists, all namespaces or those with a label. */
export async function seePods(client: Client, selector = ""): Promise<SeenPod[]> {
  const query = selector === "" ? "" : `?labelSelector=${encodeURIComponent(selector)}`;
  return (await client.items(`/api/v1/pods${query}`)).map(readPod);
}

/** The machines that a machine's API lists. */
export async function seeNodes(client: Client): Promise<SeenNode[]> {
  return (await client.items("/api/v1/nodes")).map((node) => {
    const status = at(node, "status");
    const internal = listAt(status, "addresses").find(
      (item) => textAt(item, "type") === "InternalIP",
    );
    return {
      name: textAt(at(node, "metadata"), "name"),
      isReady: conditionOf(status, "Ready") === "True",
      address: textAt(internal, "address"),
      runtime: textAt(at(status, "nodeInfo"), "containerRuntimeVersion"),
    };
  });
}

function readPod(pod: JsonObject): SeenPod {
  const metadata = at(pod, "metadata");
  const status = at(pod, "status");
  const containers = listAt(status, "containerStatuses");
  const running = at(at(containers[0], "state"), "running");
  return {
    namespace: textAt(metadata, "namespace"),
    name: textAt(metadata, "name"),
    uid: textAt(metadata, "uid"),
    node: textAt(at(pod, "spec"), "nodeName"),
    phase: textAt(status, "phase"),
    isReady: conditionOf(status, "Ready") === "True",
    isDeleting: textAt(metadata, "deletionTimestamp") !== "",
    restarts: containers.reduce((sum, item) => sum + Number(at(item, "restartCount") ?? 0), 0),
    startedAt: textAt(running, "startedAt"),
  };
}

function conditionOf(status: Json | undefined, type: string): string {
  const found = listAt(status, "conditions").find((item) => textAt(item, "type") === type);
  return textAt(found, "status");
}

function at(value: Json | undefined, name: string): Json | undefined {
  return isJsonObject(value) ? value[name] : undefined;
}

function listAt(value: Json | undefined, name: string): JsonObject[] {
  const found = at(value, name);
  return Array.isArray(found) ? found.filter(isJsonObject) : [];
}

function textAt(value: Json | undefined, name: string): string {
  const found = at(value, name);
  return typeof found === "string" ? found : "";
}
