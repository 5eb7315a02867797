/// How a password was made, guessed from what it looks like.
package enum TokenStrength {
  static let lengthMin = 16
  private static let differentMin = 6
  /// Of a password that is a word with something around it, this much must be left without the word.
  private static let besidesWordsMin = 8
  /// From this share of neighbours that follow each other on, it is a sequence. 16 random hexadecimal digits reach it once in 30,000.
  private static let sequenceShare = 0.6

  private static let words = [
    "changeme", "password", "passw0rd", "parola", "secret", "token", "webhook", "iletimerkezi", "dlr-relay", "relay", "example", "default",
    "admin", "letmein", "welcome", "qwerty", "asdfgh", "test", "demo", "sms", "key", "1234",
  ]

  /// What makes it easy to guess: "a token ..." goes on with it. nil if nothing does.
  package static func weakness(of text: String) -> String? {
    let bytes = Array(text.utf8)
    if bytes.count < lengthMin { return "of less than \(lengthMin) characters" }
    let different = Set(bytes).count
    if different < differentMin { return "of only \(different) different characters" }
    if let period = period(of: bytes), period < lengthMin { return "that repeats the same \(period) characters" }
    if isSequence(bytes) { return "that counts up or down, like 1234," }
    return isWord(text) ? "that is little more than a well-known word" : nil
  }

  /// After how many bytes the text begins again, at least once in full.
  private static func period(of bytes: [UInt8]) -> Int? {
    (1...(bytes.count / 2)).first { period in bytes.dropFirst(period).elementsEqual(bytes.dropLast(period)) }
  }

  private static func isSequence(_ bytes: [UInt8]) -> Bool {
    let neighbours = zip(bytes, bytes.dropFirst())
    let steps = neighbours.count { abs(Int($0) - Int($1)) <= 1 }
    return Double(steps) >= Double(bytes.count - 1) * sequenceShare
  }

  private static func isWord(_ text: String) -> Bool {
    var rest = text.lowercased()
    let length = rest.utf8.count
    for word in words { while let range = rest.firstRange(of: word) { rest.removeSubrange(range) } }
    return rest.utf8.count < length && rest.utf8.count < besidesWordsMin
  }
}

extension Reader {
  /// - Parameter what: without an article: "token", "order key".
  mutating func warnAboutWeakness(_ text: Text, _ what: String) {
    guard let weakness = TokenStrength.weakness(of: text.value) else { return }
    let article = "aeiou".contains(what.prefix(1)) ? "an" : "a"
    warning(text.id, "\(article) \(what) \(weakness) can be guessed", hint: "make one with: openssl rand -hex 32")
  }
}
