import Model
import Testing

@testable import Deliver

struct RetryAfterTests {
  /// Sunday, 6 November 1994, 08:49:37 GMT: the example of RFC 9110, section 5.6.7.
  private let example = Instant(microseconds: 784_111_777_000_000)

  @Test(arguments: [
    ("1", 1), ("120", 120), (" 120 ", 120), ("\t7", 7), ("007", 7), ("3600", 3_600), ("3601", 3_600), ("86400", 3_600),
    ("99999999999999999999999999", 3_600),
  ])
  func `a number is seconds, at most an hour`(value: String, seconds: Int) {
    #expect(RetryAfter.duration(value, at: example) == .seconds(seconds))
  }

  @Test(arguments: [
    "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun Nov 06 08:49:37 1994",
  ])
  func `a time of day in each format is one from now`(value: String) {
    #expect(RetryAfter.duration(value, at: example - Duration.seconds(90)) == .seconds(90))
    #expect(RetryAfter.duration(value, at: example - Duration.microseconds(1)) == .microseconds(1))
    #expect(RetryAfter.duration(value, at: example - Duration.days(2)) == Limits.retryAfterMax)
    #expect(RetryAfter.duration(value, at: example) == nil, "now is no wait")
    #expect(RetryAfter.duration(value, at: example + .seconds(1)) == nil)
  }

  @Test(arguments: [
    ("Thu, 29 Feb 2024 00:00:00 GMT", 1_709_164_800), ("Wed, 31 Dec 2098 23:59:59 GMT", 4_070_908_799),
    ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200),
    ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600), ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
  ])
  func `dates are those of the calendar`(value: String, seconds: Int64) {
    let then = Instant(microseconds: seconds * 1_000_000)
    #expect(RetryAfter.duration(value, at: then - Duration.seconds(1)) == .seconds(1))
  }

  @Test func `a year of two digits is the one within fifty years from now`() {
    let now = Instant(microseconds: 1_795_438_094_000_000)
    #expect(RetryAfter.duration("Monday, 23-Nov-26 12:49:00 GMT", at: now) == .seconds(46))
    #expect(RetryAfter.duration("Monday, 23-Nov-75 12:49:00 GMT", at: now) == Limits.retryAfterMax)
    #expect(RetryAfter.duration("Monday, 23-Nov-77 12:49:00 GMT", at: now) == nil, "1977")
  }

  @Test(arguments: [
    "", " ", "0", "-1", "+5", "1.5", "1e3", "0x10", "5s", "5, 6", "soon", "١٢", "Sun, 06 Nov 1994 08:49:37", "Sun, 6 Nov 1994 08:49:37 GMT",
    "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 UTC", "06 Nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT",
    "Sun, 29 Feb 1900 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
    "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT",
    "Son, 06 Nov 1994 08:49:37 GMT", "Sun Nov 6 08:49:37 94", "1994-11-06T08:49:37Z", "Sun,  06 Nov 1994 08:49:37 GMT",
  ])
  func `anything else is none`(value: String) {
    #expect(RetryAfter.duration(value, at: example - Duration.seconds(90)) == nil)
  }
}
