/** Where analyses are asked of a source, or of whoever else reads it. */
export function triggerTopic(target: string): string {
  return `collector/triggers/${target}`;
}
