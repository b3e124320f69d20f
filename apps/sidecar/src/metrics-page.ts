/**
 * Characters of one sidecar's page of metrics: with what JSON escapes it stays below the longest
 * line of the channel (256 KiB).
 */
export const pageLengthMax: number = 200_000;

const familyPattern = /(?=^# HELP )/mu;

/** The page without the families that are too many for it; those that come first stay. */
export function pageOf(text: string): string {
  if (text.length <= pageLengthMax) return text;
  let length = 0;
  return text
    .split(familyPattern)
    .filter((family) => {
      const isFitting = length + family.length <= pageLengthMax;
      if (isFitting) length += family.length;
      return isFitting;
    })
    .join("");
}
