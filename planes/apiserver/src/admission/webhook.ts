/**
 * Webhooks as their configurations describe them.
 *
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
 */
import { findResource } from "@beemesh/model";
import type { ObjectStore } from "@beemesh/ports";
import type { Call } from "../call.ts";
import { fieldAt, listAt, numberAt, textAt } from "../field.ts";
import { badRequest, type Status } from "../status.ts";
import { reviewRequest } from "./admission-review.ts";
import type { Question } from "./counsel.ts";
import type { Intent } from "./intent.ts";
import type { Matcher } from "./matching.ts";

export interface Webhook extends Matcher {
  /** Tells it from the others, also of other configurations. */
  readonly key: string;
  /** The name of the object that it is in. */
  readonly configuration: string;
  readonly name: string;
  readonly isMutating: boolean;
  /** Whether a request goes on when the webhook does not answer. */
  readonly isIgnorable: boolean;
  /** Whether it is asked again when others have changed the object after it. */
  readonly isReinvocable: boolean;
  readonly sideEffects: string;
  readonly timeoutSeconds: number;
  readonly clientConfig: unknown;
  readonly conditions: unknown;
}

const group = "admissionregistration.k8s.io";
const secondsDefault = 10;

/** All webhooks of one sort, in the order in which they are asked: by configuration, as listed. */
export function webhooksOf(
  store: ObjectStore,
  sort: "mutating" | "validating",
): readonly Webhook[] {
  const resource = findResource(group, `${sort}webhookconfigurations`);
  if (resource === undefined) return [];
  const isMutating = sort === "mutating";
  return store.list(resource).items.flatMap((configuration) =>
    listAt(configuration, "webhooks").map(
      (hook, index): Webhook => ({
        key: `${configuration.metadata.name}/${index}/${textAt(hook, "name")}`,
        configuration: configuration.metadata.name,
        name: textAt(hook, "name"),
        isMutating,
        isIgnorable: textAt(hook, "failurePolicy") === "Ignore",
        isReinvocable: isMutating && textAt(hook, "reinvocationPolicy") === "IfNeeded",
        sideEffects: textAt(hook, "sideEffects"),
        timeoutSeconds: numberAt(hook, "timeoutSeconds") || secondsDefault,
        clientConfig: fieldAt(hook, "clientConfig"),
        conditions: hook,
        rules: listAt(hook, "rules"),
        matchPolicy: textAt(hook, "matchPolicy"),
        namespaceSelector: fieldAt(hook, "namespaceSelector"),
        objectSelector: fieldAt(hook, "objectSelector"),
      }),
    ),
  );
}

/** What a webhook is asked about an intent. */
export function questionOf(call: Call, intent: Intent, hook: Webhook): Question {
  const { clientConfig, timeoutSeconds } = hook;
  const service = fieldAt(clientConfig, "service");
  const url =
    service === undefined ? withTimeout(textAt(clientConfig, "url"), timeoutSeconds) : undefined;
  return {
    url: url ?? serviceUrl(service, timeoutSeconds),
    ...(service === undefined ? {} : { service: serviceOf(service) }),
    caBundle: textAt(clientConfig, "caBundle"),
    timeoutMs: timeoutSeconds * 1000,
    request: reviewRequest(call, intent),
  };
}

/** Why a webhook cannot be asked about what is only tried; undefined if it can. */
export function dryRunRefusal({ name, sideEffects }: Webhook, intent: Intent): Status | undefined {
  if (!intent.dryRun || sideEffects === "None" || sideEffects === "NoneOnDryRun") return undefined;
  return badRequest(`admission webhook ${JSON.stringify(name)} does not support dry run`);
}

function serviceOf(service: unknown): NonNullable<Question["service"]> {
  return {
    namespace: textAt(service, "namespace"),
    name: textAt(service, "name"),
    port: numberAt(service, "port") || 443,
  };
}

function serviceUrl(service: unknown, timeoutSeconds: number): string {
  const { namespace, name, port } = serviceOf(service);
  const path = textAt(service, "path").replace(/^\/*/u, "/");
  return withTimeout(`https://${name}.${namespace}.svc:${port}${path}`, timeoutSeconds);
}

/** The webhook is told how long it has. */
function withTimeout(url: string, seconds: number): string {
  return `${url}${url.includes("?") ? "&" : "?"}timeout=${seconds}s`;
}
