/** Recognises the shape of an event. */
import { alb } from './alb.ts';
import type { EventShape } from './event.ts';
import { payloadV1 } from './payload-v1.ts';
import { payloadV2 } from './payload-v2.ts';

export type AnyShape = EventShape<unknown, unknown>;

/** `null` when the event is not an HTTP request, such as a test event of the console or of a schedule. */
export function shapeOf(event: unknown): AnyShape | null {
  const context = member(event, 'requestContext');
  if (typeof context !== 'object' || context === null) return null;
  if (member(context, 'elb') !== undefined) return alb as AnyShape;
  if (member(context, 'http') !== undefined) return payloadV2 as AnyShape;
  return typeof member(event, 'httpMethod') === 'string' ? (payloadV1 as AnyShape) : null;
}

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
