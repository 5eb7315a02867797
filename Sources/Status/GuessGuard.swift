import Model
import NIOCore

/// Makes wrong credentials slow, each address by itself. Right ones are known before it is asked, so they wait for nobody.
///
/// The first wrong ones of an address are answered at once, since people mistype. Each one after that waits for its answer, longer from
/// one to the next. Somebody who does not wait but asks again gets 429 at once when enough of his answers wait already; so do all who guess
/// when they hold as much of the door as they may together. What an address did is forgotten when it is quiet for a while.
struct GuessGuard: Sendable {
  enum Verdict: Sendable, Equatable {
    case now
    /// Answer after this, and say so with `answered(_:)`, whatever became of the connection.
    case after(Duration)
    /// 429, at once.
    case tooMany(retryAfter: Duration)
  }

  static let freeMax = 5
  static let delayMin: Duration = .milliseconds(250)
  static let delayMax: Duration = .seconds(2)
  /// Of one address at a time.
  static let waitingOfOneMax = 4
  /// Of all; far fewer than the door has connections.
  static let waitingMax = 32
  /// Remembered. One more makes the one be forgotten that has been quiet for longest.
  static let originsMax = 1_024
  static let forgottenAfter: Duration = .minutes(15)

  private struct Guesses {
    var wrong = 0
    var waiting = 0
    var lastAt: Instant
  }

  private var origins: [GuessOrigin: Guesses] = [:]
  private(set) var waiting = 0

  var count: Int { origins.count }

  mutating func wrong(from origin: GuessOrigin, at now: Instant) -> Verdict {
    var guesses = origins[origin] ?? Guesses(lastAt: now)
    if now - guesses.lastAt >= Self.forgottenAfter { guesses.wrong = 0 }
    guesses.lastAt = now
    // Beyond this it makes no difference.
    guesses.wrong = min(guesses.wrong + 1, 1_000)
    let verdict = verdict(guesses)
    if case .after = verdict {
      guesses.waiting += 1
      waiting += 1
    }
    if origins[origin] == nil { makeRoom(at: now) }
    origins[origin] = guesses
    return verdict
  }

  private func verdict(_ guesses: Guesses) -> Verdict {
    guard guesses.wrong > Self.freeMax else { return .now }
    guard guesses.waiting < Self.waitingOfOneMax, waiting < Self.waitingMax else { return .tooMany(retryAfter: Self.delayMax) }
    let doublings = min(guesses.wrong - Self.freeMax - 1, 10)
    return .after(min(Self.delayMin * (1 << doublings), Self.delayMax))
  }

  /// One that waited is answered.
  mutating func answered(_ origin: GuessOrigin) {
    precondition(waiting > 0, "what is answered has waited")
    waiting -= 1
    // Of one that was forgotten meanwhile there is nothing to correct.
    if let count = origins[origin]?.waiting, count > 0 { origins[origin]?.waiting = count - 1 }
  }

  private mutating func makeRoom(at now: Instant) {
    guard origins.count >= Self.originsMax else { return }
    origins = origins.filter { now - $0.value.lastAt < Self.forgottenAfter }
    guard origins.count >= Self.originsMax, let quietest = origins.min(by: { $0.value.lastAt < $1.value.lastAt }) else { return }
    origins[quietest.key] = nil
  }
}

/// Who guesses: an IPv4 address, or the first half of an IPv6 address, since whoever has one of these has all 2^64 (RFC 6177).
struct GuessOrigin: Sendable, Hashable {
  private let bits: UInt64
  private let isIPv4: Bool

  /// - Parameter address: nil, or of a kind without bytes: all of these are one.
  init(_ address: SocketAddress?) {
    switch address {
    case .v4(let address): (bits, isIPv4) = (UInt64(address.address.sin_addr.s_addr), true)
    case .v6(let address):
      let halves = withUnsafeBytes(of: address.address.sin6_addr) { bytes in
        (bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      }
      // ::ffff:a.b.c.d is an IPv4 address at a listener for both (RFC 4291, 2.5.5.2).
      let isMapped = halves.0 == 0 && UInt64(bigEndian: halves.1) >> 32 == 0xFFFF
      let lower = UInt32(truncatingIfNeeded: UInt64(bigEndian: halves.1)).bigEndian
      (bits, isIPv4) = isMapped ? (UInt64(lower), true) : (halves.0, false)
    default: (bits, isIPv4) = (0, false)
    }
  }
}
