import Model

/// What an app answers to one attempt, as far as anybody wants to know it beyond the status. Belongs to the curl thread.
final class Answer {
  private let bytesKeptMax: Int
  private var bytes = 0
  /// The beginning of the body.
  private(set) var kept: [UInt8] = []
  /// The value of the first Retry-After.
  private(set) var retryAfter: String?

  init(bytesKeptMax: Int) { self.bytesKeptMax = bytesKeptMax }

  var isTooLong: Bool { bytes > Limits.answerBytesMax }
  var isKeptWhole: Bool { kept.count == bytes }

  func reset() {
    bytes = 0
    kept.removeAll(keepingCapacity: true)
    retryAfter = nil
  }

  /// - Returns: false if no more of the body is wanted.
  func came(body: UnsafeRawBufferPointer) -> Bool {
    bytes += body.count
    kept += body.prefix(bytesKeptMax - kept.count)
    return !isTooLong
  }

  /// A line of the head, with its end. libcurl bounds how many there are.
  func came(header line: UnsafeRawBufferPointer) {
    if line.starts(with: "HTTP/".utf8) { retryAfter = nil }
    guard retryAfter == nil, Self.isRetryAfter(line) else { return }
    let value = line.dropFirst(Self.name.count).prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
    retryAfter = String(decoding: value, as: UTF8.self)
  }

  private static let name = Array("retry-after:".utf8)

  private static func isRetryAfter(_ line: UnsafeRawBufferPointer) -> Bool {
    line.count > name.count && zip(line, name).allSatisfy { $0 | 0x20 == $1 | 0x20 }
  }
}
