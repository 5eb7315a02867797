import Model
import Testing
import Traffic

@Suite struct BreakerTests {
  private let answer = Outcome.answered(status: 200)
  private let failure = Outcome.answered(status: 500)
  private let outage = Outcome.failed(.timeoutConnect)
  private let start = Instant(microseconds: 1_000_000)

  private func opened() -> Breaker {
    var breaker = Breaker()
    for _ in 1...Breaker.outagesMax { _ = breaker.settled(Ending(outage), of: 1, isProbe: false, at: start) }
    return breaker
  }

  @Test func `it opens after five outages in a row, and any answer starts the count again`() {
    var breaker = Breaker()
    for _ in 1..<Breaker.outagesMax { #expect(breaker.settled(Ending(outage), of: 1, isProbe: false, at: start) == .none) }
    #expect(breaker.settled(Ending(answer), of: 1, isProbe: false, at: start) == .none)
    for _ in 1..<Breaker.outagesMax { #expect(breaker.settled(Ending(outage), of: 1, isProbe: false, at: start) == .none) }
    #expect(breaker.state == .closed && breaker.allowsAttempt(at: start) && breaker.nextAttempt(at: start) == nil)
    #expect(breaker.settled(Ending(outage), of: 1, isProbe: false, at: start) == .opened(until: start + .seconds(1)))
    #expect(breaker.state == .open)
    #expect(breaker.nextAttempt(at: start) == start + .seconds(1))
  }

  @Test(arguments: [Ending(.answered(status: 410)), Ending(.answered(status: 503), retryAfter: .seconds(1))])
  func `an answer that tells what the app wants ends a row of outages, too`(instruction: Ending) {
    var breaker = Breaker()
    for _ in 1..<Breaker.outagesMax { _ = breaker.settled(Ending(outage), of: 1, isProbe: false, at: start) }
    #expect(breaker.settled(instruction, of: 1, isProbe: false, at: start) == .none)
    for _ in 1..<Breaker.outagesMax { #expect(breaker.settled(Ending(outage), of: 1, isProbe: false, at: start) == .none) }
    #expect(breaker.settled(Ending(outage), of: 1, isProbe: false, at: start) == .opened(until: start + .seconds(1)))
  }

  @Test func `while open nothing is sent, then one probe`() {
    var breaker = opened()
    #expect(!breaker.allowsAttempt(at: start + .milliseconds(999)))
    let then = start + .seconds(1)
    #expect(breaker.allowsAttempt(at: then))
    let isProbe = breaker.attemptStarted()
    #expect(isProbe)
    #expect(breaker.state == .probing)
    #expect(!breaker.allowsAttempt(at: then + .days(1)), "one is enough")
    #expect(breaker.nextAttempt(at: then) == nil)
  }

  @Test func `failed probes wait twice as long each time, up to five minutes`() {
    var (breaker, now, waits) = (opened(), start, [Int64]())
    for _ in 1...12 {
      now = breaker.notBefore
      _ = breaker.attemptStarted()
      #expect(breaker.settled(Ending(outage), of: 1, isProbe: true, at: now) == .opened(until: breaker.notBefore))
      waits.append((breaker.notBefore - now).microseconds / 1_000_000)
    }
    #expect(waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300])
    _ = breaker.attemptStarted()
    #expect(breaker.settled(Ending(answer), of: 1, isProbe: true, at: now) == .closed)
    for _ in 1...Breaker.outagesMax { _ = breaker.settled(Ending(outage), of: 1, isProbe: false, at: now) }
    #expect(breaker.notBefore == now + .seconds(1), "the next outage starts from the beginning")
  }

  @Test func `no wait is longer than it began, also on a clock that was set back`() {
    var (breaker, now) = (opened(), start + .seconds(1))
    for _ in 1...6 {
      now = breaker.notBefore
      _ = breaker.attemptStarted()
      _ = breaker.settled(Ending(outage), of: 1, isProbe: true, at: now)
    }
    #expect(breaker.notBefore == now + .seconds(64))
    #expect(!breaker.allowsAttempt(at: now))
    #expect(breaker.allowsAttempt(at: now - .microseconds(1)))
    #expect(breaker.allowsAttempt(at: now - .hours(3)))
  }

  @Test func `an answer that comes late is news of life, an outage that comes late is none`() {
    var open = opened()
    let before = open
    #expect(open.settled(Ending(outage), of: 1, isProbe: false, at: start + .days(1)) == .none)
    #expect(open == before)
    #expect(open.settled(Ending(answer), of: 1, isProbe: false, at: start) == .closed)
    var probing = opened()
    _ = probing.attemptStarted()
    let waiting = probing
    #expect(probing.settled(Ending(outage), of: 1, isProbe: false, at: start) == .none)
    #expect(probing == waiting)
    #expect(probing.settled(Ending(answer), of: 1, isProbe: false, at: start) == .closed)
    #expect(probing.settled(Ending(outage), of: 1, isProbe: true, at: start) == .none, "the probe itself is then one outage of five")
    #expect(probing.state == .closed)
  }

  @Test func `it opens when sixteen of the last twenty different reports failed`() {
    var breaker = Breaker()
    func settle(_ seq: Int64, _ outcome: Outcome) -> Breaker.Change { breaker.settled(Ending(outcome), of: seq, isProbe: false, at: start) }
    // Four of five fail from the fifth on: not before twenty are known, and not with fewer than sixteen of them.
    for seq in 1...5 as ClosedRange<Int64> { #expect(settle(seq, answer) == .none) }
    for seq in 6...20 as ClosedRange<Int64> { #expect(settle(seq, failure) == .none) }
    #expect(settle(21, failure) == .opened(until: start + .seconds(1)), "the first of the five that were well is out")
  }

  @Test func `a few poisoned reports do not open it however often they fail`() {
    var breaker = Breaker()
    var seq: Int64 = 100
    for _ in 1...200 {
      for poisoned in 1...15 as ClosedRange<Int64> {
        #expect(breaker.settled(Ending(failure), of: poisoned, isProbe: false, at: start) == .none)
      }
      for _ in 1...5 {
        seq += 1
        #expect(breaker.settled(Ending(answer), of: seq, isProbe: false, at: start) == .none)
      }
    }
    #expect(breaker.state == .closed)
    for poisoned in 1...19 as ClosedRange<Int64> { _ = breaker.settled(Ending(failure), of: poisoned, isProbe: false, at: start) }
    #expect(breaker.state == .open)
  }

  @Test func `fewer than twenty reports that all fail do not open it`() {
    var breaker = Breaker()
    for round in 1...100 {
      for seq in 1...19 as ClosedRange<Int64> {
        #expect(breaker.settled(Ending(failure), of: seq, isProbe: false, at: start) == .none, "round \(round)")
      }
    }
  }

  @Test func `what failed before an outage says nothing after it`() {
    var breaker = Breaker()
    for seq in 1...20 as ClosedRange<Int64> { _ = breaker.settled(Ending(failure), of: seq, isProbe: false, at: start) }
    #expect(breaker.state == .open)
    #expect(breaker.settled(Ending(answer), of: 21, isProbe: false, at: start) == .closed)
    for seq in 22...40 as ClosedRange<Int64> { #expect(breaker.settled(Ending(failure), of: seq, isProbe: false, at: start) == .none) }
  }

  @Test func `only a delivery closes it, an error is no sign of health`() {
    var breaker = opened()
    for wait in [2, 4, 8] {
      _ = breaker.attemptStarted()
      #expect(breaker.settled(Ending(failure), of: 1, isProbe: true, at: start) == .opened(until: start + .seconds(wait)))
    }
  }

  @Test(arguments: [
    Ending(.answered(status: 429), retryAfter: .seconds(1)), Ending(.answered(status: 503), retryAfter: .hours(1)),
    Ending(.answered(status: 410)),
  ])
  func `what the app asks of the whole lane is no sign of its health`(ending: Ending) {
    var breaker = Breaker()
    for seq in 1...4 as ClosedRange<Int64> { _ = breaker.settled(Ending(answer), of: seq, isProbe: false, at: start) }
    for seq in 5...19 as ClosedRange<Int64> { _ = breaker.settled(Ending(failure), of: seq, isProbe: false, at: start) }
    let before = breaker
    for seq in 1...100 as ClosedRange<Int64> { #expect(breaker.settled(ending, of: seq, isProbe: false, at: start) == .none) }
    #expect(breaker == before, "neither for nor against it")
    #expect(breaker.settled(Ending(failure), of: 20, isProbe: false, at: start) == .opened(until: start + .seconds(1)))
    // A probe that is answered so has not delivered.
    _ = breaker.attemptStarted()
    #expect(breaker.settled(ending, of: 1, isProbe: true, at: start) == .opened(until: start + .seconds(2)))
  }

  @Test func `who is told that the app is well again asks at once, and begins with the first wait`() {
    var breaker = opened()
    for _ in 1...6 {
      _ = breaker.attemptStarted()
      _ = breaker.settled(Ending(outage), of: 1, isProbe: true, at: start)
    }
    breaker.askNow(at: start + .seconds(3))
    #expect(breaker.allowsAttempt(at: start + .seconds(3)))
    #expect(breaker.nextAttempt(at: start + .seconds(3)) == start + .seconds(3))
    _ = breaker.attemptStarted()
    #expect(breaker.settled(Ending(outage), of: 1, isProbe: true, at: start) == .opened(until: start + .seconds(2)))
    var closed = Breaker()
    closed.askNow(at: start)
    #expect(closed == Breaker())
  }

  @Test func `attempts of a closed breaker are no probes`() {
    var breaker = Breaker()
    let isProbe = breaker.attemptStarted()
    #expect(!isProbe)
    #expect(breaker == Breaker())
  }

  /// Plays a lane: attempts start when allowed and end in any order.
  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func `it never has two probes out that it waits for, and always lets something be sent again`(_ seed: UInt64) {
    var (rng, breaker, now) = (SplitMix64(seed: seed), Breaker(), start)
    var inFlight: [Bool] = []
    for _ in 0..<600 {
      if rng.chance(0.5), breaker.allowsAttempt(at: now) {
        let before = breaker.state
        let isProbe = breaker.attemptStarted()
        #expect(isProbe == (before == .open))
        inFlight.append(isProbe)
      } else if let index = inFlight.indices.randomElement(using: &rng) {
        let isProbe = inFlight.remove(at: index)
        let outcome = rng.chance(0.8) ? outage : answer
        let before = breaker.state
        switch breaker.settled(Ending(outcome), of: 1, isProbe: isProbe, at: now) {
        case .closed: #expect(before != .closed && breaker.state == .closed && outcome.isDelivered)
        case .none: #expect(breaker.state == before)
        case .opened(let until):
          #expect(breaker.state == .open && until == breaker.notBefore)
          #expect((Breaker.probeWaitFirst...Breaker.probeWaitMax).contains(until - now))
        }
      }
      now = now + .milliseconds(rng.below(2_000))
      switch breaker.state {
      case .closed: #expect(breaker.allowsAttempt(at: now))
      case .open: #expect(breaker.allowsAttempt(at: breaker.notBefore))
      case .probing: #expect(inFlight.contains(true), "somebody will end this")
      }
    }
  }
}
