/** Declares the parts of the runtime's module that are used here, without the global types that come with the package. */
declare module 'cloudflare:workers' {
  import type { CloudflareWorkersModule } from '@cloudflare/workers-types';
  export const DurableObject: typeof CloudflareWorkersModule.DurableObject;
}

declare module 'cloudflare:durable-objects' {
  /** Marks methods that the runtime may call again when their answer was lost. */
  export function retryable(...methods: ((...args: never[]) => unknown)[]): void;
}
