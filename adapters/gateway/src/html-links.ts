import { Transform } from "node:stream";

/** A tag that is longer than this is passed as it is. */
const tagBytesMax = 16 * 1024;

/** Attributes that hold an address. Source: https://html.spec.whatwg.org/#attributes-3 */
const names =
  "action|background|cite|codebase|data|formaction|href|icon|longdesc|manifest|poster|src|usemap";

const tagPattern = /<[a-z][^<>]*>/giu;

const attributePattern = new RegExp(
  `(?<lead>\\s(?:${names})\\s*=\\s*["']?)(?<url>[^\\s"'<>]+)`,
  "giu",
);

/**
 * Moves the links of a page below a prefix while it passes, so that they lead through the proxy
 * that the page came through.
 *
 * @param move - What a link becomes.
 */
export function movedLinks(move: (url: string) => string): Transform {
  const rewrite = (text: string): string =>
    text.replaceAll(tagPattern, (tag) =>
      tag.replaceAll(attributePattern, (_, lead: string, url: string) => `${lead}${move(url)}`),
    );
  let held = "";
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      // What is no ASCII is passed byte by byte, whatever the page's encoding is.
      const text = held + chunk.toString("latin1");
      const open = text.lastIndexOf("<");
      const isWhole = open === -1 || text.includes(">", open) || text.length - open > tagBytesMax;
      held = isWhole ? "" : text.slice(open);
      done(null, Buffer.from(rewrite(isWhole ? text : text.slice(0, open)), "latin1"));
    },
    flush(done) {
      done(null, Buffer.from(held, "latin1"));
    },
  });
}
