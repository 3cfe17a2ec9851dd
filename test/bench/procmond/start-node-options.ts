import { readFileSync } from 'node:fs';

/**
 * The options that `npm start` gives to Node.js, so that what is measured is what runs.
 * @throws {Error} when the script has no such form any more
 */
export function startNodeOptions(): readonly string[] {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  const { scripts } = JSON.parse(text) as { readonly scripts: { readonly start: string } };
  const options = /\bnode((?: -\S+)*) dist\/main\.js$/.exec(scripts.start)?.[1];
  if (options === undefined)
    throw new Error(`the start script does not end in "node ... dist/main.js": ${scripts.start}`);
  return options.split(' ').filter((option) => option !== '');
}
