import type { KubeObject } from "@beemesh/model";
import { isJsonObject, type Json } from "@beemesh/wire";

/** How a program outside containers is asked whether it is ready. */
export interface ProgramProbe {
  readonly port: number;
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly successes: number;
  readonly failures: number;
}

/** An ExternalWorkload, as far as its machine acts upon it. */
export interface Program {
  readonly uid: string;
  readonly machine: string;
  readonly address: string;
  readonly serviceAccount: string;
  readonly ports: readonly number[];
  /** Undefined if nobody is asked: then it counts as ready. */
  readonly probe: ProgramProbe | undefined;
}

/** Reads an ExternalWorkload; undefined if it is malformed, as records of others may be. */
export function readProgram({ metadata, spec }: KubeObject): Program | undefined {
  const { uid } = metadata;
  if (!isJsonObject(spec) || uid === undefined) return undefined;
  const { machine, address = "127.0.0.1", ports, readinessProbe } = spec;
  const account = spec["serviceAccountName"] ?? spec["serviceAccount"];
  if (typeof machine !== "string" || typeof address !== "string") return undefined;
  const all: readonly Json[] = Array.isArray(ports) ? ports : [];
  const numbers = all.map((each) => (isJsonObject(each) ? each["port"] : undefined));
  return {
    uid,
    machine,
    address,
    serviceAccount: typeof account === "string" && account !== "" ? account : "default",
    ports: numbers.filter((each) => typeof each === "number"),
    probe: readProbe(readinessProbe),
  };
}

function readProbe(json: Json | undefined): ProgramProbe | undefined {
  const socket = isJsonObject(json) ? json["tcpSocket"] : undefined;
  const port = isJsonObject(socket) ? socket["port"] : undefined;
  if (!isJsonObject(json) || typeof port !== "number") return undefined;
  const count = (name: string, fallback: number): number => {
    const value = json[name];
    return typeof value === "number" && value >= 1 ? value : fallback;
  };
  return {
    port,
    periodMs: count("periodSeconds", 10) * 1000,
    timeoutMs: count("timeoutSeconds", 1) * 1000,
    successes: count("successThreshold", 1),
    failures: count("failureThreshold", 3),
  };
}
