/**
 * Lua scripts that run inside Redis. Each one reads, decides and writes atomically, so that no write can come after a revocation.
 * Their answers are those of the Store port. Times are compared as numbers and stored as the text that was passed.
 *
 * `KEYS` of most scripts: the record, its marker, everyone's not-before. `ARGV[1]`: the prefix of the subjects' not-before keys,
 * because only the record says which subject it belongs to. All keys share one hash slot (`redis-store.ts`).
 *
 * A Redis that is full may drop any key with a lifetime (`volatile-*`). So the end of a session is in its record too: whichever
 * of the two is dropped, the session stays ended. A fact without a record has no lifetime and is in the list that `sweep` works
 * off.
 */
import { script } from './connection.ts';

const facts = `
local record, marker, everyone = KEYS[1], KEYS[2], KEYS[3]
local function number(key, field)
  return tonumber(redis.call('HGET', key, field) or '')
end
local function endedBy(key, createdAt)
  local notBefore = number(key, 'notBefore')
  return notBefore and createdAt <= notBefore
end
local function live()
  local createdAt = number(record, 'createdAt')
  if not (createdAt and number(record, 'lastSeenAt') and number(record, 'version')) then return false end
  if redis.call('HEXISTS', record, 'ended') == 1 or redis.call('EXISTS', marker) == 1 then return false end
  if endedBy(everyone, createdAt) then return false end
  local subject = redis.call('HGET', record, 'subjectKey')
  return not (subject and endedBy(ARGV[1] .. subject, createdAt))
end
local function seen(at)
  if tonumber(at) > number(record, 'lastSeenAt') then redis.call('HSET', record, 'lastSeenAt', at) end
end
`;

/**
 * Answers record, marker, the subject's not-before and everyone's, and 1 if the activity was noted. A server that accepts no
 * data, or a replica, still reads. `ARGV`, from 2: the subject
 * if the caller knows it, or empty; the activity's time, or empty; the time after which the session must have been seen.
 */
export const load = script(`
${facts}
local subject = ARGV[2]
if redis.call('EXISTS', record) == 1 then subject = redis.call('HGET', record, 'subjectKey') or '' end
local answer = {
  redis.call('HGETALL', record),
  redis.call('GET', marker),
  subject ~= '' and redis.call('HMGET', ARGV[1] .. subject, 'notBefore', 'keepUntil') or {},
  redis.call('HMGET', everyone, 'notBefore', 'keepUntil'),
  0,
}
if ARGV[3] ~= '' and live() and number(record, 'lastSeenAt') > tonumber(ARGV[4]) and pcall(seen, ARGV[3]) then
  answer[5] = 1
end
return answer`);

/**
 * Several sessions of one subject. `KEYS`: everyone's not-before, then record and marker of each session; `ARGV[2]`: the
 * subject. Answers everyone's, then of each session what `load` answers first: record, marker, the subject's not-before.
 */
export const loadAll = script(`
local answer = { redis.call('HMGET', KEYS[1], 'notBefore', 'keepUntil') }
for i = 2, #KEYS, 2 do
  local record = redis.call('HGETALL', KEYS[i])
  local subject = #record > 0 and (redis.call('HGET', KEYS[i], 'subjectKey') or '') or ARGV[2]
  answer[#answer + 1] = {
    record,
    redis.call('GET', KEYS[i + 1]),
    subject ~= '' and redis.call('HMGET', ARGV[1] .. subject, 'notBefore', 'keepUntil') or {},
  }
end
return answer`);

/**
 * `KEYS`: record, marker, the list of facts to sweep. `ARGV`: the end, its lifetime in ms, when it may be swept, and `1` if it
 * names a successor. Answers an earlier end, or false (nil).
 *
 * A Redis that accepts no more data still deletes: then the session ends by losing its record. An end with a successor must
 * be kept, and fails there.
 */
export const revoke = script(`
local record, marker, facts = KEYS[1], KEYS[2], KEYS[3]
local earlier = redis.call('GET', marker) or redis.call('HGET', record, 'ended')
if earlier then return earlier end
local function refused(answer) return type(answer) == 'table' and answer.err end
if redis.call('EXISTS', record) == 1 then
  local noted = redis.pcall('HSET', record, 'ended', ARGV[1])
  if refused(noted) then
    if ARGV[4] == '1' or not string.find(noted.err, 'OOM', 1, true) then return noted end
    redis.call('DEL', record)
    return false
  end
  redis.pcall('SET', marker, ARGV[1], 'PX', ARGV[2])
  return false
end
redis.call('SET', marker, ARGV[1])
redis.call('ZADD', facts, ARGV[3], marker)
return false`);

