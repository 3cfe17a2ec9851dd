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
import { holdsSpace } from './white-space.ts';

/** Finds every secret that a text holds by itself. */
export function findTextSecrets(text: string, nature: TextNature, spans: Span[]): void {
  findUnnamedSecrets(text, spans);
  findAssignedSecrets(text, nature, spans);
  if (!holdsSpace(text)) return;
  findSpelledPasswords(text, spans);
  findCommandSecrets(new TextWords(text), nature === 'script', { hide: (_, span) => spans.push(span) });
}

/** Finds the secrets that no name tells of: by their shape, or by where they stand. */
export function findUnnamedSecrets(text: string, spans: Span[]): void {
  findPrivateKeys(text, spans);
  findTokens(text, spans);
  findUrlSecrets(text, spans);
  findSchemeCredentials(text, spans);
}
