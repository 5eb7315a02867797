import Crypto
import FoundationEssentials
import Model

/// Checks signatures as an app with a Standard Webhooks library would
/// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
package struct SinkSignature: Sendable {
  package enum Verdict: String, Sendable, Equatable {
    case good
    /// One of the three headers is not there.
    case missing
    /// No signature in the header is of this content and any of the secrets.
    case bad
    /// The timestamp is no number, or further than the tolerance from now.
    case outOfTime
  }

  /// How far the sender's clock may be from ours, in either direction.
  package static let tolerance: Duration = .minutes(5)

  private let keys: [SymmetricKey]

  /// - Throws: `.secret` for what is not `whsec_` and base64 of at least one byte.
  package init(secrets: [String]) throws(TrafficError) {
    var keys: [SymmetricKey] = []
    for secret in secrets {
      guard secret.hasPrefix("whsec_"), let key = Data(base64Encoded: String(secret.dropFirst(6))), !key.isEmpty else { throw .secret }
      keys.append(SymmetricKey(data: key))
    }
    self.keys = keys
  }

  package func check(
    id: String?, timestamp: String?, signature: String?, body: UnsafeRawBufferPointer, at now: Instant
  ) -> Verdict {
    guard let id, let timestamp, let signature else { return .missing }
    guard let seconds = Int64(timestamp), (0...253_402_300_799).contains(seconds) else { return .outOfTime }
    let distance = now - Instant(microseconds: seconds * 1_000_000)
    guard distance <= Self.tolerance, distance >= .zero - Self.tolerance else { return .outOfTime }

    let prefix = Array("\(id).\(timestamp).".utf8)
    let expected = keys.map { key in
      var mac = HMAC<SHA256>(key: key)
      mac.update(data: prefix)
      mac.update(data: body)
      return mac.finalize()
    }
    for candidate in signature.split(separator: " ") where candidate.hasPrefix("v1,") {
      guard let given = Data(base64Encoded: String(candidate.dropFirst(3))) else { continue }
      // `==` of an authentication code and bytes takes constant time.
      if expected.contains(where: { $0 == given }) { return .good }
    }
    return .bad
  }
}
