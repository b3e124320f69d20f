import type { Pod } from "@beemesh/model";

/** What all containers of a pod together may say about their ends, as kubelet has it. */
const podMessageBytesMax = 12_288;

/** How many bytes one container of a pod may say about its end: each has the same share. */
export function messageBytesMax({ spec }: Pod): number {
  const { initContainers = [], containers, ephemeralContainers = [] } = spec;
  const count = initContainers.length + containers.length + ephemeralContainers.length;
  return Math.floor(podMessageBytesMax / Math.max(1, count));
}

/** The beginning of a text that takes no more bytes than so many in UTF-8. */
export function cutText(text: string, bytesMax: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += bytesOf(character.codePointAt(0) ?? 0);
    if (bytes > bytesMax) return text.slice(0, end);
    end += character.length;
  }
  return text;
}

function bytesOf(point: number): number {
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x1_0000 ? 3 : 4;
}
