/** All rules across settings, in the order in which their issues are reported. */
import type { Door } from '../../platform.ts';
import type { Draft } from '../draft.ts';
import type { RawIssue } from '../issues.ts';
import { checkBuilt } from '../not-built.ts';
import { checkLogin } from './login.ts';
import { checkPools } from './pools.ts';
import { checkPublicOrigins } from './public-origins.ts';
import { checkRoutes } from './routes.ts';
import { checkSession } from './session.ts';

export const checkRules = (draft: Draft, door: Door, devHeaders: string | undefined): RawIssue[] => [
  ...checkPublicOrigins(draft, devHeaders),
  ...checkSession(draft, door),
  ...checkPools(draft, door),
  ...checkRoutes(draft),
  ...checkLogin(draft),
  ...checkBuilt(draft),
];
