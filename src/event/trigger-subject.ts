import type { AttributeValue } from './collection-event.ts';
import type { TriggerRequest } from './trigger-request.ts';

/** What a request is about, in the attributes that records of processes and files have. */
export function triggerSubject({
  process,
  path,
}: Pick<TriggerRequest, 'process' | 'path'>): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {};
  if (process !== undefined) {
    attributes['process.pid'] = process.pid;
    attributes['procmond.process.start_ticks'] = process.startTicks;
    if (process.creationTimeMillis !== undefined) {
      attributes['process.creation.time'] = new Date(process.creationTimeMillis).toISOString();
    }
    if (process.cpid !== undefined) attributes['procmond.process.cpid'] = process.cpid;
  }
  if (path !== undefined) attributes['file.path'] = path;
  return attributes;
}
