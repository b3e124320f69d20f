import { isIP } from "node:net";
import { BeeError } from "@beemesh/base";

/** Settings of one daemon, checked. */
export interface DaemonConfig {
  /** The machine's name, as `kubectl get nodes` shows it; undefined for one made from its key. */
  readonly name: string | undefined;
  /** The directory that holds everything the daemon keeps. */
  readonly data: string;
  /** TCP port of the mesh, on all addresses; 0 for any. */
  readonly meshPort: number;
  /** Where the mesh listens, such as `0.0.0.0`. */
  readonly meshHost: string;
  /** Port of the Kubernetes API on loopback; 0 for any. */
  readonly apiPort: number;
  /** Port of the classic interface and of the ways into services; 0 for any. */
  readonly httpPort: number;
  /** TCP port where other machines bring connections for the pods of this one; 0 for any. */
  readonly workloadPort: number;
  /** Where that port listens; what is no loopback lets the network in, as far as Ingresses say. */
  readonly httpHost: string;
  /** Where NodePorts and hostPorts listen; empty for nowhere, so that nobody opens ports here. */
  readonly nodePortHost: string;
  /** Where spans are posted to by OTLP over HTTP in JSON; empty for nowhere. */
  readonly tracesUrl: string;
  readonly runtime: "auto" | "podman" | "process";
  /** Socket of a Podman to use; undefined for a store of the daemon's own. */
  readonly podmanSocket: string | undefined;
  /** Addresses of machines to find the mesh at, as multiaddrs. */
  readonly bootstrap: readonly string[];
  /** Whether machines of the same network find each other by multicast DNS. */
  readonly mdns: boolean;
  /** Namespaces whose ExternalWorkloads may name this machine and any port of it; `*` for all. */
  readonly allowExternal: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Overrides what is measured: thousandths of a core. */
  readonly cpuMillicores: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly logFormat: "text" | "json";
  readonly logLevel: "debug" | "info" | "warn" | "error";
}

/** Where a setting may come from, first one wins: flag, environment, file, default. */
interface Setting {
  readonly flag: string;
  readonly fallback: string;
  readonly help: string;
}

/**
 * Every setting of the daemon. The flag `--api-port` is `BEEMESH_API_PORT` in the environment and
 * `apiPort` in the file.
 */
export const settings = {
  name: { flag: "name", fallback: "", help: "name of this machine (BEEMESH_NODE_ID)" },
  data: { flag: "data", fallback: "", help: "directory of everything the daemon keeps" },
  meshPort: { flag: "mesh-port", fallback: "4100", help: "TCP port of the mesh, 0 for any" },
  meshHost: { flag: "mesh-host", fallback: "0.0.0.0", help: "address the mesh listens on" },
  apiPort: { flag: "api-port", fallback: "6443", help: "port of the Kubernetes API on loopback" },
  httpPort: { flag: "http-port", fallback: "8080", help: "port of services, Ingresses and /v1" },
  workloadPort: { flag: "workload-port", fallback: "7947", help: "port of pods, 0 for any" },
  httpHost: { flag: "http-host", fallback: "127.0.0.1", help: "address that port listens on" },
  nodePortHost: {
    flag: "node-port-host",
    fallback: "",
    help: "address of NodePorts and hostPorts; none are opened without",
  },
  tracesUrl: { flag: "traces-url", fallback: "", help: "OTLP collector, http://…/v1/traces" },
  runtime: { flag: "runtime", fallback: "auto", help: "auto, podman or process" },
  podmanSocket: { flag: "podman-socket", fallback: "", help: "a Podman to use; own store without" },
  bootstrap: { flag: "bootstrap", fallback: "", help: "multiaddrs of machines, comma separated" },
  mdns: { flag: "mdns", fallback: "true", help: "find machines of this network by multicast DNS" },
  allowExternal: {
    flag: "allow-external",
    fallback: "",
    help: "namespaces whose ExternalWorkloads this machine takes unasked, * for all",
  },
  labels: { flag: "labels", fallback: "", help: "labels of this machine: key=value,key=value" },
  cpuMillicores: { flag: "cpu-millicores", fallback: "", help: "cores to offer, in thousandths" },
  memoryBytes: { flag: "memory-bytes", fallback: "", help: "memory to offer, in bytes" },
  logFormat: { flag: "log-format", fallback: "text", help: "text or json" },
  logLevel: { flag: "log-level", fallback: "info", help: "debug, info, warn or error" },
} as const satisfies Record<string, Setting>;

