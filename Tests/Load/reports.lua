-- wrk plays the provider: each request is another report, as iletiMerkezi writes them, that both routes want.
-- Arguments: the path with its query, and a number of up to four digits that no other run against the same store has.

local thread_count = 0

function setup(thread)
  thread:set("number", thread_count)
  thread_count = thread_count + 1
end

function init(arguments)
  -- Ids have a fixed width, so that the length of the body is known and a request is two concatenations.
  local identity = string.format("%s%02d", arguments[2], number)
  local before = '{"report":{"id":' .. identity
  local after = ',"packet_id":104525848,"status":"delivered","to":"+905051234567",'
    .. '"body":"Say\\u0131n m\\u00fc\\u015fterimiz, sipari\\u015finiz yola \\u00e7\\u0131kt\\u0131. Takip: https:\\/\\/iim.to\\/aB3xYz #SHOP B186"}}'
  head = "POST " .. arguments[1] .. " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
    .. (#before + 9 + #after) .. "\r\n\r\n" .. before
  tail = after
  count = 0
end

function request()
  count = count + 1
  return head .. string.format("%09d", count) .. tail
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\nRESULT {"requests": %d, "microseconds": %d, "not_2xx": %d, "broken": %d, "p50_ms": %.3f, "p95_ms": %.3f, "p99_ms": %.3f}\n',
    summary.requests, summary.duration, e.status, e.connect + e.read + e.write + e.timeout,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000))
end
