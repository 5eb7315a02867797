import Foundation
import Model
import Testing

@testable import Receive

/// The scanner beside Foundation's parser, over documents drawn from a seed. Where the two differ on purpose:
///
/// | | the scanner | Foundation |
/// |---|---|---|
/// | half of a surrogate pair, escaped | U+FFFD | refuses the document |
/// | a comma before a closing bracket | refuses, as the RFC does | accepts |
/// | `1.0`, `1e3` as an id | no id | 1, 1000 |
/// | nesting | `Limits.jsonDepthMax` | 512 levels |
/// | UTF-16, UTF-32 | refuses | accepts |
/// | a member that is there twice | the last | JSONSerialization the last, JSONDecoder the first |
@Suite struct `The scanner agrees with Foundation` {
  @Test(arguments: 0..<40)
  func `on every document that is a report`(seed: UInt64) throws {
    var writer = DocumentWriter(seed: seed)
    for _ in 0..<100 {
      let document = writer.report()
      let trace = Comment(rawValue: "seed \(seed): \(String(decoding: document.bytes, as: UTF8.self))")
      #expect(try readReport(document.bytes) == document.report, trace)
      let reading = try #require(FoundationReading(document.bytes), trace)
      #expect(reading.status.map { Array($0.utf8) } == Array(document.report.key.status.utf8), trace)
      #expect(reading.to.map { Array($0.utf8) } == document.report.to.map { Array($0.utf8) }, trace)
      #expect(reading.body.map { Array($0.utf8) } == document.report.body, trace)
      #expect(reading.id == document.report.key.id, trace)
    }
  }

  @Test(arguments: 100..<140)
  func `on which damaged documents are JSON and on what they say`(seed: UInt64) throws {
    var writer = DocumentWriter(seed: seed)
    var refused = 0
    var read = 0
    for _ in 0..<150 {
      let bytes = writer.damaged(writer.report().bytes)
      let trace = Comment(rawValue: "seed \(seed): \(bytes) \(String(decoding: bytes, as: UTF8.self))")
      let reading = FoundationReading(bytes)
      do throws(NotAReport) {
        let report = try readReport(bytes)
        read += 1
        guard let reading = reading ?? FoundationReading(replacingLoneSurrogates(in: bytes)) else {
          Issue.record("only the scanner reads it; \(trace)")
          continue
        }
        #expect(reading.id == report.key.id, trace)
        #expect(reading.status.map { Array($0.utf8) } == Array(report.key.status.utf8), trace)
        #expect(reading.to.map { Array($0.utf8) } == report.to.map { Array($0.utf8) }, trace)
        #expect(reading.body.map { Array($0.utf8) } == report.body, trace)
      } catch {
        refused += 1
        guard error.reason == .notJSON else {
          #expect(reading != nil || FoundationReading(replacingLoneSurrogates(in: bytes)) != nil, trace)
          continue
        }
        if reading != nil {
          let strict = removingTrailingCommas(in: bytes)
          #expect(strict != bytes, "only Foundation reads it; \(trace)")
          #expect(!isNotJSON(strict), trace)
        }
      }
    }
    #expect(refused >= 10 && read >= 10, "the damage must leave some of both kinds; seed \(seed)")
  }
}

private func isNotJSON(_ bytes: [UInt8]) -> Bool {
  do throws(NotAReport) {
    _ = try readReport(bytes)
    return false
  } catch {
    return error.reason == .notJSON
  }
}

/// What JSONSerialization, whose last member wins, finds in a document; nil if it refuses it.
private struct FoundationReading {
  var id: Int64?
  var status: String?
  var to: String?
  var body: String?

  init?(_ bytes: [UInt8]) {
    guard let document = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed) else { return nil }
    guard let report = (document as? [String: Any])?["report"] as? [String: Any] else { return }
    // `as? Int64` would also take true.
    if let number = report["id"] as? NSNumber { id = Int64(number.stringValue) }
    if let text = report["id"] as? String { id = Int64(text) }
    status = report["status"] as? String
    to = report["to"] as? String
    body = report["body"] as? String
  }
}

/// The document with `\ufffd` for each escaped half of a surrogate pair.
private func replacingLoneSurrogates(in bytes: [UInt8]) -> [UInt8] {
  func unit(_ i: Int) -> UInt16? {
    guard i + 6 <= bytes.count, bytes[i] == UInt8(ascii: "\\"), bytes[i + 1] == UInt8(ascii: "u") else { return nil }
    return UInt16(String(decoding: bytes[i + 2..<i + 6], as: UTF8.self), radix: 16)
  }
  var result: [UInt8] = []
  var i = 0
  while i < bytes.count {
    guard bytes[i] == UInt8(ascii: "\\") else {
      result.append(bytes[i])
      i += 1
      continue
    }
    var length = min(unit(i) == nil ? 2 : 6, bytes.count - i)
    var escape = Array(bytes[i..<i + length])
    if let first = unit(i), UTF16.isSurrogate(first) {
      if UTF16.isLeadSurrogate(first), let second = unit(i + 6), UTF16.isTrailSurrogate(second) {
        length = 12
        escape = Array(bytes[i..<i + length])
      } else {
        escape = Array(#"\ufffd"#.utf8)
      }
    }
    result += escape
    i += length
  }
  return result
}

/// The document without the commas, outside of strings, that a closing bracket follows.
private func removingTrailingCommas(in bytes: [UInt8]) -> [UInt8] {
  var result: [UInt8] = []
  var isInString = false
  var i = 0
  while i < bytes.count {
    let byte = bytes[i]
    if isInString, byte == UInt8(ascii: "\\"), i + 1 < bytes.count {
      result += bytes[i...i + 1]
      i += 2
      continue
    }
    if byte == UInt8(ascii: "\"") { isInString.toggle() }
    let following = bytes[(i + 1)...].first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
    let isTrailing = following == UInt8(ascii: "}") || following == UInt8(ascii: "]")
    if isInString || byte != UInt8(ascii: ",") || !isTrailing { result.append(byte) }
    i += 1
  }
  return result
}
