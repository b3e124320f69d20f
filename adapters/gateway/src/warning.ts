/** The most that kube-apiserver sends of one warning, and of all of them. */
const warningLengthMax = 256;
const warningsLengthMax = 4096;

/**
 * Warnings as values of the HTTP header `Warning`, which kubectl prints.
 *
 * Source: RFC 7234, section 5.5; code 299 and the lengths as in kube-apiserver.
 *
 * @param texts - Any text; control characters become spaces, doubled warnings are sent once.
 */
export function warningHeaders(texts: readonly string[]): readonly string[] {
  const headers: string[] = [];
  let lengthLeft = warningsLengthMax;
  for (const text of new Set(texts)) {
    const header = `299 - "${quotable(text)}"`;
    lengthLeft -= header.length;
    if (lengthLeft < 0) break;
    headers.push(header);
  }
  return headers;
}

/** Text for a quoted string: Node sends header values as Latin-1, so UTF-8 goes byte by byte. */
function quotable(text: string): string {
  const line = text.slice(0, warningLengthMax).replace(/[\p{Cc}\p{Cs}]/gu, " ");
  return Buffer.from(line.replace(/["\\]/gu, "\\$&"), "utf8").toString("latin1");
}
