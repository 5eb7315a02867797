import Glibc

/// A semaphore for a thread that sleeps until it is needed, or until a time has passed. No setting of the clock makes that longer or
/// shorter, as it does for `DispatchSemaphore`, whose waits go by the time of day on Linux.
package final class Wakeup: @unchecked Sendable {
  /// Whoever wants to wait for longer is woken after this for nothing.
  private static let longest: Duration = .seconds(365 * 86_400)

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  /// Calls that nobody has heard yet. Under the mutex.
  private var calls = 0

  package init() {
    check(pthread_mutex_init(mutex, nil))
    var attributes = pthread_condattr_t()
    check(pthread_condattr_init(&attributes))
    check(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC))
    check(pthread_cond_init(condition, &attributes))
    check(pthread_condattr_destroy(&attributes))
  }

  deinit {
    check(pthread_cond_destroy(condition))
    check(pthread_mutex_destroy(mutex))
    condition.deallocate()
    mutex.deallocate()
  }

  /// Wakes one that waits, or the next one that would. From any thread.
  package func signal() {
    check(pthread_mutex_lock(mutex))
    calls += 1
    check(pthread_mutex_unlock(mutex))
    check(pthread_cond_signal(condition))
  }

  package func wait() {
    check(pthread_mutex_lock(mutex))
    while calls == 0 { check(pthread_cond_wait(condition, mutex)) }
    calls -= 1
    check(pthread_mutex_unlock(mutex))
  }

  /// - Returns: false if it became that late and nobody has called.
  @discardableResult
  package func wait(until time: SuspendingClock.Instant) -> Bool {
    var deadline = Self.deadline(time)
    check(pthread_mutex_lock(mutex))
    while calls == 0 {
      let code = pthread_cond_timedwait(condition, mutex, &deadline)
      if code == ETIMEDOUT { break }
      check(code)
    }
    let isCalled = calls > 0
    if isCalled { calls -= 1 }
    check(pthread_mutex_unlock(mutex))
    return isCalled
  }

  /// - Returns: false if so much time has passed and nobody has called.
  @discardableResult
  package func wait(atMost longest: Duration) -> Bool { wait(until: .now + longest) }

  /// By CLOCK_MONOTONIC, which is that of a `SuspendingClock`, but Swift does not tell how late an instant is by it.
  private static func deadline(_ time: SuspendingClock.Instant) -> timespec {
    var now = timespec()
    check(clock_gettime(CLOCK_MONOTONIC, &now))
    let left = min(max(.zero, time - .now), longest).components
    let nanoseconds = now.tv_nsec + Int((left.attoseconds + 999_999_999) / 1_000_000_000)
    return timespec(tv_sec: now.tv_sec + Int(left.seconds) + nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
  }
}

/// What fails here fails by misuse or for want of memory.
private func check(_ code: Int32) { precondition(code == 0, "a mutex or a condition: \(String(cString: strerror(code)))") }
