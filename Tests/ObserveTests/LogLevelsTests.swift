import Logging
import Model
import Support
import Testing

@testable import Observe

struct LogLevelsTests {
  private let clock = ManualClock()
  private let shared = SharedLevel(.info)
  private let levels: LogLevels

  init() { levels = LogLevels(shared, clock: clock.clock) }

  @Test(arguments: [Logger.Level.debug, .trace])
  func `what fills a disk ends by itself, though nobody said when`(_ level: Logger.Level) {
    let state = levels.set(level, for: nil)
    #expect(state == LogLevels.State(level: level, usual: .info, until: clock.now + .minutes(15)))
    #expect(shared.level == level)
    clock.advance(by: .minutes(15) - .microseconds(1))
    #expect(levels.tick() == nil && shared.level == level)
    clock.advance(by: .microseconds(1))
    #expect(levels.tick() == .info && shared.level == .info)
    #expect(levels.now == LogLevels.State(level: .info, usual: .info, until: nil))
    #expect(levels.tick() == nil)
  }

  @Test(arguments: [Logger.Level.warning, .critical])
  func `a quieter level stays, unless it was said how long`(_ level: Logger.Level) {
    #expect(levels.set(level, for: nil).until == nil)
    clock.advance(by: .days(30))
    #expect(levels.tick() == nil && shared.level == level)
    #expect(levels.set(level, for: .seconds(1)).until == clock.now + .seconds(1))
    clock.advance(by: .seconds(1))
    #expect(levels.tick() == .info)
  }

  @Test func `the last word counts, and the usual level needs no end`() {
    _ = levels.set(.trace, for: .seconds(5))
    _ = levels.set(.debug, for: .seconds(10))
    clock.advance(by: .seconds(5))
    #expect(levels.tick() == nil && shared.level == .debug)
    #expect(levels.set(.info, for: .hours(1)).until == nil)
    clock.advance(by: .hours(2))
    #expect(levels.tick() == nil && shared.level == .info)
  }
}
