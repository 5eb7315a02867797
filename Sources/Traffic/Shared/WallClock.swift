import Model

import Glibc

/// The real clock, for the command. Tests pass their own.
@Sendable package func wallClock() -> Instant {
  var time = timespec()
  let result = clock_gettime(CLOCK_REALTIME, &time)
  precondition(result == 0, "the system has a clock")
  return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
}
