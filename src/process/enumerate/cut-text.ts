/** The longest prefix of whole characters within `maxBytes` of UTF-8. */
export function cutText(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes));
  return text.slice(0, read);
}

/** The arguments that fit, the last one cut where it must be; the same array when all fit. */
export function cutArguments(args: readonly string[], maxBytes: number): readonly string[] {
  let bytes = 0;
  for (const [index, argument] of args.entries()) {
    bytes += Buffer.byteLength(argument);
    if (bytes <= maxBytes) continue;
    const room = maxBytes - (bytes - Buffer.byteLength(argument));
    return [...args.slice(0, index), cutText(argument, room)];
  }
  return args;
}
