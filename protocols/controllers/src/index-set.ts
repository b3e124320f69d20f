/**
 * Indexes as text, such as `0,3-5`: how Kubernetes tells which of a Job's indexes have succeeded.
 *
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/
 */

/** The indexes of a text below `end`; what cannot be read is left out. */
export function readIndexes(text: string, end: number): Set<number> {
  const indexes = new Set<number>();
  for (const part of text.split(",")) {
    const [, first = "", last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/u.exec(part) ?? [];
    if (first === "") continue;
    for (let index = Number(first); index <= Number(last) && index < end; index += 1) {
      indexes.add(index);
    }
  }
  return indexes;
}

/** Indexes as text: in order, three or more in a row as a range, as Kubernetes writes them. */
export function indexesText(indexes: Iterable<number>): string {
  const parts: string[] = [];
  let [first, last] = [Number.NaN, Number.NaN];
  const close = (): void => {
    if (first === last) parts.push(`${first}`);
    else if (first < last) parts.push(last === first + 1 ? `${first},${last}` : `${first}-${last}`);
  };
  for (const index of [...indexes].toSorted((a, b) => a - b)) {
    if (index !== last + 1) {
      close();
      first = index;
    }
    last = index;
  }
  close();
  return parts.join(",");
}
