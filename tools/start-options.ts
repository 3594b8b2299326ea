/** Options that `npm start` and `npm run start:lambda` share. */
import { isTaken } from './free-port.ts';

/** An error that the user can fix. It is shown without a stack trace. */
export class CannotStart extends Error {}

const maxPort = 65_535;

/** @throws CannotStart when `text` is not a port number. */
export function readPort(option: string, text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > maxPort) throw new CannotStart(`--${option} ${text}: not a port number`);
  return port;
}

/** @throws CannotStart when another program listens on the port. `command`: how to try another one. */
export async function refuseTakenPort(option: string, port: number, command: string): Promise<void> {
  if (!(await isTaken(port))) return;
  throw new CannotStart(`Port ${port} is taken. Try another one: ${command} -- --${option} ${port + 1}`);
}
