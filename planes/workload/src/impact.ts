import type { KubeObject } from "@beemesh/model";
import { isDefaultDeny } from "@beemesh/policy";
import type { Change } from "@beemesh/ports";
import { canonicalJson } from "@beemesh/wire";
import type { Catalog } from "./catalog.ts";
import { readService } from "./service-record.ts";
import { readSlice } from "./slice-record.ts";
import { readExternalWorkload, readPod, type WorkloadRecord } from "./workload-record.ts";

/** What a change may have made untrue of what was told. */
export interface Impact {
  /** Routes of all, of none, or those that lead to these. */
  readonly routes: "none" | "all" | Places;
  /** Whether verdicts of `admit` may be others now. */
  readonly verdicts: boolean;
  /** Whether names may be others now. */
  readonly names: boolean;
}

/** Routes that a change concerns. */
export interface Places {
  /** Services, `<namespace>/<name>`. */
  readonly services: readonly string[];
  /** Addresses: of those Services, and of pods. */
  readonly ips: readonly string[];
  /** Namespaces whose pods ask by other rules now. */
  readonly namespaces: readonly string[];
  /** Pods, by uid, that ask by other rules now. */
  readonly askers: readonly string[];
}

/** The annotation of a Node that says which peer it is. */
const peerAnnotation = "beemesh.io/peer-id";

const nothing: Impact = { routes: "none", verdicts: false, names: false };

/**
 * What a change concerns: records are compared as they were and are, so that what only counts,
 * times or reports concerns nothing. The catalog has taken in the change.
 *
 * @param isJudged - Whether a pod was caller or target of a verdict.
 */
export function impactOf(
  change: Change,
  catalog: Catalog,
  isJudged: (uid: string) => boolean,
): Impact {
  const { group, name } = change.resource;
  const reader = readers[`${group}/${name}`];
  if (reader === undefined) return nothing;
  const versions = versionsOf(change);
  const texts = versions.map((version) => canonicalJson(reader.read(version)));
  if (texts.length === 2 && texts[0] === texts[1]) return nothing;
  return reader.weigh({ versions, catalog, isJudged });
}

interface Weighing {
  /** The object as it was, if it was there, and as it is, if it is. */
  readonly versions: readonly KubeObject[];
  readonly catalog: Catalog;
  readonly isJudged: (uid: string) => boolean;
}

interface Reader {
  /** What of the object matters. */
  readonly read: (object: KubeObject) => unknown;
  readonly weigh: (weighing: Weighing) => Impact;
}

const readers: Readonly<Record<string, Reader>> = {
  "/services": { read: readService, weigh: weighService },
  "/pods": {
    // Whether a pod is ready is told by slices; of programs it decides their names.
    read: (pod) => ({ ...readPod(pod), isReady: false }),
    weigh: (weighing) => weighWorkload(weighing, readPod),
  },
  "/namespaces": {
    read: (object) => [object.metadata.labels ?? {}, isDefaultDeny(object)],
    weigh: () => ({ routes: "all", verdicts: true, names: false }),
  },
  "/nodes": {
    read: ({ metadata }) => metadata.annotations?.[peerAnnotation] ?? "",
    weigh: () => ({ ...nothing, verdicts: true }),
  },
  "discovery.k8s.io/endpointslices": { read: readSlice, weigh: weighSlice },
  "networking.k8s.io/networkpolicies": {
    read: ({ metadata, spec }) => [metadata.annotations ?? {}, spec],
    weigh: ({ versions }) => ({
      routes: { services: [], ips: [], namespaces: namespacesOf(versions), askers: [] },
      verdicts: true,
      names: true,
    }),
  },
  "beemesh.io/externalworkloads": {
    read: readExternalWorkload,
    weigh: (weighing) => ({ ...weighWorkload(weighing, readExternalWorkload), names: true }),
  },
};

function versionsOf({ kind, object, before }: Change): readonly KubeObject[] {
  if (kind === "deleted") return [object];
  return before === undefined ? [object] : [before, object];
}

function namespacesOf(versions: readonly KubeObject[]): readonly string[] {
  return [...new Set(versions.map(({ metadata }) => metadata.namespace ?? ""))];
}

function weighService({ versions }: Weighing): Impact {
  const records = versions.map(readService);
  const isAlias = records.some(({ externalName }) => externalName !== "");
  return {
    routes: {
      services: [...new Set(records.map(({ key }) => key))],
      ips: [...new Set(records.flatMap(({ ips }) => ips))],
      namespaces: isAlias ? namespacesOf(versions) : [],
      askers: [],
    },
    verdicts: false,
    names: true,
  };
}

function weighSlice({ versions, catalog }: Weighing): Impact {
  const records = versions.map(readSlice);
  const services = [...new Set(records.map(({ service }) => service))];
  const known = services.flatMap((key) => catalog.service(key) ?? []);
  const hasNames = records.some(({ endpoints }) =>
    endpoints.some(({ hostname }) => hostname !== ""),
  );
  const isNamed = known.length === 0 || known.some(({ isHeadless }) => isHeadless);
  return {
    routes: { services, ips: known.flatMap(({ ips }) => ips), namespaces: [], askers: [] },
    verdicts: false,
    names: isNamed || hasNames,
  };
}

function weighWorkload(
  { versions, catalog, isJudged }: Weighing,
  read: (object: KubeObject) => WorkloadRecord,
): Impact {
  const records = versions.map(read);
  const behind = records.flatMap(({ uid, ips }) => [...catalog.servicesOf(uid, ips)]);
  const services = [...new Set(behind)];
  const addresses = services.flatMap((key) => catalog.service(key)?.ips ?? []);
  return {
    routes: {
      services,
      ips: [...new Set([...records.flatMap(({ ips }) => ips), ...addresses])],
      namespaces: [],
      askers: [...new Set(records.map(({ uid }) => uid))],
    },
    verdicts: records.some(({ uid }) => isJudged(uid)),
    names: false,
  };
}
