/** What a client asks for in its Accept header, and which of it is given. */

/** A media type with its parameters, such as `application/json;as=Table;v=v1`. */
export interface MediaType {
  /** Lower case, without parameters. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Media types read of one header; a client that sends more is not a client. */
const mediaTypesMax = 32;

/** The media types of an Accept or Content-Type header, in the client's order of preference. */
export function mediaTypesOf(header: string): readonly MediaType[] {
  return header
    .split(",", mediaTypesMax)
    .map((text) => mediaTypeOf(text))
    .filter(({ type }) => type !== "")
    .map((mediaType, index) => ({ mediaType, index, quality: qualityOf(mediaType) }))
    .filter(({ quality }) => quality > 0)
    .toSorted((a, b) => b.quality - a.quality || a.index - b.index)
    .map(({ mediaType }) => mediaType);
}

/** Reads one media type; its `type` is empty if `text` is none. */
export function mediaTypeOf(text: string): MediaType {
  const [type = "", ...rest] = text.split(";").map((part) => part.trim());
  const parameters = new Map<string, string>();
  for (const parameter of rest) {
    const [name = "", value = ""] = parameter.split("=", 2);
    parameters.set(name.trim().toLowerCase(), value.trim());
  }
  return { type: type.toLowerCase(), parameters };
}

/** Whether JSON satisfies the media type. */
export function takesJson({ type }: MediaType): boolean {
  return type === "application/json" || type === "*/*" || type === "application/*";
}

function qualityOf({ parameters }: MediaType): number {
  const quality = Number(parameters.get("q") ?? "1");
  return Number.isFinite(quality) ? quality : 1;
}
