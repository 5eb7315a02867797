import Foundation
import Model
import Observe
import Testing

struct TextTests {
  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000000Z"),
      (-1, "1969-12-31T23:59:59.999999Z"),
      (951_782_399_999_999, "2000-02-28T23:59:59.999999Z"),
      (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
      (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
      (1_777_437_144_123_456, "2026-04-29T04:32:24.123456Z"),
    ] as [(Int64, String)])
  func `a moment is written as RFC 3339 has it`(microseconds: Int64, text: String) {
    #expect(Instant(microseconds: microseconds).rfc3339 == text)
  }

  @Test func `days are those of Foundation's calendar`() {
    let style = Date.ISO8601FormatStyle()
    for day in stride(from: Int64(-40_000), through: 60_000, by: 1) {
      let date = Date(timeIntervalSince1970: Double(day * 86_400))
      #expect(Instant(microseconds: day * 86_400_000_000).rfc3339.prefix(19) == style.format(date).prefix(19))
    }
  }

  @Test(arguments: [
    ("no number", "no number"),
    ("+905051234567", "+90505***4567"),
    ("to 905051234567: refused", "to 90505***4567: refused"),
    ("5051234567", "505***4567"),
    ("port 8080, status 503", "port 8080, status 503"),
    ("++905051234567+", "++90505***4567+"),
    ("", ""),
  ])
  func `what looks like a phone number is masked`(text: String, shown: String) {
    #expect(masked(phonesIn: text) == shown)
    #expect(masked(phoneGroupsIn: text) == shown)
  }

  @Test(arguments: [
    ("to +90 532 123 45 67.", "to +90532***4567."),
    ("0 (532) 123-45-67", "0532***4567"),
    ("(532) 123 45 67!", "532***4567!"),
    ("at 2026-11-23 12:34:56, 503 5321234567", "at 2026-11-23 12:34:56, 503532***4567"),
    ("code 123 456, line 7", "code 123 456, line 7"),
    ("10.0.0.1:8080", "10.0.0.1:8080"),
  ])
  func `a number in groups is masked too`(text: String, shown: String) {
    #expect(masked(phoneGroupsIn: text) == shown)
  }
}
