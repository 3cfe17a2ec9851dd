import assert from 'node:assert/strict';

/** Nothing in it moves a terminal, ends a line or reorders what a person sees. */
export function assertDisplayable(text: string): void {
  const found = UNSAFE.exec(text);
  assert.equal(
    found,
    null,
    `${JSON.stringify(found?.[0])} in a text for people: ${JSON.stringify(text.slice(0, 500))}`,
  );
}

const UNSAFE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;

/** No input has changed what every object has. */
export function assertPrototypesClean(): void {
  assert.deepEqual(Reflect.ownKeys(Object.prototype), OBJECT_KEYS);
  assert.deepEqual(Reflect.ownKeys(Array.prototype), ARRAY_KEYS);
}

const OBJECT_KEYS = Reflect.ownKeys(Object.prototype);
const ARRAY_KEYS = Reflect.ownKeys(Array.prototype);

/** A number that counts something: finite, and not below nothing. */
export function assertCount(value: number | undefined): void {
  assert.ok(value === undefined || (Number.isFinite(value) && value >= 0), String(value));
}
