import { compile, type Declaration } from "@beemesh/cel";
import {
  type KubeObject,
  listAt,
  objectsAt,
  type Resource,
  type ResourceBook,
  structuralSchema,
  textAt,
  valueAt,
} from "@beemesh/model";
import { canonicalJson, type JsonObject } from "@beemesh/wire";
import { admissionPolicyResource } from "./kinds.ts";
import { fine, isEnding, type Look, puttingStatus } from "./view.ts";

/** Kinds that a policy is checked against, as many as Kubernetes checks. */
const kindsMax = 10;

/**
 * Tells in a ValidatingAdmissionPolicy's status that it was seen, and what its expressions ask of
 * kinds that have no such thing. That is advice: what counts is what an expression gives when it
 * is evaluated.
 *
 * Source: k8s.io/apiserver, admission/plugin/policy/validating/typechecking.go.
 */
export const lookAtAdmissionPolicy: Look = (policy, { store }) => {
  const { generation } = policy.metadata;
  if (isEnding(policy) || valueAt(policy, ["status", "observedGeneration"]) === generation) {
    return fine;
  }
  const warnings = expressionWarnings(policy, store.resources);
  const typeChecking = warnings.length === 0 ? {} : { expressionWarnings: warnings };
  const conditions = listAt(policy, "status", "conditions");
  const status = {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    typeChecking,
    ...(conditions.length === 0 ? {} : { conditions }),
  };
  const id = `checked ${canonicalJson(status)}`;
  return { actions: [puttingStatus(id, admissionPolicyResource, { ...policy, status })] };
};

interface ExpressionWarning {
  readonly fieldRef: string;
  readonly warning: string;
}

function expressionWarnings(policy: KubeObject, book: ResourceBook): readonly ExpressionWarning[] {
  const kinds = kindsOf(policy, book);
  const hasParams = valueAt(policy, ["spec", "paramKind"]) !== undefined;
  const params = hasParams ? paramsOf(policy, book) : undefined;
  const hasVariables = listAt(policy, "spec", "variables").length > 0;
  return objectsAt(policy, "spec", "validations").flatMap((validation, index) =>
    ["expression", "messageExpression"].flatMap((member): ExpressionWarning[] => {
      const source = textAt(validation, member);
      if (source === "") return [];
      const texts = kinds.flatMap((kind) => faultsOf(source, kind, { params, hasVariables }));
      if (texts.length === 0) return [];
      return [{ fieldRef: `spec.validations[${index}].${member}`, warning: texts.join("\n") }];
    }),
  );
}

/** The kinds that a policy names outright; what it means by a wildcard is anybody's guess. */
function kindsOf(policy: KubeObject, book: ResourceBook): readonly Resource[] {
  const rules = objectsAt(policy, "spec", "matchConstraints", "resourceRules");
  const found = rules.flatMap((rule) =>
    textsAt(rule, "apiGroups").flatMap((group) =>
      textsAt(rule, "resources").flatMap((plural) =>
        textsAt(rule, "apiVersions").flatMap(
          (version) => book.serving(group, version, plural) ?? [],
        ),
      ),
    ),
  );
  return [...new Set(found)].slice(0, kindsMax);
}

function textsAt(rule: JsonObject, member: string): readonly string[] {
  return listAt(rule, member).filter((each) => typeof each === "string");
}

function paramsOf(policy: KubeObject, book: ResourceBook): Declaration {
  const kind = book.ofKind(
    textAt(policy, "spec", "paramKind", "apiVersion"),
    textAt(policy, "spec", "paramKind", "kind"),
  );
  return kind === undefined ? "dyn" : { schema: schemaOf(kind) };
}

function schemaOf(resource: Resource): JsonObject {
  return resource.custom?.schema ?? structuralSchema(resource);
}

interface Beside {
  readonly params: Declaration | undefined;
  readonly hasVariables: boolean;
}

function faultsOf(
  source: string,
  resource: Resource,
  { params, hasVariables }: Beside,
): readonly string[] {
  const object = { schema: schemaOf(resource) };
  const compiled = compile(source, {
    variables: {
      object,
      oldObject: object,
      request: "dyn",
      namespaceObject: "dyn",
      authorizer: "Authorizer",
      "authorizer.requestResource": "ResourceCheck",
      ...(params === undefined ? {} : { params }),
      ...(hasVariables ? { variables: "dyn" } : {}),
    },
  });
  if (compiled.ok) return [];
  const { group, version, kind } = resource;
  const name = `${group === "" ? "" : `${group}/`}${version}, Kind=${kind}`;
  return [`${name}: ${compiled.message.replace("compilation failed: ", "")}`];
}
