import Crypto
import Foundation
import Model

/// Signs copies as the Standard Webhooks specification says (github.com/standard-webhooks/standard-webhooks, spec 1.0.0,
/// "Signature scheme"): HMAC-SHA256 over `id.timestamp.body`, base64, one `v1,` signature for each secret.
struct Signer: Sendable {
  static let prefix = "whsec_"
  private let keys: [SymmetricKey]

  /// - Returns: nil for no secrets, or one that is not `whsec_` and base64; the rule file's reader has refused those.
  init?(secrets: [Secret]) {
    let keys = secrets.compactMap { secret -> SymmetricKey? in
      let text = secret.reveal()
      guard text.hasPrefix(Self.prefix), let bytes = Data(base64Encoded: String(text.dropFirst(Self.prefix.count))) else { return nil }
      return SymmetricKey(data: bytes)
    }
    guard !keys.isEmpty, keys.count == secrets.count else { return nil }
    self.keys = keys
  }

  /// The value of `webhook-signature`.
  func signature(id: String, timestamp: Int64, body: [UInt8]) -> String {
    keys.map { key in
      var hmac = HMAC<SHA256>(key: key)
      hmac.update(data: Array("\(id).\(timestamp).".utf8))
      hmac.update(data: body)
      return "v1," + Data(hmac.finalize()).base64EncodedString()
    }.joined(separator: " ")
  }
}
