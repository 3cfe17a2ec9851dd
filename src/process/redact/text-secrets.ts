import { findAssignedSecrets } from './assignment.ts';
import { findSchemeCredentials } from './authorization-scheme.ts';
import { findCommandSecrets } from './command-secrets.ts';
import { TextWords } from './command-word.ts';
import { findPrivateKeys } from './pem-block.ts';
import type { Span } from './span.ts';
import { findSpelledPasswords } from './spelled-password.ts';
import type { TextNature } from './text-nature.ts';
import { findTokens } from './token-shape.ts';
import { findUrlSecrets } from './url-secret.ts';

/** Every secret that a text holds by itself. */
export function findTextSecrets(text: string, nature: TextNature): Span[] {
  const spans: Span[] = [];
  findPrivateKeys(text, spans);
  findTokens(text, spans);
  findUrlSecrets(text, spans);
  findSchemeCredentials(text, spans);
  findAssignedSecrets(text, nature, spans);
  if (/\s/.test(text)) {
    findSpelledPasswords(text, spans);
    findCommandSecrets(new TextWords(text), nature === 'script', (_, span) => spans.push(span));
  }
  return spans;
}
