/**
 * What `npm start` and `npm run start:lambda` show a newcomer, for journeys: the project's own gateway.config.ts in front
 * of the demo origins, on a free port.
 */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { startDemo } from '../../demo/start.ts';
import { freshKeys } from '../../tools/keys.ts';
import type { DoorName } from './doors.ts';
import { startLambdaDoor } from './lambda-door.ts';
import { type Door, startWorkerDoor } from './worker-door.ts';

const config = fileURLToPath(new URL('../../gateway.config.ts', import.meta.url));

export async function startDemoDoor(name: DoorName): Promise<Door> {
  const token = randomBytes(32).toString('base64url');
  const demo = await startDemo({ token });
  const env = {
    SESSION_KEYS: JSON.stringify(await freshKeys()),
    ORIGIN_TOKEN: token,
    ORIGIN_EU: demo.origins.eu,
    ORIGIN_US: demo.origins.us,
    ORIGIN_AP: demo.origins.ap,
    DEV_HEADERS: '1',
  };
  try {
    const door = await (name === 'worker'
      ? startWorkerDoor({ config, env, runtime: 'wrangler dev' })
      : startLambdaDoor({ config, env }));
    return {
      ...door,
      async stop() {
        await door.stop();
        await demo.close();
      },
    };
  } catch (error) {
    await demo.close();
    throw error;
  }
}
