import Model
import NIOCore
import Support
import Testing

@testable import Status

struct GuessGuardTests {
  private let clock = ManualClock()

  private func origin(_ address: String) throws -> GuessOrigin { GuessOrigin(try SocketAddress(ipAddress: address, port: 5_000)) }

  @Test func `who mistypes is answered at once, who goes on waits longer each time, but never for long`() throws {
    var guessing = GuessGuard()
    let guest = try origin("192.0.2.1")
    var delays: [Duration] = []
    for n in 1...12 {
      switch guessing.wrong(from: guest, at: clock.now) {
      case .now: #expect(n <= GuessGuard.freeMax)
      case .after(let delay):
        delays.append(delay)
        guessing.answered(guest)
      case .tooMany: Issue.record("one after the other is never too many")
      }
    }
    #expect(delays == [.milliseconds(250), .milliseconds(500), .seconds(1)] + Array(repeating: .seconds(2), count: 4))
    #expect(guessing.waiting == 0)
  }

  @Test func `who does not wait is refused, and costs others nothing`() throws {
    var guessing = GuessGuard()
    let (guest, other) = (try origin("192.0.2.1"), try origin("192.0.2.2"))
    var verdicts: [GuessGuard.Verdict] = []
    for _ in 1...100 { verdicts.append(guessing.wrong(from: guest, at: clock.now)) }
    #expect(verdicts.count { $0 == .tooMany(retryAfter: GuessGuard.delayMax) } == 100 - GuessGuard.freeMax - GuessGuard.waitingOfOneMax)
    #expect(guessing.waiting == GuessGuard.waitingOfOneMax)
    #expect(guessing.wrong(from: other, at: clock.now) == .now)
    guessing.answered(guest)
    #expect(guessing.wrong(from: guest, at: clock.now) == .after(GuessGuard.delayMax))
  }

  @Test func `all guessers together hold a bounded part of the door`() throws {
    var guessing = GuessGuard()
    for n in 0..<200 {
      let guest = try origin("10.0.0.\(n)")
      for _ in 0..<20 { _ = guessing.wrong(from: guest, at: clock.now) }
    }
    #expect(guessing.waiting == GuessGuard.waitingMax)
  }

  @Test func `what an address did is forgotten when it is quiet`() throws {
    var guessing = GuessGuard()
    let guest = try origin("192.0.2.1")
    for _ in 1...GuessGuard.freeMax { #expect(guessing.wrong(from: guest, at: clock.now) == .now) }
    clock.advance(by: GuessGuard.forgottenAfter)
    #expect(guessing.wrong(from: guest, at: clock.now) == .now)
  }

  @Test func `addresses without end take no memory without end, and the quietest is forgotten first`() throws {
    var guessing = GuessGuard()
    let first = try origin("192.0.2.1")
    for _ in 1...GuessGuard.freeMax { _ = guessing.wrong(from: first, at: clock.now) }
    for n in 0..<5_000 {
      clock.advance(by: .milliseconds(1))
      if n.isMultiple(of: 500) { #expect(guessing.wrong(from: first, at: clock.now) != .now) }
      _ = guessing.wrong(from: try origin("10.0.\(n / 250).\(n % 250)"), at: clock.now)
    }
    #expect(guessing.count == GuessGuard.originsMax)
  }

  @Test func `an answer to one that was forgotten meanwhile corrects nothing`() throws {
    var guessing = GuessGuard()
    let guest = try origin("192.0.2.1")
    for _ in 0...GuessGuard.freeMax { _ = guessing.wrong(from: guest, at: clock.now) }
    #expect(guessing.waiting == 1)
    for n in 0..<GuessGuard.originsMax {
      clock.advance(by: .milliseconds(1))
      _ = guessing.wrong(from: try origin("10.0.\(n / 250).\(n % 250)"), at: clock.now)
    }
    guessing.answered(guest)
    #expect(guessing.waiting == 0)
    #expect(guessing.wrong(from: guest, at: clock.now) == .now)
  }

  @Test func `half an IPv6 address is one guesser, and an IPv4 address is the same in either spelling`() throws {
    #expect(try origin("2001:db8:1:2::1") == origin("2001:db8:1:2:ffff:ffff:ffff:ffff"))
    #expect(try origin("2001:db8:1:2::1") != origin("2001:db8:1:3::1"))
    #expect(try origin("::ffff:192.0.2.1") == origin("192.0.2.1"))
    #expect(try origin("192.0.2.1") != origin("192.0.2.2"))
    #expect(try origin("::1") != origin("0.0.0.1"))
  }
}
