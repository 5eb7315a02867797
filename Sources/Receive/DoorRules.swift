import Model
import NIOCore
import Synchronization

/// All that the rule file says of the public door, as of one file. Immutable, so that a request sees all of one file and nothing of
/// another, and has a gate before it at any time.
final class DoorRules: Sendable {
  let admissions: Admissions
  let acceptReport: AcceptReport
  let readTimeout: TimeAmount
  let idleTimeout: TimeAmount
  let commitDeadline: TimeAmount
  let connectionsMax: Int
  private let tokens: [Token]
  private let lastUses: [LastUse]

  /// - Parameter before: a token that these know already keeps its last use, under whatever label.
  init(_ settings: ReceiveSettings, acceptReport: AcceptReport, after before: DoorRules? = nil) {
    admissions = Admissions(path: settings.path, gate: TokenGate(settings.tokens), bodyBytesMax: settings.bodyBytesMax)
    readTimeout = .microseconds(settings.readTimeout.microseconds)
    idleTimeout = .microseconds(settings.idleTimeout.microseconds)
    commitDeadline = .microseconds(settings.deadline.microseconds)
    connectionsMax = settings.connectionsMax
    tokens = settings.tokens
    lastUses = settings.tokens.map { before?.lastUse(of: $0.value) ?? LastUse() }
    self.acceptReport = acceptReport
  }

  /// - Parameter token: its index, as `admissions` tells it.
  func used(_ token: Int, at now: Instant) { lastUses[token].note(now) }
  var tokenUses: [TokenUse] { zip(tokens, lastUses).map { TokenUse(label: $0.label, lastUsedAt: $1.at) } }

  /// The request's target by which somebody with a token asks whether the door answers.
  var probeTarget: String { admissions.path + "?token=" + percentEncoded(tokens[0].value.reveal()) }

  private func lastUse(of value: Secret) -> LastUse? { tokens.firstIndex { $0.value == value }.map { lastUses[$0] } }
}

/// When a token was last sent. Shared by the rules of all files that have it.
private final class LastUse: Sendable {
  private static let never = Int64.min
  private let microseconds = Atomic(never)

  var at: Instant? {
    let known = microseconds.load(ordering: .relaxed)
    return known == Self.never ? nil : Instant(microseconds: known)
  }

  func note(_ now: Instant) { microseconds.store(now.microseconds, ordering: .relaxed) }
}