/** `ARGV`: lifetime in ms, `writeId`, then fields and values. 1: created, by this attempt or an earlier one of the same call. */
export const create = script(`
if redis.call('EXISTS', KEYS[1]) == 1 then
  return redis.call('HGET', KEYS[1], 'writeId') == ARGV[2] and 1 or 0
end
redis.call('HSET', KEYS[1], 'writeId', ARGV[2], unpack(ARGV, 3))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`);

/** `ARGV[2]`: when the session was last seen. */
export const touch = script(`
${facts}
if not live() then return 'ended' end
seen(ARGV[2])
return 'touched'`);

/** `ARGV`, from 2: version, secretHash, sealed, last seen, `writeId`. The record's lifetime stays as it is. */
export const save = script(`
${facts}
local version = tonumber(ARGV[2])
if number(record, 'version') == version and redis.call('HGET', record, 'writeId') == ARGV[6] then return 'saved' end
if not live() then return 'ended' end
if number(record, 'version') ~= version - 1 then return 'conflict' end
redis.call('HSET', record, 'version', ARGV[2], 'secretHash', ARGV[3], 'sealed', ARGV[4], 'writeId', ARGV[6])
seen(ARGV[5])
return 'saved'`);

/** `KEYS`: the fact, the list of facts to sweep. `ARGV`: notBefore, keepUntil, when it may be swept. None moves backwards. */
export const advanceNotBefore = script(`
local function keepLater(field, value)
  local known = tonumber(redis.call('HGET', KEYS[1], field) or '')
  if not known or known < tonumber(value) then redis.call('HSET', KEYS[1], field, value) end
end
keepLater('notBefore', ARGV[1])
keepLater('keepUntil', ARGV[2])
redis.call('PERSIST', KEYS[1])
redis.call('ZADD', KEYS[2], 'GT', ARGV[3], KEYS[1])
return 1`);

/** `KEYS[1]`: the list of facts to sweep. `ARGV`: now, how many at most. Answers how many were deleted. */
export const sweep = script(`
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, key in ipairs(due) do
  redis.call('DEL', key)
  redis.call('ZREM', KEYS[1], key)
end
return #due`);

/** Writes a key as a sign-in does, and answers what the server says about its memory; false (nil): it may not be asked. */
export const check = script(`
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local memory = redis.pcall('INFO', 'memory')
return type(memory) == 'string' and memory or false`);

/** `ARGV`: the revision that was read, the next one, sealed, `writeId`, lifetime in ms. */
export const saveSessionIndex = script(`
local revision = tonumber(redis.call('HGET', KEYS[1], 'revision') or '') or 0
if revision == tonumber(ARGV[2]) and redis.call('HGET', KEYS[1], 'writeId') == ARGV[4] then return 1 end
if revision ~= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'revision', ARGV[2], 'sealed', ARGV[3], 'writeId', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1`);

/** `ARGV[1]`: now. Answers the value of a claimed key, or false (nil). */
export const readOnce = script(`
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
local held = redis.call('HMGET', KEYS[1], 'keepUntil', 'value')
local keepUntil = tonumber(held[1] or '')
if keepUntil and keepUntil < tonumber(ARGV[1]) then return false end
return held[2] or ''`);

/** `ARGV`: value, keepUntil, now, `writeId`, lifetime in ms. Answers false (nil) to the first caller, then the first value. */
export const claimOnce = script(`
if redis.call('EXISTS', KEYS[1]) == 1 then
  local held = redis.call('HMGET', KEYS[1], 'keepUntil', 'writeId', 'value')
  local keepUntil = tonumber(held[1] or '')
  if held[2] == ARGV[4] then return false end
  -- A key without a readable end stays claimed: an action must not happen twice.
  if not keepUntil or keepUntil >= tonumber(ARGV[3]) then return held[3] or '' end
end
redis.call('HSET', KEYS[1], 'value', ARGV[1], 'keepUntil', ARGV[2], 'writeId', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return false`);
