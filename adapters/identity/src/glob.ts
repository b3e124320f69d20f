/**
 * Whether `pattern`, in which `*` stands for any text, matches all of `text`. Takes time in the
 * product of their lengths at most: patterns come from outside.
 */
export function globMatches(pattern: string, text: string): boolean {
  const [head = "", ...rest] = pattern.split("*");
  const tail = rest.pop();
  if (tail === undefined) return pattern === text;
  if (text.length < head.length + tail.length) return false;
  if (!text.startsWith(head) || !text.endsWith(tail)) return false;
  let from = head.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, from);
    if (found === -1) return false;
    from = found + piece.length;
  }
  return from <= text.length - tail.length;
}

/**
 * Whether whatever `narrow` matches, `wide` matches too. The star of `narrow` can only be taken
 * by a star of `wide`, so it is enough to match it as if it were a letter.
 */
export function globCovers(wide: string, narrow: string): boolean {
  return globMatches(wide, narrow);
}
