/**
 * Who is connected, over all nodes. Each node keeps a hash of its own users and how many sockets each has (the empty name
 * is all its sockets), and a lease in the set of nodes. What a node that died had counts no more once its lease is over.
 * A node writes what is, not what changed, so that a write may be lost or repeated. All of a client is in one slot of a
 * Redis cluster.
 *
 * KEYS: 1 the leases, 2 who left lately and when that shows, 3 what users say of themselves.
 * ARGV: 1 what the names of the nodes' hashes begin with, 2 this node, 3 the lease in ms.
 */
const PRELUDE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local own = ARGV[1] .. ARGV[2]
local function renew() redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[2]) end
local nodes
local function sockets(user, without)
  nodes = nodes or redis.call('ZRANGEBYSCORE', KEYS[1], now, '+inf')
  local sum = 0
  for _, node in ipairs(nodes) do
    if node ~= without then sum = sum + (redis.call('HGET', ARGV[1] .. node, user) or 0) end
  end
  return sum
end
local function leaves(user, at)
  if sockets(user) == 0 then redis.call('ZADD', KEYS[2], at, user) end
end
local function comes(user)
  local isNew = sockets(user) == 0
  return redis.call('ZREM', KEYS[2], user) == 0 and isNew
end
`;

/** ARGV: 4 user, 5 their sockets here, 6 all here, 7 their limit, 8 the client's limit. */
export const ENTER = `${PRELUDE}
renew()
local user = ARGV[4]
if user ~= '' and sockets(user, ARGV[2]) + ARGV[5] > tonumber(ARGV[7]) then return 'user_full' end
if sockets('', ARGV[2]) + ARGV[6] > tonumber(ARGV[8]) then return 'client_full' end
local came = user ~= '' and comes(user)
if user ~= '' then redis.call('HSET', own, user, ARGV[5]) end
redis.call('HSET', own, '', ARGV[6])
return came and 'came' or 'in'`;

/** ARGV: 4 user, 5 their sockets here, 6 all here, 7 the grace in ms; '' when they were never let in. */
export const LEAVE = `${PRELUDE}
renew()
local user = ARGV[4]
if user ~= '' then
  if ARGV[5] == '0' then redis.call('HDEL', own, user) else redis.call('HSET', own, user, ARGV[5]) end
end
redis.call('HSET', own, '', ARGV[6])
if ARGV[6] == '0' then
  redis.call('DEL', own)
  redis.call('ZREM', KEYS[1], ARGV[2])
end
if user ~= '' and ARGV[7] ~= '' then leaves(user, now + ARGV[7]) end
return 0`;

/** ARGV: 4 all sockets here. Buries dead nodes; gives what Redis thinks is here, and who is gone for good. */
export const BEAT = `${PRELUDE}
if ARGV[4] ~= '0' then renew() end
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. now)) do
  for _, user in ipairs(redis.call('HKEYS', ARGV[1] .. dead)) do
    if user ~= '' then leaves(user, now) end
  end
  redis.call('DEL', ARGV[1] .. dead)
  redis.call('ZREM', KEYS[1], dead)
end
local answer = { redis.call('HGET', own, '') or '0' }
for _, user in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
  redis.call('ZREM', KEYS[2], user)
  if sockets(user) == 0 then
    redis.call('HDEL', KEYS[3], user)
    answer[#answer + 1] = user
  end
end
return answer`;

/** ARGV: 4 the grace in ms, 5 all sockets here, then pairs of user and their sockets. Gives who is new to the others. */
export const RESTORE = `${PRELUDE}
renew()
local here, came = { [''] = true }, {}
for at = 6, #ARGV, 2 do
  local user = ARGV[at]
  here[user] = true
  if comes(user) then came[#came + 1] = user end
  redis.call('HSET', own, user, ARGV[at + 1])
end
for _, user in ipairs(redis.call('HKEYS', own)) do
  if not here[user] then
    redis.call('HDEL', own, user)
    leaves(user, now + ARGV[4])
  end
end
redis.call('HSET', own, '', ARGV[5])
return came`;

/** ARGV from 4: users. Gives what each says of themselves; '' for who is not here. */
export const LOOK = `${PRELUDE}
local answer = {}
for at = 4, #ARGV do
  local user = ARGV[at]
  local graceUntil = redis.call('ZSCORE', KEYS[2], user)
  local isHere = sockets(user) > 0 or (graceUntil and tonumber(graceUntil) > now)
  answer[#answer + 1] = isHere and (redis.call('HGET', KEYS[3], user) or 'online') or ''
end
return answer`;
