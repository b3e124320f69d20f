/**
 * Writes `docs/kubernetes-support.md`: which kinds and fields of Kubernetes BeeMesh acts on, and
 * which it keeps and answers with a warning. Run it after a change of `honoured.ts` or of the
 * kinds: `node tools/support.ts`.
 */
import { writeFileSync } from "node:fs";
import {
  honouredKeys,
  honouredMembers,
  honouredValues,
  idleKinds,
  inertItems,
  inertValues,
} from "../core/model/src/honoured.ts";
import { apiVersionOf, type Resource, resources } from "../core/model/src/resource.ts";
import {
  type Field,
  type TypeSchema,
  typeNamed,
  typeOfResource,
} from "../core/model/src/schema.ts";

/** One field that stands below a kind that is acted on. */
export interface SupportedField {
  readonly type: TypeSchema;
  readonly field: Field;
  readonly isHonoured: boolean;
  /** The kind, and the fields on the shortest way from it to the field's holder. */
  readonly resource: Resource;
  readonly way: readonly Field[];
}

/** Whether something acts on objects of this kind. */
export function isActedOn({ name, group }: Resource): boolean {
  return !idleKinds.has(`${name}.${group}`);
}

/** Every field that a manifest of a kind that is acted on can set, once for each type. */
export function supportedFields(): readonly SupportedField[] {
  const seen = new Set<string>();
  const open = resources
    .filter(isActedOn)
    .map((resource) => ({ type: typeOfResource(resource), resource, way: [] as Field[] }));
  const found: SupportedField[] = [];
  for (let place = open.shift(); place !== undefined; place = open.shift()) {
    const { type, resource, way } = place;
    if (seen.has(type.name)) continue;
    seen.add(type.name);
    const honoured = honouredMembers[type.name];
    for (const field of type.members.values()) {
      if (isPlain(field, way.length)) continue;
      const isHonoured = honoured === undefined || honoured.includes(field.name);
      found.push({ type, field, isHonoured, resource, way });
      const inner = typeNamed(field.type);
      if (isHonoured && inner !== undefined) {
        open.push({ type: inner, resource, way: [...way, field] });
      }
    }
  }
  return found;
}

/** What every object has, and what the server says and no manifest. */
function isPlain({ name }: Field, depth: number): boolean {
  return depth === 0 && ["apiVersion", "kind", "metadata", "status"].includes(name);
}

/** The text of `docs/kubernetes-support.md` for the tables as they are. */
export function supportDocument(): string {
  const byType = Map.groupBy(supportedFields(), ({ type }) => type);
  const [partly, wholly] = [...byType]
    .toSorted(([a], [b]) => (a.name < b.name ? -1 : 1))
    .reduce<[[TypeSchema, SupportedField[]][], string[]]>(
      ([some, all], [type, fields]) =>
        fields.every(isWhole) ? [some, [...all, type.name]] : [[...some, [type, fields]], all],
      [[], []],
    );
  const sections = partly.map(([type, fields]) => typeSection(type, fields));
  const whole = wholly.map((name) => `- \`${name}\``).join("\n");
  return `${intro}\n\n${kindTable()}\n\n${fieldIntro}\n\n${sections.join("\n\n")}\n\n${wholeIntro}\n\n${whole}\n`;
}

const intro = `# What of Kubernetes is acted on

This page is made of the code by \`node tools/support.ts\`; a test fails when it is out of date.

Nothing of a manifest is dropped in silence. Each field of the published API is one of these:

- **honoured**: something in the mesh acts on it;
- **warning**: it is valid, kept and shown, and nothing acts on it. Whoever writes it gets a
  \`Warning\` header that names the field, which kubectl prints;
- **refused**: unknown fields with \`fieldValidation=Strict\` (kubectl's default), and values that
  the published types, or the rules of kube-apiserver, do not allow, with a 422 that names the field.
  With \`fieldValidation=Warn\`, the default of the API, an unknown field is dropped and named in a warning.

## Kinds

A kind that is "kept" is stored, replicated, defaulted, validated, watched and printed, and its
writers are told that nothing acts on it yet.`;

const fieldIntro = `## Fields

The fields of kinds that are acted on, type by type, for types of which some fields have no effect.
Below a field that has no effect nothing has one.`;

const wholeIntro = `## Types that are honoured as a whole`;

function kindTable(): string {
  const rows = resources.map((resource) => {
    const state = isActedOn(resource) ? "honoured" : "kept";
    return `| \`${resource.kind}\` | \`${apiVersionOf(resource)}\` | ${state} |`;
  });
  return ["| kind | version | state |", "|---|---|---|", ...rows].join("\n");
}

function isWhole({ type, field, isHonoured }: SupportedField): boolean {
  return isHonoured && limitOf(type, field) === "";
}

/** To which values or keys of an honoured field BeeMesh keeps. */
function limitOf(type: TypeSchema, field: Field): string {
  const id = `${type.name}.${field.name}`;
  const values = [...(honouredValues[id] ?? []), ...(honouredKeys[id] ?? [])];
  const texts = values.map((value) => `\`${value}\``).join(", ");
  return values.length === 0 ? "" : `: ${texts}; **warning** for others`;
}

function typeSection(type: TypeSchema, fields: readonly SupportedField[]): string {
  const rows = fields.map(({ field, isHonoured }) => {
    const answer = isHonoured ? `honoured${limitOf(type, field)}` : warningOf(type, field);
    return `| \`${field.name}\` | ${answer} |`;
  });
  return [`### \`${type.name}\``, "", "| field | answer |", "|---|---|", ...rows].join("\n");
}

/** With which values a field asks for what happens anyway, so that there is nothing to say. */
function warningOf(type: TypeSchema, field: Field): string {
  const id = `${type.name}.${field.name}`;
  const inert = [...(inertValues[id] ?? []), inertItems[id] ?? []].flat();
  if (isInert(type, field)) return "nothing to act on, either way";
  const texts = inert.map((value) => `\`${value}\``).join(", ");
  return inert.length === 0 ? "**warning**" : `**warning**, but for ${texts}`;
}

/** Whether a truth value changes nothing, be it what it may. */
export function isInert(type: TypeSchema, field: Field): boolean {
  const id = `${type.name}.${field.name}`;
  return inertValues[id]?.includes(true) === true;
}

if (import.meta.main) writeFileSync("docs/kubernetes-support.md", supportDocument());
