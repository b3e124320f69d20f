import { BeeError } from "@beemesh/base";
import { type ClassicServer, createClassicServer } from "@beemesh/gateway";
import { selfSignedServer } from "@beemesh/identity";
import type { JsonObject } from "@beemesh/wire";
import { applyObject, askObject, type BackendOptions } from "./backend.ts";
import type { Consents } from "./external/consents.ts";
import { readProgram } from "./external/program.ts";
import { isWell } from "./health.ts";
import type { Ways } from "./ingress/ways.ts";
import type { Meters } from "./meters.ts";
import type { DaemonStatus } from "./status.ts";
import type { ConnectionsPage } from "./workload/connections-page.ts";

/** What the classic interface is served from. */
export interface ClassicOptions {
  /** This machine's name. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly unixPath: string;
  readonly backend: BackendOptions;
  readonly ways: Ways;
  readonly meters: Pick<Meters, "turnedAwayHttp">;
  readonly consents: Pick<Consents, "give" | "withdraw">;
  readonly metrics: () => Promise<string>;
  /** What `GET /v1/connections` answers, there too. */
  readonly connections: () => ConnectionsPage;
  /** What `GET /v1/status` answers, through the Unix socket only. */
  readonly status: () => DaemonStatus;
}

/** Serves the first generation's interface, and the ways into services. */
export function openClassic(options: ClassicOptions): Promise<ClassicServer> {
  const { name, host, port, unixPath, backend, ways, metrics, status, connections } = options;
  return createClassicServer({
    host,
    port,
    unixPath,
    metrics,
    onTurnedAway: (cause) => options.meters.turnedAwayHttp(cause),
    healthy: () => isWell(backend.host.health),
    pages: new Map<string, () => unknown>([
      ["/v1/status", status],
      ["/v1/connections", connections],
    ]),
    apply: (object, wish) => applyObject(backend, object, wish),
    services: () => ways.services(),
    route: (wanted) => ways.find(wanted),
    claims: (asked) => ways.claims(asked),
    owner: {
      find: (wish) => ways.findService(wish),
      object: (method, path) => askObject(backend, method, path),
      consent: (place, object) => consent(options, place, object),
    },
    tls: {
      fallback: selfSignedServer([name, "localhost", "127.0.0.1", "::1"]),
      contextOf: (asked) => ways.contextOf(asked),
    },
  });
}

/** Agrees to an ExternalWorkload, or without one takes that back. */
function consent(
  { name: self, consents }: Pick<ClassicOptions, "name" | "consents">,
  [namespace, name]: readonly [string, string],
  object: JsonObject | undefined,
): void {
  const place = { namespace, name };
  if (object === undefined) {
    consents.withdraw(place);
    return;
  }
  const metadata = { ...place, uid: name };
  const spec = object["spec"];
  const program = readProgram({ apiVersion: "", kind: "", metadata, spec });
  if (program === undefined || program.machine !== self) {
    const reason = `it names machine ${program?.machine ?? "none"}, this is ${self}`;
    throw new BeeError("consent-refused", `Cannot accept ${namespace}/${name}: ${reason}`);
  }
  consents.give(place, program);
}
