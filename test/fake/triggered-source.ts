import type { TriggerAnswers, TriggerContext } from '../../src/collector/event-source.ts';
import { SourceCaps } from '../../src/collector/source-caps.ts';
import type { AnalysisType, TriggerRequest } from '../../src/event/trigger-request.ts';
import { ScriptedSource } from './scripted-source.ts';

/** A source that answers requests as it is told to; by itself it answers at once. */
export class TriggeredSource extends ScriptedSource {
  override capabilities: SourceCaps = SourceCaps.FILESYSTEM;
  readonly handled: (TriggerContext & { readonly request: TriggerRequest })[] = [];
  readonly answersTriggers: TriggerAnswers;
  onTrigger: (request: TriggerRequest, context: TriggerContext) => Promise<void> = async () => {};

  constructor(name = 'binary-hasher', analysisTypes: readonly AnalysisType[] = ['binary_hash']) {
    super(name);
    this.answersTriggers = {
      analysisTypes,
      handle: (request, context) => {
        this.handled.push({ request, ...context });
        return this.onTrigger(request, context);
      },
    };
  }
}
