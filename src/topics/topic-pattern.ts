import { ProcmondError } from '../base/errors.ts';
import { firstProblem, quoteTopic, segmentProblem, sizeProblem } from './topic.ts';

/** Which topics somebody wants to hear of. */
export interface TopicPattern {
  readonly text: string;
  /** @param topic a legal one */
  matches(topic: string): boolean;
}

/**
 * Compiles a pattern: a topic in which a segment may be `+`, which stands for exactly one, and the last one `#`, which
 * stands for any number of them, none included. What a topic may not hold, a pattern may not either.
 * @throws {ProcmondError} TOPIC_INVALID naming the segment
 */
export function parseTopicPattern(text: string): TopicPattern {
  const segments = text.split('/');
  const open = segments.at(-1) === '#';
  const named = open ? segments.slice(0, -1) : segments;
  const problem = sizeProblem(named) ?? firstProblem(segments, patternSegmentProblem(segments.length));
  if (problem !== undefined) {
    throw new ProcmondError('TOPIC_INVALID', `cannot subscribe to ${quoteTopic(text)}: ${problem}`);
  }
  const expression = new RegExp(`^${named.map(oneSegment).join('/')}${open ? anySegments(named.length) : ''}$`);
  return { text, matches: (topic) => expression.test(topic) };
}

function patternSegmentProblem(count: number) {
  return (segment: string, position: number): string | undefined => {
    if (segment === '+') return undefined;
    if (segment !== '#') return segmentProblem(segment);
    return position === count ? undefined : 'is not the last one, as "#" must be';
  };
}

const ONE_SEGMENT = '[a-z0-9_-]+';

function oneSegment(segment: string): string {
  return segment === '+' ? ONE_SEGMENT : segment;
}

/** `#` alone stands for one at least: there is no topic without a segment. */
function anySegments(before: number): string {
  return before === 0 ? `${ONE_SEGMENT}(?:/${ONE_SEGMENT})*` : `(?:/${ONE_SEGMENT})*`;
}