/** A setting's name. */
export type SettingName = keyof typeof settings;

/** Where settings are read from; each gives text or undefined. */
export interface ConfigSources {
  readonly flag: (name: SettingName) => string | undefined;
  readonly environment: (variable: string) => string | undefined;
  readonly file: (name: SettingName) => string | undefined;
}

const namePattern = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/u;
const labelPattern = /^(?<key>[A-Za-z0-9./_-]{1,316})=(?<value>[A-Za-z0-9._-]{0,63})$/u;

/**
 * Reads the daemon's settings from flags, environment and file, in this order.
 *
 * @throws {BeeError} `config-invalid` that names the setting, what it holds and what it may hold.
 */
export function readConfig(sources: ConfigSources): DaemonConfig {
  const text = (name: SettingName): string => {
    const { flag, fallback } = settings[name];
    return (
      sources.flag(name) ??
      (name === "name" ? sources.environment("BEEMESH_NODE_ID") : undefined) ??
      sources.environment(`BEEMESH_${flag.toUpperCase().replaceAll("-", "_")}`) ??
      sources.file(name) ??
      fallback
    );
  };
  const name = text("name").toLowerCase();
  if (name !== "" && !namePattern.test(name)) {
    throw invalid("name", name, "letters, digits, '-' and '.', at most 253");
  }
  return {
    name: name === "" ? undefined : name,
    data: text("data"),
    meshHost: text("meshHost"),
    meshPort: whole("meshPort", text("meshPort"), 65_535),
    apiPort: whole("apiPort", text("apiPort"), 65_535),
    httpPort: whole("httpPort", text("httpPort"), 65_535),
    workloadPort: whole("workloadPort", text("workloadPort"), 65_535),
    httpHost: text("httpHost"),
    nodePortHost: addressOf("nodePortHost", text("nodePortHost")),
    tracesUrl: urlOf("tracesUrl", text("tracesUrl")),
    runtime: oneOf("runtime", text("runtime"), ["auto", "podman", "process"]),
    podmanSocket: text("podmanSocket") === "" ? undefined : text("podmanSocket"),
    bootstrap: listOf(text("bootstrap")),
    mdns: oneOf("mdns", text("mdns"), ["true", "false"]) === "true",
    allowExternal: namespacesOf(text("allowExternal")),
    labels: labelsOf(text("labels")),
    cpuMillicores: optionalWhole("cpuMillicores", text("cpuMillicores")),
    memoryBytes: optionalWhole("memoryBytes", text("memoryBytes")),
    logFormat: oneOf("logFormat", text("logFormat"), ["text", "json"]),
    logLevel: oneOf("logLevel", text("logLevel"), ["debug", "info", "warn", "error"]),
  };
}

function urlOf(name: SettingName, text: string): string {
  const isFit = text === "" || (URL.canParse(text) && /^https?:$/u.test(new URL(text).protocol));
  // What it holds may be a key, so it is not repeated.
  if (!isFit) throw invalid(name, "another text", "a URL that begins with http:// or https://");
  return text;
}

function addressOf(name: SettingName, text: string): string {
  if (text !== "" && isIP(text) === 0) throw invalid(name, text, "an IP address, or nothing");
  return text;
}

function listOf(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function namespacesOf(text: string): readonly string[] {
  return listOf(text).map((item) => {
    if (item !== "*" && !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/u.test(item)) {
      throw invalid("allowExternal", item, "names of namespaces, or *");
    }
    return item;
  });
}

function labelsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    listOf(text).map((item) => {
      const { key, value } = labelPattern.exec(item)?.groups ?? {};
      if (key === undefined || value === undefined) throw invalid("labels", item, "key=value");
      return [key, value];
    }),
  );
}

function whole(name: SettingName, text: string, max: number): number {
  const value = Number(text);
  if (/^\d{1,16}$/u.test(text) && value <= max) return value;
  throw invalid(name, text, `a whole number from 0 to ${max}`);
}

function optionalWhole(name: SettingName, text: string): number | undefined {
  return text === "" ? undefined : whole(name, text, Number.MAX_SAFE_INTEGER);
}

function oneOf<const Choice extends string>(
  name: SettingName,
  text: string,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw invalid(name, text, choices.join(", "));
  return found;
}

function invalid(name: SettingName, text: string, wanted: string): BeeError {
  const message = `Cannot read setting ${name}: it is "${text}", it may be ${wanted}`;
  return new BeeError("config-invalid", message, { facts: { name, text } });
}
