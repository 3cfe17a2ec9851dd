import { join } from 'node:path';
import { freePorts } from './free-ports.ts';
import type { OtelCollectorSettings } from './start-otel-collector.ts';

/** The routes of otel-collector-config.yaml; records without one go to `agent`. */
export const ROUTES = ['security', 'inventory', 'agent'] as const;
export type Route = (typeof ROUTES)[number];

/** A second OTel Collector in the role of the backends: what reaches it is written to one file per route. */
export interface Backend {
  readonly settings: OtelCollectorSettings;
  /** Base URL for an OTLP/HTTP exporter. */
  readonly endpoint: Readonly<Record<Route, string>>;
  /** OTLP JSON, one request a line. */
  readonly file: Readonly<Record<Route, string>>;
}

/** Chooses ports and files below `directory`; `startOtelCollector(t, backend.settings)` starts it. */
export async function backend(directory: string): Promise<Backend> {
  const port = await freePorts(['health', ...ROUTES]);
  return {
    settings: {
      configFiles: [join(import.meta.dirname, '..', 'backend.yaml')],
      environment: {
        BACKEND_DIRECTORY: directory,
        BACKEND_HEALTH_PORT: String(port.health),
        BACKEND_SECURITY_PORT: String(port.security),
        BACKEND_INVENTORY_PORT: String(port.inventory),
        BACKEND_AGENT_PORT: String(port.agent),
      },
      healthUrl: loopbackUrl(port.health),
    },
    endpoint: {
      security: loopbackUrl(port.security),
      inventory: loopbackUrl(port.inventory),
      agent: loopbackUrl(port.agent),
    },
    file: {
      security: join(directory, 'security.jsonl'),
      inventory: join(directory, 'inventory.jsonl'),
      agent: join(directory, 'agent.jsonl'),
    },
  };
}

function loopbackUrl(port: number): string {
  return `http://127.0.0.1:${port}`;
}
