const MAX_SEGMENTS = 8;
const MAX_TOPIC_BYTES = 256;

/**
 * Why a topic cannot be published on, or undefined when it can: 1 to 8 segments of lower-case letters, digits, `-` and
 * `_`, joined by `/`, at most 256 bytes.
 */
export function topicProblem(topic: string): string | undefined {
  const segments = topic.split('/');
  return sizeProblem(segments) ?? firstProblem(segments, segmentProblem);
}

export function sizeProblem(segments: readonly string[]): string | undefined {
  // Of what is legal each character is one byte; what is not gets named below.
  const bytes = segments.join('/').length;
  if (bytes > MAX_TOPIC_BYTES) return `it has ${bytes} bytes, at most ${MAX_TOPIC_BYTES} are allowed`;
  if (segments.length <= MAX_SEGMENTS) return undefined;
  return `it has ${segments.length} segments, at most ${MAX_SEGMENTS} are allowed`;
}

/** What is wrong with a segment, in words that follow its name. */
export function segmentProblem(segment: string): string | undefined {
  if (segment === '') return 'is empty';
  const illegal = /[^a-z0-9_-]/u.exec(segment)?.[0];
  if (illegal === undefined) return undefined;
  return `has ${JSON.stringify(illegal)}, allowed are lower-case letters, digits, "-" and "_"`;
}

/** What is wrong with the first segment that is not right, behind its number (from 1) and its text. */
export function firstProblem(
  segments: readonly string[],
  problemOf: (segment: string, position: number) => string | undefined,
): string | undefined {
  for (const [index, segment] of segments.entries()) {
    const problem = problemOf(segment, index + 1);
    if (problem !== undefined) return `segment ${index + 1} (${JSON.stringify(segment)}) ${problem}`;
  }
  return undefined;
}

/** For a message: what is too long is cut. */
export function quoteTopic(text: string): string {
  return JSON.stringify(text.length <= MAX_TOPIC_BYTES ? text : `${text.slice(0, MAX_TOPIC_BYTES)}...`);
}
