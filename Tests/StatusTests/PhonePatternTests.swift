import Status
import Testing

struct PhonePatternTests {
  @Test(arguments: [
    "+905321234567", "905321234567", "05321234567", "5321234567", "00905321234567", "+90 (532) 123-45-67", "0532.123.45.67",
  ])
  func `a number is found however it is written, on both sides`(_ wanted: String) throws {
    let pattern = try #require(PhonePattern(wanted))
    for sent in ["+905321234567", "905321234567", "05321234567", "5321234567", "00905321234567", "+90 532 123 45 67"] {
      #expect(pattern.matches(sent), "\(sent)")
    }
    for sent in ["+905321234568", "5331234567", "321234567", "1234567", "4567", "", "***", "+", "x"] where sent != "***" && sent != "x" {
      #expect(!pattern.matches(sent), "\(sent)")
    }
  }

  @Test(
    arguments: [
      ("5321234567", "+90532***4567", true), ("5321234567", "0532***4567", true), ("5321234567", "532***4567", true),
      ("5321234567", "+90532***4568", false), ("5321234567", "+90533***4567", false), ("5321234567", "+90532123xxxx", true),
      ("05321234567", "+90532124xxxx", false), ("5321234567", "+90 532 *** ** 67", true), ("5321234567", "+90 532 *** ** 76", false),
      ("5321234567", "9053*****67", true), ("5321234567", "***4567", true), ("5321234567", "****", true), ("5321234567", "****4568", false),
      // Of another country.
      ("+4915112345678", "+49151***5678", true), ("004915112345678", "0049151***5678", true), ("+4915112345678", "+43151***5678", false),
      ("15112345678", "+49151***5678", false),
      // The digits between two masks say nothing of where they are.
      ("5321234567", "+90***99***67", true),
    ] as [(String, String, Bool)])
  func `of a masked number what can be seen must agree`(wanted: String, sent: String, isFound: Bool) throws {
    #expect(try #require(PhonePattern(wanted)).matches(sent) == isFound)
  }

  @Test(
    arguments: [
      ("4567", "+905321234567", true), ("1234567", "+905321234567", true), ("3456", "+905321234567", false), ("4567", "4567", true),
      ("4567", "+90532***4567", true), ("34567", "+90532***4567", true), ("94568", "+90532***4567", false), ("4567", "+90532***67", true),
      ("4567", "+90505702xxxx", false), ("5057", "+90505702xxxx", false), ("4567", "***", false),
    ] as [(String, String, Bool)])
  func `fewer than ten digits are the end of a number`(wanted: String, sent: String, isFound: Bool) throws {
    #expect(try #require(PhonePattern(wanted)).matches(sent) == isFound)
  }

  @Test(arguments: [
    "", "123", "+90", "- - - -", "12a4", "0532***4567", "\u{665}\u{663}\u{662}\u{661}", "1234567890123456789", "4567; drop", "4567\n",
  ])
  func `what is no number is none`(_ text: String) {
    #expect(PhonePattern(text) == nil)
  }

  @Test func `every number is found by itself and by its ends, whole and masked`() throws {
    var random = SeededNumbers(seed: 20_261_123)
    for _ in 0..<2_000 {
      let digits = (0..<Int.random(in: 10...13, using: &random)).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
      let end = String(digits.suffix(Int.random(in: 4...9, using: &random)))
      for wanted in [digits, end] { #expect(try #require(PhonePattern(wanted)).matches(digits), "\(wanted)") }
      // The relay's own way to mask shows four at the end.
      let shown = Int.random(in: 0...4, using: &random)
      let masked = digits.prefix(shown) + "***" + digits.suffix(4)
      #expect(try #require(PhonePattern(digits)).matches(String(masked)), "\(digits) \(masked)")
    }
  }
}

private struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// SplitMix64.
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
