import Model
import Testing

@Suite struct InstantTests {
  private let ends: [Instant] = [Instant(microseconds: .min), Instant(microseconds: -1), Instant(microseconds: 0), .distantFuture]

  @Test func `adding for ever is the distant future`() {
    #expect(Instant(microseconds: 1) + .microseconds(Int64.max) == .distantFuture)
    #expect(Instant.distantFuture + .seconds(Int64.max) == .distantFuture)
    #expect(Instant(microseconds: -1) + .microseconds(Int64.min) == Instant(microseconds: .min))
    #expect(Instant(microseconds: 5) + .microseconds(7) == Instant(microseconds: 12))
  }

  @Test func `taking away for ever stops at the ends`() {
    #expect(Instant(microseconds: -2) - .seconds(Int64.max) == Instant(microseconds: .min))
    #expect(Instant(microseconds: 0) - .seconds(Int64.min) == .distantFuture)
    #expect(Instant(microseconds: 12) - Duration.microseconds(7) == Instant(microseconds: 5))
  }

  @Test func `the time between two instants saturates and keeps its sign`() {
    #expect(Instant(microseconds: 12) - Instant(microseconds: 5) == .microseconds(7))
    #expect(Instant(microseconds: 5) - Instant(microseconds: 12) == .microseconds(-7))
    for a in ends {
      for b in ends {
        #expect((a - b < .zero) == (a < b), "\(a) - \(b)")
        #expect((a - b == .zero) == (a == b), "\(a) - \(b)")
      }
    }
    #expect(Instant.distantFuture - Instant(microseconds: .min) == .microseconds(Int64.max))
    #expect(Instant(microseconds: .min) - .distantFuture == .microseconds(Int64.min))
  }

  @Test(
    arguments: [
      (Duration.zero, 0), (.nanoseconds(1_999), 1), (.nanoseconds(-1_999), -1), (.milliseconds(20), 20_000), (.minutes(2), 120_000_000),
      (.hours(4), 14_400_000_000), (.days(3), 259_200_000_000), (.seconds(Int64.max), .max), (.seconds(Int64.min), .min),
      (.microseconds(Int64.max), .max), (.microseconds(Int64.min), .min),
    ] as [(Duration, Int64)])
  func `a duration is whole microseconds, saturating`(_ duration: Duration, _ microseconds: Int64) {
    #expect(duration.microseconds == microseconds)
  }

  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000000Z"), (1_795_438_094_123_456, "2026-11-23T12:48:14.123456Z"),
      (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"), (951_868_799_999_999, "2000-02-29T23:59:59.999999Z"),
      (951_868_800_000_000, "2000-03-01T00:00:00.000000Z"), (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
      (-1, "1969-12-31T23:59:59.999999Z"), (1_777_437_144_000_000, "2026-04-29T04:32:24.000000Z"),
      (-62_167_219_200_000_000, "0000-01-01T00:00:00.000000Z"), (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
    ] as [(Int64, String)])
  func `an instant is written as RFC 3339 with six digits`(_ microseconds: Int64, _ text: String) {
    #expect(Instant(microseconds: microseconds).rfc3339 == text)
  }

  @Test func `the texts of instants sort like the instants`() {
    var instants: [Instant] = []
    var at: Int64 = 0
    // A prime step of about five days, to meet every month's end over 130 years.
    for _ in 0..<10_000 {
      instants.append(Instant(microseconds: at))
      at += 411_000_000_007
    }
    let texts = instants.map(\.rfc3339)
    #expect(texts == texts.sorted())
    #expect(Set(texts).count == texts.count)
  }

  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0),
      ("2026-11-23T12:34:56Z", 1_795_437_296_000_000),
      ("2026-11-23T12:34:56.5Z", 1_795_437_296_500_000),
      ("2026-11-23T12:34:56.123456Z", 1_795_437_296_123_456),
      ("2026-11-23T12:34:56.123456789Z", 1_795_437_296_123_456),
      ("2026-11-23T15:34:56.001+03:00", 1_795_437_296_001_000),
      ("2026-11-23T09:04:56-03:30", 1_795_437_296_000_000),
      ("2024-02-29T23:59:60Z", 1_709_251_200_000_000),
      ("2000-03-01T00:00:00Z", 951_868_800_000_000),
      ("1969-12-31T23:59:59.999999Z", -1),
    ] as [(String, Int64)])
  func `a time of RFC 3339 is read to the microsecond`(text: String, microseconds: Int64) {
    #expect(Instant(rfc3339: text) == Instant(microseconds: microseconds))
  }

  @Test(arguments: [
    "", "2026-11-23", "2026-11-23T12:34Z", "2026-11-23T12:34:56", "2026-13-01T00:00:00Z", "2026-11-23T12:34:56.Z", "x", "1763900000",
    "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-11-00T00:00:00Z", "2026-11-23T12:34:56+3:00",
  ])
  func `what is no time of RFC 3339 is refused`(text: String) {
    #expect(Instant(rfc3339: text) == nil)
  }
}
