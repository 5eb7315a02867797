import Model
import Testing
import Traffic

@Suite struct BreakerTests {
  private let answer = Outcome.answered(status: 200)
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
    #expect(breaker.state == .closed && breaker.allowsAttempt(at: start) && breaker.nextAttempt == nil)
    #expect(breaker.settled(Ending(outage), of: 1, isProbe: false, at: start) == .opened(until: start + .seconds(1)))
    #expect(breaker.state == .open)
    #expect(breaker.nextAttempt == start + .seconds(1))
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
    #expect(breaker.nextAttempt == nil)
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
