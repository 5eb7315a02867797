import Support
import Testing
import Traffic

@testable import Route

@Suite(.ownThread) struct TokenStrengthTests {
  @Test func `what was made at random is strong`() {
    var rng = SplitMix64(seed: 7)
    let alphabets = ["0123456789abcdef", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", "0123456789"].map(Array.init)
    for (alphabet, length) in zip(alphabets, [32, 22, 40]) {
      for _ in 0..<2_000 {
        let token = String((0..<length).map { _ in alphabet.randomElement(using: &rng)! })
        #expect(TokenStrength.weakness(of: token) == nil, "\(token)")
      }
    }
  }

  @Test(arguments: [
    "", "short", "aaaaaaaaaaaaaaaaaaaa", "abcabcabcabcabcabc", "0123456789abcdef", "zyxwvutsrqponmlkj", "changeme-changeme",
    "My-Secret-Token-99", "iletimerkezi-webhook-1", "test-test-key-test",
  ])
  func `what is easy to guess is weak`(_ token: String) {
    #expect(TokenStrength.weakness(of: token) != nil)
  }
}
