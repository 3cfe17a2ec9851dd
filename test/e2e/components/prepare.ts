// Makes sure that everything the end-to-end tests run is on this machine, and prints where. Building the OTel Collector
// takes some minutes the first time. Ends with 1 when something is missing, after telling all that is.

import { dockerCompose } from './docker-compose.ts';
import { MissingComponentError } from './missing-component-error.ts';
import { otelCollector } from './otel-collector.ts';
import { prometheus } from './prometheus.ts';

const components: readonly (() => Promise<readonly string[]> | readonly string[])[] = [
  () => Object.values(prometheus(process.env)),
  () => [dockerCompose(process.env)],
  async () => [await otelCollector(process.env, (line) => console.error(line))],
];

for (const paths of components) {
  try {
    for (const path of await paths()) console.log(path);
  } catch (error) {
    if (!(error instanceof MissingComponentError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
